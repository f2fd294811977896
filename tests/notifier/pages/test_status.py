"""`/status` says in public when a release last came through, and `/status.json` says it to programs."""

from __future__ import annotations

from datetime import timedelta

import pytest

from feeds.workshop import Workshop
from notifier import channel, jobs
from notifier.canary import keeping, telling
from notifier.models import Canary, Channel
from tests.feeds.stories import NOW
from tests.notifier.canary.kit import MINUTE, SECOND, begun, handed, looked, ways
from tests.wellformed import words

pytestmark = pytest.mark.usefixtures("installed")
Way = Canary.Way


@pytest.fixture
def installed(x, at, settings, tmp_path, monkeypatch):
    ways(settings, tmp_path / "feeds")
    monkeypatch.setattr(jobs, "_workshop", Workshop())
    Channel.objects.get_or_create(pk=1)


def proven(*, feed=True, mail=True) -> Canary:
    """A canary of NOW that needed 0.2 s to its feed and 0.9 s by mail, as far as it came."""
    begun()
    row = looked(NOW + SECOND / 10)
    if feed:
        keeping.seen(row, NOW + SECOND / 5)
    if mail and row.dispatch_id:
        handed(row, NOW + SECOND / 2)
        looked(NOW + SECOND)
        keeping.arrive(row.dispatch_id, NOW + 0.9 * SECOND)
    row.refresh_from_db()
    return row


def page(client, language="en") -> str:
    import lxml.html

    answer = client.get(f"/status?lang={language}")
    assert answer.status_code == 200
    assert answer["Cache-Control"] == "public, max-age=15"
    return words(lxml.html.document_fromstring(answer.content.decode()).find(".//main")).replace("\xa0", " ")


def told(client):
    answer = client.get("/status.json")
    assert answer["Access-Control-Allow-Origin"] == "*"
    assert not answer.has_header("ETag")
    return answer.json()


def test_the_last_proof_with_its_times(client, at):
    proven()
    at["now"] = NOW + 4 * MINUTE
    said = page(client)
    assert "Last proof 4 minutes ago: feed 0.2 s, mail 0.9 s" in said
    assert (
        "Feeds Working The last one was in its feed 0.2 s after it was written: 17 February 2025, 13:00"
        in said
    )
    assert "In the last 24 hours 1 of 1 came through." in said
    assert telling.check(at["now"]) is None


def test_the_same_for_programs(client, at):
    proven()
    at["now"] = NOW + 4 * MINUTE
    assert told(client) == {
        "every_seconds": 900.0,
        "overdue_seconds": 1800.0,
        "feed": {
            "state": "working",
            "ends_at": "reader",
            "last_proof_at": "2025-02-17T12:00:00.200000+00:00",
            "seconds": 0.2,
            "last_day": {"came_through": 1, "begun": 1},
        },
        "mail": {
            "state": "working",
            "ends_at": "reader",
            "last_proof_at": "2025-02-17T12:00:00.900000+00:00",
            "seconds": 0.9,
            "last_day": {"came_through": 1, "begun": 1},
        },
        "newest_release_at": "2025-02-17T12:00:00+00:00",
    }


@pytest.mark.parametrize(
    ("language", "says"),
    [
        ("de", "Letzter Nachweis vor 4 Minuten: Feed 0,2 s, E-Mail 0,9 s"),
        ("fr", "Dernière preuve il y a 4 minutes : flux 0,2 s, e-mail 0,9 s"),
        ("it", "Ultima prova 4 minuti fa: feed 0,2 s, e-mail 0,9 s"),
        ("es", "Última prueba hace 4 minutos: canal 0,2 s, correo 0,9 s"),
        ("ru", "Последняя проверка 4 минуты назад: лента 0,2 с, почта 0,9 с"),
    ],
)
def test_in_every_language(client, at, language, says):
    proven()
    at["now"] = NOW + 4 * MINUTE
    assert says in page(client, language)


def test_before_the_first_proof(client, at):
    begun()
    assert "No proof yet: the first is on its way." in page(client)
    assert telling.check(at["now"]) is None, "and nobody is alarmed"


def test_mail_that_no_relay_takes(client, at):
    proven(mail=False)
    at["now"] = NOW + 31 * MINUTE
    begun(at["now"])
    keeping.seen(looked(at["now"]), at["now"])
    assert telling.check(at["now"]) == (
        "for 31 minutes nothing has proven that mail arrives: no relay has taken its message"
    )
    said = page(client)
    assert "Something does not come through just now." in said
    assert "E-mail Not proven For 31 minutes no test release has come through." in said
    assert "relay" not in said
    assert (told(client)["feed"]["state"], told(client)["mail"]["state"]) == ("working", "late")


def test_each_place_in_words(at):
    row = begun()
    at["now"] = NOW + 31 * MINUTE
    assert "it lies in the store, and no scheduler takes notice of it" in telling.check(at["now"])
    looked()
    assert "it was noticed, and is not in the feed that web processes serve" in telling.check(at["now"])
    keeping.seen(row, NOW)
    handed(looked())
    looked()
    assert "the relay took its message, and it has not come back" in telling.check(at["now"])
    keeping.report(Canary.objects.get().dispatch_id)
    assert telling.check(at["now"]).endswith(f"({keeping.REPORTED})")
    keeping.arrive(Canary.objects.get().dispatch_id, NOW)
    assert telling.check(NOW + 29 * MINUTE) is None
    assert telling.check(NOW + timedelta(hours=1)).endswith("none has been begun since")


def test_while_mail_is_held_back_nobody_is_alarmed(client, at):
    channel.stop("command:test", "command", NOW)
    proven()
    said = page(client)
    assert "Last proof 1 second ago: feed 0.2 s" in said
    assert "E-mail Held back All mail is held back for now." in said
    at["now"] = NOW + 20 * MINUTE
    assert telling.check(at["now"]) is None


def test_where_only_the_relay_is_asked(client, settings):
    settings.CANARY_ADDRESS = "canary@example.com"
    proven()
    looked()
    said = page(client)
    assert "The mail server took the last one 0.5 s after it was written" in said
    assert told(client)["mail"]["ends_at"] == "relay"


def test_where_no_mail_is_tested(client, settings):
    settings.REPLIES_BIND = ""
    proven()
    said = page(client)
    assert "E-mail Not tested Whether mail arrives is not tested here." in said


def test_where_there_are_no_canaries(client, settings):
    settings.CANARY_EVERY = None
    assert "No proofs are made here." in page(client)
    assert told(client)["every_seconds"] is None
    assert telling.check(NOW) is None


def test_each_page_leads_there(client):
    assert b'href="/status"' in client.get("/").content
