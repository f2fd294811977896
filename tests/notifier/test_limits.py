"""How much may leave in a minute and an hour."""

from hypothesis import given, settings
from hypothesis import strategies as st

from notifier.sending.limits import ALL_LANES, LETTERS, NO_LANE, Bucket, Throttle


@settings(max_examples=60, deadline=None)
@given(
    limit=st.integers(1, 300),
    steps=st.lists(st.floats(0.01, 30.0), min_size=5, max_size=60),
    letters=st.booleans(),
)
def test_never_more_than_the_limit_in_any_minute(limit, steps, letters):
    bucket, now, left = Bucket(limit, 60.0, 0.0), 0.0, []
    for step in steps:
        while bucket.lanes(now) >= (LETTERS if letters else ALL_LANES):
            bucket.spend()
            left.append(now)
        now += step
    for at in left:
        assert sum(at <= other < at + 60.0 - 1e-6 for other in left) <= limit


def test_nearly_all_of_the_limit_is_used():
    bucket, now, left = Bucket(60, 60.0, 0.0), 0.0, 0
    while now < 600.0:
        if bucket.lanes(now) == ALL_LANES:
            bucket.spend()
            left += 1
        now += max(0.001, bucket.wait(ALL_LANES))
    assert 560 <= left <= 600


def test_what_is_reserved_for_letters_is_there_when_digests_have_used_up_the_rest():
    bucket = Bucket(10, 3600.0, 0.0)
    now = 0.0
    while now < 3600.0:
        if bucket.lanes(now) == ALL_LANES:
            bucket.spend()
        now += 10.0
    assert bucket.lanes(now) >= LETTERS
    bucket.spend()
    assert bucket.lanes(now) in {NO_LANE, LETTERS}
    assert bucket.wait(ALL_LANES) > 60.0


def test_workers_share_a_limit():
    alone, shared = Bucket(100, 60.0, 0.0), Bucket(100, 60.0, 0.0)
    shared.share(4)
    counts = []
    for bucket in (alone, shared):
        left = 0
        for tick in range(6000):
            if bucket.lanes(tick / 10) == ALL_LANES:
                bucket.spend()
                left += 1
        counts.append(left)
    assert 3.4 < counts[0] / counts[1] < 4.6


def test_two_limits_are_in_force_together():
    throttle = Throttle(60, 100, 0.0)
    left = 0
    for tick in range(36_000):
        if throttle.lanes(tick / 10) == ALL_LANES:
            throttle.spend()
            left += 1
    assert 90 <= left <= 100
    assert Throttle(0, 0, 0.0).lanes(0.0) == ALL_LANES
