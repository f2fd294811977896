"""When what was deferred is tried again."""

from datetime import timedelta

import pytest
from django.conf import settings
from hypothesis import given
from hypothesis import strategies as st

from config import pacing
from notifier.sending.retries import Schedule

USUAL = Schedule(settings.RETRY_SCHEDULE, settings.RETRY_LIFETIME, settings.RETRY_LIFETIME_LETTERS)


@pytest.mark.holds("R7")
@pytest.mark.parametrize(
    ("attempt", "least"),
    [
        (0, timedelta(minutes=5)),
        (1, timedelta(minutes=30)),
        (2, timedelta(hours=1)),
        (3, timedelta(hours=2)),
        (4, timedelta(hours=3)),
        (9, timedelta(hours=3)),
    ],
)
def test_the_usual_schedule(attempt, least):
    found = USUAL.delay(attempt, 7, 42)
    assert least <= found <= least * 1.2
    assert found == USUAL.delay(attempt, 7, 42)
    assert found != USUAL.delay(attempt, 7, 43)


def life(schedule, dispatch, subscriber, *, letter=False):
    attempt, total = 0, timedelta()
    while (step := schedule.delay(attempt, dispatch, subscriber, letter=letter)) is not None:
        total += step
        attempt += 1
    return total


@given(dispatch=st.integers(1, 10**9), subscriber=st.integers(1, 10**9))
def test_a_life_ends_after_about_five_days_and_that_of_a_letter_after_one(dispatch, subscriber):
    assert timedelta(days=4.8) < life(USUAL, dispatch, subscriber) <= timedelta(days=6)
    assert timedelta(days=0.8) < life(USUAL, dispatch, subscriber, letter=True) <= timedelta(days=1.2)


def test_what_may_have_arrived_is_tried_again_late():
    assert USUAL.delay(0, 7, 42, after_dot=True) == timedelta(hours=1)


def test_a_schedule_of_the_newsrooms_own():
    own = Schedule(pacing.schedule("1m 10m"), pacing.duration("1h"), pacing.duration("5m"))
    steps = [own.delay(attempt, 1, 1) for attempt in range(7)]
    assert [None if step is None else round(step / timedelta(minutes=12)) for step in steps[1:]] == [
        1, 1, 1, 1, 1, None,
    ]  # fmt: skip
    assert own.delay(1, 1, 1, letter=True) is None


@pytest.mark.parametrize("text", ["", "5", "5 m", "0m", "-5m", "5w", "5m,30m", "5m 0h"])
def test_what_is_no_schedule(text):
    with pytest.raises(ValueError, match="such as"):
        pacing.schedule(text)
