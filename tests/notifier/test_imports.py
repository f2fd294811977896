"""Subscribers of other systems: what is read, who is brought in and who is not, once, and back again."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime, timedelta

import pytest

from config import exports
from config.models import AuditEntry
from feeds.selection import of
from notifier import addresses, erasures, jobs, subscriptions, suppressions
from notifier.imports import batches, columns, deciding, entries, reading, running
from notifier.imports.entries import Usual
from notifier.models import Cadence, Consent, Delivery, Import, ImportBatch, Subscriber, Subscription
from notifier.wishes import Wish
from tests.notifier.commands import Told
from tests.notifier.mailing import a_newsroom, a_topic
from tests.notifier.planning_kit import got, person, release

NOW = datetime(2026, 11, 28, 9, 0, tzinfo=UTC)
MAILCHIMP = (
    """Email Address,First Name,MEMBER_RATING,CONFIRM_TIME,TAGS,LANGUAGE
ada@example.org,Ada,2,2020-01-02 03:04:05,"""
    '"""Border management"", ""Nonsense"""'
    """,de
bob@example.org,Bob,2,,,xx
"""
)
LISTMONK = """uuid,email,name,attributes,status,created_at,updated_at
1,ada@example.org,Ada,"{""city"": ""Rome""}",enabled,2021-05-06T07:08:09Z,
2,bob@example.org,Bob,{},blocklisted,2021-05-06T07:08:09Z,
"""


@pytest.fixture
def newsroom(db) -> None:
    a_newsroom()
    a_topic("border-management", "Border management")


def taken(text: str | bytes, **said: str) -> Import:
    data = text if isinstance(text, bytes) else text.encode()
    return batches.take_up(io.BytesIO(data), "people.csv", "account:7", NOW, said or None)


def brought(text: str, *, asks: bool = False, now: datetime = NOW) -> Import:
    made = taken(text)
    made.asks, made.basis = asks, "" if asks else "double opt-in elsewhere"
    made.save()
    running.begin(made, "account:7", "admin", now)
    while running.step(made, now):
        pass
    return made


def people(count: int) -> str:
    return "email\n" + "".join(f"person{number}@example.org\n" for number in range(count))


class TestAFile:
    @pytest.mark.parametrize(
        ("text", "system", "found"),
        [
            (MAILCHIMP, "Mailchimp", {"address": 0, "agreed": 3, "topics": 4, "language": 5}),
            (LISTMONK, "listmonk", {"address": 1, "status": 4, "agreed": 5}),
            ("Subscriber\nada@example.org\n", "Mailman", {"address": 0}),
            ("Ada Lovelace <ada@example.org>\nbob@example.org\n", columns.LIST, {"address": 0}),
            ("\ufeffE-Mail;Sprache\nada@example.org;de\n", "CSV", {"address": 0, "language": 1}),
            ("name\temail\tTime Zone\nA\tada@example.org\tEurope/Rome\n", "CSV", {"address": 1, "zone": 2}),
        ],
        ids=["Mailchimp", "listmonk", "Mailman", "a list", "semicolons and a mark", "tabs"],
    )
    def test_is_recognised(self, newsroom, text: str, system: str, found: dict[str, int]) -> None:
        made = taken(text)
        assert (made.system, made.columns) == (system, found)

    def test_in_utf_16_is_read_too(self, newsroom) -> None:
        made = taken("email\nada@example.org\n".encode("utf-16"))
        assert deciding.look_through(made, NOW).counts == {"new": 1}

    @pytest.mark.parametrize(
        ("data", "why"),
        [
            (b"", "is empty"),
            (b"\0" * 900, "is empty"),
            (b"PK\x03\x04xlsx", "is a spreadsheet"),
            ("email\nbj\u00f6rn@example.org\n".encode("latin-1"), "line 2 is not UTF-8"),
            (b"email\n", "holds no row"),
            (b"name,city\nada,Rome\n", "no column holds addresses"),
            (b"email\na\0b@example.org\n", "NUL|no text"),
            (b'email,x\n"' + b"a" * 300_000, "line"),
            (b'email\n"ada@example.org\n' + b"x" * 70_000, "line"),
            (b",,\nada@example.org,,\n", "names no column"),
        ],
        ids=[
            "empty",
            "zeros",
            "spreadsheet",
            "Latin-1",
            "head only",
            "no address",
            "NUL",
            "long line",
            "open quote",
            "no head",
        ],
    )
    def test_that_is_none_is_refused_in_words_and_nothing_is_kept(
        self, newsroom, data: bytes, why: str
    ) -> None:
        with pytest.raises((reading.Unreadable, ValueError), match=why):
            taken(data, **({"address": ""} if b"city" in data else {}))
        assert not Import.objects.exists()

    @pytest.mark.holds("S9")
    def test_lies_nowhere_in_clear_and_not_for_long(self, newsroom) -> None:
        made = taken(people(3))
        assert b"person" not in b"".join(bytes(batch.sealed) for batch in ImportBatch.objects.all())
        jobs.archive(NOW + timedelta(hours=23))
        assert ImportBatch.objects.exists()
        jobs.archive(NOW + timedelta(hours=25))
        made.refresh_from_db()
        assert (ImportBatch.objects.exists(), made.state) == (False, Import.State.DROPPED)


@pytest.mark.parametrize(
    ("data", "why"),
    [(b"\xef\xbb\xbf", "is empty"), ("\u00a0\n".encode(), "is empty"), (b"email,x\rada@example.org,1\r", "")],
)
def test_a_file_of_blanks_or_of_an_old_system_is_no_fault_of_ours(newsroom, data: bytes, why: str) -> None:
    if why:
        with pytest.raises(reading.Unreadable, match=why):
            taken(data)
    else:
        assert taken(data).columns == {"address": 0}


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00+02:00", "9999-12-31T23:59:59-01:00", "yesterday", ""])
def test_an_instant_that_is_none_is_none(text: str) -> None:
    assert entries.instant(text) is None


class TestARow:
    usual = Usual("en", "UTC", ("en", "de"))

    @pytest.mark.parametrize(
        ("status", "stays"),
        [
            ("enabled", True),
            ("", True),
            ("Subscribed", True),
            ("blocklisted", False),
            ("2020-01-01 10:00:00", False),
        ],
    )
    def test_of_who_has_left_there_is_left(self, status: str, stays: bool) -> None:
        found = entries.entry(2, ["ada@example.org", status], {"address": 0, "status": 1}, self.usual)
        assert isinstance(found, entries.Entry) is stays

    def test_says_language_zone_and_when_they_agreed(self) -> None:
        at = {"address": 0, "language": 1, "zone": 2, "agreed": 3}
        found = entries.entry(
            2, ["Ada <ada@example.org>", "de_AT", "Asia/Tokyo", "2020-01-02T03:04:05+02:00"], at, self.usual
        )
        assert isinstance(found, entries.Entry)
        assert (found.address, found.language, found.zone) == ("ada@example.org", "de", "Asia/Tokyo")
        assert found.agreed == datetime(2020, 1, 2, 1, 4, 5, tzinfo=UTC)

    @pytest.mark.holds("S9")
    @pytest.mark.parametrize(
        "address", ["ada@example.org", "-ada@example.org", "=1+1@example.org", "+@example.org"]
    )
    def test_out_of_a_list_of_ours_has_the_address_that_stood_there(self, address: str) -> None:
        line = list(exports.lines("csv", ("email",), [{"email": address}]))[1]
        found = entries.entry(2, next(csv.reader([line])), {"address": 0}, self.usual)
        assert isinstance(found, entries.Entry)
        assert found.address == address

    @pytest.mark.holds("S4")
    @pytest.mark.parametrize(
        "typed", ["a\r\nb@example.org", "a b@", '"a b"@example.org', "x" * 300 + "@example.org", ""]
    )
    def test_without_an_address_is_refused_without_naming_it(self, typed: str) -> None:
        found = entries.entry(2, [typed], {"address": 0}, self.usual)
        assert isinstance(found, entries.Refusal)
        assert "@example" not in found.why


class TestBringingIn:
    def test_confirmed_people_have_what_their_row_says_and_get_the_next_release(self, newsroom) -> None:
        made = brought(MAILCHIMP)
        assert made.counts == {"new": 2}
        ada, bob = (subscriptions.find(f"{name}@example.org") for name in ("ada", "bob"))
        assert ada
        assert bob
        assert (ada.state, ada.language, bob.language, ada.origin) == ("active", "de", "en", "import")
        assert subscriptions.wishes_of(ada) == [Wish(of(topics=["border-management"]), "daily")]
        assert subscriptions.wishes_of(bob)[0].selection == of()
        consent = Consent.objects.get(subscriber=ada)
        assert (consent.at, consent.way) == (datetime(2020, 1, 2, 3, 4, 5, tzinfo=UTC), "import")
        assert consent.wording == "double opt-in elsewhere"
        wanted = release("border-management", at=NOW + timedelta(minutes=1))
        jobs.look(NOW + timedelta(days=1))
        assert got(ada) == got(bob) == [[wanted]]

    def test_each_of_many_is_as_if_they_had_come_by_themselves(self, newsroom) -> None:
        brought(people(600))
        one = person(Wish(of(), "daily"), now=NOW, zone="UTC")
        assert Subscriber.objects.filter(state="active").count() == 601
        for model, names in (
            (Subscription, ("frequency", "interest_id", "minute", "weekdays", "ended_at")),
            (Cadence, ("frequency", "interest_id", "minus_id", "since", "joined_at", "paused_at")),
        ):
            assert model._default_manager.values(*names).distinct().count() == 1
            assert model._default_manager.count() == 601
        assert set(Subscriber.objects.filter(turns__kind="confirmed")) >= {one}
        assert Subscriber.objects.filter(turns__kind="confirmed").count() == 601

    def test_who_is_here_has_left_or_must_get_nothing_stays_as_they_are(self, newsroom) -> None:
        for name in ("here", "left", "gone", "held"):
            found = subscriptions.ask(
                f"{name}@example.org",
                [Wish(of(), "weekly")],
                language="en",
                zone="UTC",
                origin="page",
                now=NOW,
            )
            subscriptions.confirm(found, NOW)
        left, gone = subscriptions.find("left@example.org"), subscriptions.find("gone@example.org")
        assert left
        assert gone
        subscriptions.leave(left, NOW)
        erasures.erase(gone, NOW)
        suppressions.suppress(
            addresses.encrypt("held@example.org"), suppressions.Kind.COMPLAINT, "complained", NOW
        )
        made = brought(
            "email\nhere@example.org\nLEFT@example.org\ngone@example.org\nheld@example.org\nnew@example.org\nnew@example.org\n"
        )
        assert made.counts == {"here": 1, "left here": 1, "erased": 1, "suppressed": 1, "new": 1, "twice": 1}
        assert [line for line, _ in made.refusals] == [2, 3, 4, 5, 7]
        assert (left.refresh_from_db(), left.state)[1] == "left"
        assert subscriptions.find("gone@example.org") is None

    def test_who_is_asked_gets_a_letter_and_nothing_else_before_they_agree(self, newsroom) -> None:
        brought(people(2), asks=True)
        assert set(Subscriber.objects.values_list("state", flat=True)) == {"pending"}
        assert Delivery.objects.filter(lane=0).count() == 2
        assert not Consent.objects.exists()

    def test_nobody_is_brought_in_unasked_without_a_basis(self, newsroom) -> None:
        made = taken(people(1))
        made.asks = False
        made.save()
        with pytest.raises(running.Refused, match="must have agreed already"):
            running.begin(made, "account:7", "admin", NOW)

    def test_what_was_cut_short_goes_on_and_doubles_nothing(self, newsroom, monkeypatch) -> None:
        made = taken(people(batches.SIZE * 3))
        made.asks, made.basis = False, "b"
        made.save()
        running.begin(made, "account:7", "admin", NOW)
        assert running.step(made, NOW)
        bulk = Consent.objects.bulk_create

        def cut(*_args, **_kwargs):
            raise KeyboardInterrupt

        monkeypatch.setattr(type(Consent.objects), "bulk_create", cut)
        with pytest.raises(KeyboardInterrupt):
            running.step(made, NOW)
        monkeypatch.undo()
        assert bulk
        made.refresh_from_db()
        assert (made.done, Subscriber.objects.count()) == (batches.SIZE, batches.SIZE)
        while running.follow(NOW):
            pass
        made.refresh_from_db()
        assert (made.state, made.counts) == (Import.State.DONE, {"new": batches.SIZE * 3})
        assert Consent.objects.count() == Subscriber.objects.count() == batches.SIZE * 3

    def test_nobody_is_named_in_the_audit_log(self, newsroom) -> None:
        running.undo(brought(people(2)), "account:7", "admin", NOW)
        told = " ".join(str([e.subject, e.before, e.after]) for e in AuditEntry.objects.all())
        assert "person0" not in told
        assert "import begun" in AuditEntry.objects.values_list("action", flat=True)


def test_an_import_that_cannot_go_on_holds_up_no_other_and_loses_nothing(newsroom, settings) -> None:
    stuck, other = taken(people(1)), taken("email\nother@example.org\n")
    for made in (stuck, other):
        made.asks, made.basis = False, "b"
        made.save()
        running.begin(made, "account:7", "admin", NOW)
    batch = stuck.batches.get()
    batch.sealed = b"written under another key"
    batch.save()
    with pytest.raises(ExceptionGroup, match=f"imports cannot go on: {stuck.pk}"):  # told once by jobs.step
        running.follow(NOW)
    jobs.archive(NOW + timedelta(days=2))
    jobs.plan(NOW + timedelta(days=2))
    stuck.refresh_from_db()
    other.refresh_from_db()
    assert (other.state, other.counts) == (Import.State.DONE, {"new": 1})
    assert (stuck.state, stuck.batches.count()) == (Import.State.RUNNING, 1)


def test_a_worker_that_comes_late_undoes_no_undo(newsroom) -> None:
    made = brought(people(1))
    running.undo(made, "account:7", "admin", NOW)
    assert not running.run_batch(made, deciding.usual(made), NOW)
    made.refresh_from_db()
    assert made.state == Import.State.UNDOING


def test_taken_back_go_those_who_have_done_nothing_since(newsroom) -> None:
    stays = person(Wish(of(), "weekly"), now=NOW)
    made = brought(people(4))
    changed, paused, left, _ = Subscriber.objects.filter(origin="import").order_by("pk")
    later = NOW + timedelta(hours=1)
    subscriptions.change(changed, [Wish(of(topics=["border-management"]), "daily")], now=later)
    subscriptions.pause(paused, later)
    subscriptions.leave(left, later)
    running.undo(made, "account:7", "admin", later)
    while running.follow(later):
        pass
    made.refresh_from_db()
    assert (made.state, made.counts["stayed"]) == (Import.State.UNDONE, 3)
    assert set(Subscriber.objects.values_list("pk", flat=True)) == {stays.pk, changed.pk, paused.pk, left.pk}
    with pytest.raises(running.Refused):
        running.undo(made, "account:7", "admin", later)


@pytest.mark.holds("P5")
def test_the_command_looks_first_and_takes_back(newsroom, herald, tmp_path) -> None:
    file = tmp_path / "people.csv"
    file.write_text(MAILCHIMP + "broken\n")
    looked: Told = herald("subscribers", "import", str(file), "--dry-run", "--json")
    assert looked.code == 0, looked
    assert looked.json["counts"] == {"new": 2, "no address": 1}
    assert looked.json["refused"][0]["line"] == 4
    assert looked.json["unknown"] == ["Nonsense"]
    assert (Subscriber.objects.count(), Import.objects.count()) == (0, 0)
    assert herald("subscribers", "import", str(file), "--confirmed").code == 2
    done = herald("subscribers", "import", str(file), "--confirmed", "--basis", "by hand", "--yes")
    number = Import.objects.get().pk
    assert f"import {number}: 2 brought in" in done.err
    assert "done" in herald("subscribers", "imports").out
    assert "2 went, 0 have done something" in herald("subscribers", "undo", str(number), "--yes").err
    assert Subscriber.objects.count() == 0
    assert "address=Email" in herald("subscribers", "import", str(file), "--column", "address").err
    assert (
        "there is no column 'Mail'"
        in herald("subscribers", "import", str(file), "--column", "address=Mail").err
    )


def test_a_cell_without_an_end_is_refused_and_changes_no_limit_of_the_process():
    """Releases are read in the same process, with cells as long as a text."""
    before = csv.field_size_limit()
    found = reading.Table(("email", "name"), ",", "utf-8")
    text = 'email,name\nada@example.org,"' + ("x" * 1000 + "\n") * 100 + '"\n'
    with pytest.raises(reading.Unreadable, match="is a quotation mark not closed"):
        list(reading.rows(io.BytesIO(text.encode()), "people.csv", found))
    assert csv.field_size_limit() == before
