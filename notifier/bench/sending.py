"""Our side of `notifier.bench.send` and `.workers`, a program: makes a newsroom in HERALD_HOME, then sends a dispatch
at each "go"; or, of several that work together, one makes it at "fill" and all send of it at "drain".
"""

from __future__ import annotations

import json
import resource
import sys
import time
from datetime import UTC, date, datetime
from typing import Any

from config import environment

BORDER = "border-management"
MADE_AT = datetime(2025, 2, 17, 6, 0, tzinfo=UTC)
RELEASES = 9  # a message of some 20 kB
WORDS = (
    "Thirty-one experts from the Border Service enhanced their skills and knowledge to handle explosive ordnance at a"
    " specialized training, organized in close co-operation with the Ministry and supported by participating States."
    " The five-day course brought together officers, veterinarians and dog breeders from every region of the country. "
)


def main(messages: int) -> None:
    """One line of JSON for each line of stdin. No `messages`: the newsroom is another's."""
    environment.prepare_home(environment.home_of_this_process())
    environment.load_django()
    if messages:
        _prepare(messages)
    steps = {
        "go": lambda: _measure(messages), "ready": lambda: {"message_bytes": _size()}, "fill": _filled, "drain": _drain,
        "result": _result,
    }  # fmt: skip
    for line in sys.stdin:
        answer = steps[line.strip()]()
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


def _prepare(messages: int) -> None:
    from feeds import notice
    from feeds.models import Release, Topic
    from notifier import addresses, installation, interests
    from notifier.models import Subscriber

    installation.prepare(MADE_AT)
    Release.objects.bulk_create(
        Release(
            title=f"Border guards of region {number} train with “canine” units, together with their neighbours",
            published_on=date(2025, 2, 17), summary=WORDS, url=f"https://www.example.org/news/{number}",
        )
        for number in range(RELEASES)
    )  # fmt: skip
    topic = Topic.objects.get(slug=BORDER)
    for release in Release.objects.all():
        release.topics.add(topic)
    notice.take(MADE_AT)
    Subscriber.objects.bulk_create(
        (
            Subscriber(
                address=addresses.encrypt(f"person{number}@domain{number % 2000}.example.org"),
                domain=f"domain{number % 2000}.example.org", state=Subscriber.State.ACTIVE, created_at=MADE_AT,
            )
            for number in range(messages)
        ),
        batch_size=2000,
    )  # fmt: skip
    interests.interest_for(_selection())


def _selection() -> Any:
    from feeds import selection

    return selection.of(topics=[BORDER])


def _dispatch() -> int:
    """A dispatch to everybody, as the planner leaves it."""
    from django.db import connection

    from feeds.models import Release
    from notifier import interests
    from notifier.models import Chain, Dispatch, Edition

    chain = Chain.objects.get_or_create(
        frequency="daily",
        zone="Europe/Vienna",
        times="07:00",
        defaults={"served_until": MADE_AT},
    )[0]
    dispatch = Dispatch.objects.create(
        chain=chain, lane=Dispatch.Lane.DIGEST, made_at=MADE_AT, state=Dispatch.State.READY
    )
    content = [
        {"release": pk, "because": [["topic", BORDER]]} for pk in Release.objects.values_list("pk", flat=True)
    ]
    edition = Edition.objects.create(
        dispatch=dispatch, layout="digest", language="en", digest=str(dispatch.pk), content=content
    )
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO notifier_delivery (dispatch_id, subscriber_id, edition_id, interest_id, lane)"
            " SELECT %s, id, %s, %s, %s FROM notifier_subscriber ORDER BY id",
            [dispatch.pk, edition.pk, interests.interest_for(_selection()).pk, int(dispatch.lane)],
        )
    return dispatch.pk


def _size() -> int:
    """The bytes of one message."""
    from notifier import letters
    from notifier.models import Edition

    dispatch = _dispatch()
    pattern = letters.render(Edition.objects.get(dispatch=dispatch))
    values = letters.values(
        pattern, dispatch, MADE_AT.date(), 1, "person1@domain1.example.org", "Border management"
    )
    _forget()
    return len(pattern.fill(values))


def _measure(messages: int) -> dict[str, Any]:
    from notifier.sender import Worker

    _dispatch()
    used, began = _cpu(), time.perf_counter()
    counts = Worker().drain()
    seconds, cpu = time.perf_counter() - began, _cpu() - used
    _forget()
    if dict(counts) != {"sent": messages}:
        return {"error": f"of {messages} messages: {dict(counts)}"}
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"ours": messages / seconds, "cpu_us": cpu / messages * 1e6, "peak_mb": peak}


def _filled() -> dict[str, Any]:
    _forget()
    return {"dispatch": _dispatch()}


def _drain() -> dict[str, Any]:
    """How many this worker sent, and when it had sent the last, by the machine's clock."""
    from notifier.sender import Worker

    used = _cpu()
    counts = dict(Worker().drain())
    return {"counts": counts, "ended": time.monotonic(), "cpu": _cpu() - used}


def _result() -> dict[str, Any]:
    """How the ledger stands: {state: how many}, and how many took more than one attempt."""
    from django.db.models import Count

    from notifier.models import Delivery

    rows = Delivery.objects.order_by("state").values_list("state").annotate(n=Count("subscriber_id"))
    states = {Delivery.State(state).name.lower(): many for state, many in rows}
    return {"states": states, "again": Delivery.objects.filter(attempt__gt=0).count()}


def _forget() -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM notifier_delivery")
        if connection.vendor == "postgresql":
            cursor.execute("VACUUM ANALYZE notifier_delivery")


def _cpu() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


if __name__ == "__main__":
    main(int(sys.argv[1]))
