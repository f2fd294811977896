"""From an installation without an administrator to the first one, a test message and what readers see."""

from __future__ import annotations

import re
import stat
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from config import clock, kept_relay, relays, roles
from config.accounts import first
from config.models import AuditEntry, Revision, SetupCode
from feeds import store
from feeds.models import Newsroom, Source
from feeds.sources.item import RawItem
from feeds.sources.way import Fetched
from notifier.firstrun import changes, sending, steps
from tests.browser import AGAIN
from tests.notifier.mailing import a_newsroom, a_release
from tests.notifier.relay import running

pytestmark = pytest.mark.django_db(transaction=True)
PASSWORD = "a long one, kept to herself"
NEWSROOM = {
    "name": "Lake News", "publisher": "Lake Authority", "description": "", "home_url": "https://lake.example",
    "contact": "", "zone": "Europe/Zurich", "language": "de", "tag_authority": "lake.example,2026",
}  # fmt: skip
ACCOUNT = {"username": "eve", "email": "eve@lake.example", "password": PASSWORD, "again": PASSWORD}


@pytest.fixture
def code(transactional_db, settings, tmp_path):
    settings.HERALD_HOME = tmp_path
    roles.sync()
    a_newsroom()
    return first.new_code(clock.now())


@pytest.fixture
def eve(code):
    client = Client()
    assert client.post("/setup", {"code": code})["Location"] == "/setup/newsroom"
    return client


def test_the_link_alone_opens_nothing_and_its_button_does(code):
    client = Client()
    page = client.get("/setup", {"code": code}, headers={"Accept-Language": "de"})
    assert page.status_code == 200
    assert code in page.content.decode()
    assert "no-store" in page["Cache-Control"]
    assert client.get("/setup/newsroom")["Location"] == "/setup"
    assert client.post("/setup", {"code": f" {code} "})["Location"] == "/setup/newsroom"
    assert client.get("/setup/newsroom").status_code == 200
    assert client.get("/setup")["Location"] == "/setup/newsroom"


def test_a_wrong_code_opens_nothing_and_is_throttled(code):
    client = Client()
    for _ in range(30):
        assert b"does not hold" in client.post("/setup", {"code": "wrong"}).content
    assert b"does not hold" in client.post("/setup", {"code": code}).content
    assert Client(REMOTE_ADDR="198.51.100.7").post("/setup", {"code": code}).status_code == 302


def test_the_code_is_kept_as_a_hash_and_another_start_here_replaces_it(code, settings):
    [row] = SetupCode.objects.all()
    assert code not in row.digest
    other = first.new_code(clock.now())
    assert first.find(code, clock.now()) is None
    assert first.find(other, clock.now()) == row.pk
    settings.HERALD_PORT += 1  # a start elsewhere
    elsewhere = first.new_code(clock.now())
    assert first.find(other, clock.now()) == row.pk
    assert first.find(elsewhere, clock.now()) not in {None, row.pk}
    assert first.find(other, clock.now() + first.VALID + timedelta(seconds=1)) is None


def test_with_an_administrator_there_is_no_setup_and_no_code(eve, code):
    user = User.objects.create_user("ada", is_staff=True, is_active=False)
    roles.give(user, roles.Role.ADMINISTRATOR)
    assert eve.get("/setup").status_code == 404
    for step in steps.STEPS:
        assert eve.get(f"/setup/{step.slug}").status_code == 404
        assert eve.post(f"/setup/{step.slug}").status_code == 404
    assert eve.post("/setup", {"code": code}).status_code == 404
    assert first.new_code(clock.now()) is None
    assert not SetupCode.objects.exists()


def test_nobody_gets_to_a_step_without_the_code(code):
    for step in steps.STEPS:
        assert Client().get(f"/setup/{step.slug}")["Location"] == "/setup"
        assert Client().post(f"/setup/{step.slug}", NEWSROOM)["Location"] == "/setup"
    assert not AuditEntry.objects.filter(way="setup").exists()


def test_forms_from_elsewhere_are_refused(code):
    client = Client(enforce_csrf_checks=True)
    assert client.post("/setup", {"code": code}).status_code == 403


def test_the_admin_site_says_how_to_begin_and_the_public_pages_work(code):
    page = Client().get("/admin/", follow=True).content.decode()
    assert "Nobody works here yet" in page
    assert "herald admin create" in page
    assert Client().get("/").status_code == 200


def test_each_change_is_a_revision_and_the_next_session_goes_on(eve, code):
    assert eve.post("/setup/newsroom", NEWSROOM)["Location"] == "/setup/look"
    newsroom = store.newsroom()
    assert (newsroom.name, newsroom.zone, newsroom.tag_authority) == (
        "Lake News",
        "Europe/Zurich",
        "lake.example,2026",
    )
    revision = Revision.objects.order_by("-number")[0]
    assert (revision.actor, revision.way) == ("setup", "setup")
    entry = AuditEntry.objects.filter(revision=revision).first()
    assert (entry.actor, entry.network, entry.page) == ("setup", "127.0.0.0/24", "notifier:setup-newsroom")
    other = Client()
    assert other.post("/setup", {"code": code})["Location"] == "/setup/look"
    assert b'value="Lake News"' in other.get("/setup/newsroom").content


def test_what_is_wrong_is_said_at_its_field_and_nothing_changes(eve):
    before = Revision.objects.count()
    page = eve.post("/setup/newsroom", NEWSROOM | {"home_url": "lake"}).content.decode()
    assert "Must be an address that begins with https:// or http://." in page
    page = eve.post("/setup/sender", {"sender_name": "Lake", "sender_address": "lake"}).content.decode()
    assert "Must be an e-mail address" in page
    page = eve.post("/setup/look", {"brand": "#ffff00", "brand_dark": "#8dbdf2"}).content.decode()
    assert "wrong" in page
    assert Revision.objects.count() == before


def test_a_logo_is_checked_and_kept(eve):
    from django.core.files.uploadedfile import SimpleUploadedFile

    good = b'<svg xmlns="http://www.w3.org/2000/svg"><rect width="9" height="9"/></svg>'
    colours = {"brand": "#0b4a8f", "brand_dark": "#8dbdf2"}
    bad = SimpleUploadedFile("logo.svg", good.replace(b"<rect", b"<script/><rect"))
    assert b"nothing that runs" in eve.post("/setup/look", {**colours, "logo": bad}).content
    assert (
        eve.post("/setup/look", {**colours, "logo": SimpleUploadedFile("logo.svg", good)}).status_code == 302
    )
    assert store.newsroom().logo == good.decode()
    assert eve.post("/setup/look", colours).status_code == 302
    assert store.newsroom().logo == good.decode()
    assert eve.post("/setup/look", {**colours, "without": "on"}).status_code == 302
    assert store.newsroom().logo == ""


def test_a_relay_is_kept_apart_once_it_answers(eve):
    form = {"host": "127.0.0.1", "encryption": "offered", "user": "", "password": ""}
    with running() as relay:
        assert eve.post("/setup/relay", form | {"port": relay.port})["Location"] == "/setup/records"
    assert kept_relay.url() == f"smtp://127.0.0.1:{relay.port}?tls=optional"
    assert stat.S_IMODE(kept_relay.path().stat().st_mode) == 0o600
    entry = AuditEntry.objects.get(subject="relay")
    assert entry.after == {"host": "127.0.0.1", "port": relay.port, "signs_in": False, "answered": True}


def test_a_relay_that_does_not_answer_is_kept_only_if_somebody_insists(eve):
    with running() as relay:
        form = {
            "host": "127.0.0.1", "port": relay.port, "encryption": "offered", "user": "eve", "password": "a b%@:/#",
        }  # fmt: skip
        page = eve.post("/setup/relay", form).content.decode()
        assert "Keep it although" in page
        assert "a b%@" not in page
        assert kept_relay.url() == ""
        assert eve.post("/setup/relay", form | {"anyway": "on"}).status_code == 302
    [kept] = relays.parse(kept_relay.url())
    assert (kept.user, kept.password) == ("eve", "a b%@:/#")
    assert "a b%@" not in str(list(AuditEntry.objects.values()))
    assert "a b%@" not in eve.get("/setup/relay").content.decode()


NO_HOSTS = (
    "mail.example?token_command=id", "a b", "x/../y", "user@host", "dead:beef:::", "1.2.3", "[::1", "[]", ":",
    "fe80::1%eth0", "smtp://mail.example", "mail.example:587", "почта.example", "a" * 64 + ".example", "a\0b",
    "\u202email.example", "a" * 300,
)  # fmt: skip
NO_PORTS = ("", "0", "65536", "-1", "1e3", "9" * 5000, "25; ls")


def test_what_is_no_host_and_no_port_is_refused_at_its_field(eve):
    form = {"host": "mail.example", "port": "25", "encryption": "offered", "anyway": "on"}
    for name, tried in [*(("host", host) for host in NO_HOSTS), *(("port", port) for port in NO_PORTS)]:
        page = eve.post("/setup/relay", form | {name: tried})
        assert page.status_code == 200, tried[:40]
        assert f'id="id_{name}_error"' in page.content.decode(), tried[:40]
    assert not kept_relay.path().exists()


def test_an_address_of_the_newer_kind_is_taken_with_its_brackets_and_without(eve, monkeypatch):
    monkeypatch.setattr(sending, "fault_of", lambda address: "")
    for host in ("[2001:DB8::0:1]", "2001:db8::1"):
        form = {"host": host, "port": 587, "encryption": "starttls", "user": "", "password": ""}
        assert eve.post("/setup/relay", form)["Location"] == "/setup/records"
        assert kept_relay.url() == "smtp://[2001:db8::1]:587?tls=required"
        assert b'value="2001:db8::1"' in eve.get("/setup/relay").content


JUNK = (
    "x" * 2_000,
    "\u202edlroW 👩‍👩‍👧‍👦",
    "a\0b",
    "<script>alert(1)</script>{{ 1 }}",
    "\r\nBcc: eve@example.org",
)


def test_no_step_falls_over_junk(eve):
    for junk in JUNK:
        brand = {"brand": junk, "brand_dark": "#8dbdf2", "logo": SimpleUploadedFile("l.svg", junk.encode())}
        who = {"sender_name": junk, "sender_address": "news@lake.example", "postal_address": junk}
        answers = [
            Client().post("/setup", {"code": junk}),
            eve.post("/setup/newsroom", NEWSROOM | {"name": junk, "publisher": junk, "description": junk}),
            eve.post("/setup/look", brand),
            eve.post("/setup/sender", who | {"sender_address": junk}),
            eve.post("/setup/sender", who),
            eve.post("/setup/relay", {"host": "mail.example", "port": 25, "encryption": junk, "user": junk}),
            eve.post("/setup/source", {"name": junk, "kind": "listing", "address": junk}),
            eve.post("/setup/source", {"name": junk, "kind": "listing", "address": "https://lake.example/"}),
            eve.post("/setup/account", ACCOUNT | {"username": junk, "email": junk}),
            eve.get("/setup/ready"),
        ]
        assert {answer.status_code for answer in answers} <= {200, 302}, junk[:40]
    assert not User.objects.exists()


def test_what_the_environment_says_goes_before(eve, settings):
    kept_relay.keep("smtp://kept.example:25")
    settings.SMTP_URL = "smtp://me:secret@given.example:587"
    assert kept_relay.url() == settings.SMTP_URL
    page = eve.get("/setup/relay").content.decode()
    assert "given.example" in page
    assert "secret" not in page
    assert "Password" not in page


def test_the_records_are_those_of_the_settings(eve, settings):
    settings.BOUNCE_ADDRESS = "bounces@mail.lake.example"
    Newsroom.objects.update(sender_address="newsroom@localhost")
    page = eve.get("/setup/records").content.decode()
    assert "say first in whose name" in page
    assert "localhost" not in page
    assert eve.post("/setup/records", {"to": "check"}).status_code == 200
    eve.post("/setup/sender", {"sender_name": "Lake", "sender_address": "news@lake.example"})
    page = eve.get("/setup/records").content.decode()
    assert "v=spf1" not in page
    assert "say first which" in page
    kept_relay.keep("smtps://relay.example:465")
    page = eve.get("/setup/records").content.decode()
    assert "v=spf1 a:relay.example ~all" in page
    assert "<code>mail.lake.example</code>" in page
    assert "v=DMARC1; p=none; rua=mailto:news@lake.example" in page
    assert store.newsroom().list_domain == "lake.example"


def test_a_source_is_tried_before_it_is_kept(eve, monkeypatch):
    from feeds.sources import kinds, upstream

    def fetch(origin, _memory, _tools):
        assert origin.address == "https://lake.example/feed"
        return Fetched(
            (RawItem("Ice <b>melts</b>", clock.now().date(), key="1", url="https://lake.example/1"),)
        )

    monkeypatch.setattr(upstream, "fetch", fetch)
    assert "syndication" in kinds.FETCHED
    form = {"name": "Lake", "kind": "syndication", "address": "https://lake.example/feed"}
    before = list(Source.objects.values())
    page = eve.post("/setup/source", form | {"to": "try"}).content.decode()
    assert "Ice &lt;b&gt;melts" in page
    assert list(Source.objects.values()) == before
    assert eve.post("/setup/source", form | {"to": "keep"})["Location"] == "/setup/account"
    kept = changes.unused_source()
    assert (kept.name, kept.kind, kept.address) == ("Lake", "syndication", "https://lake.example/feed")
    eve.post("/setup/source", form | {"to": "keep", "address": "https://lake.example/other"})
    assert changes.unused_source().address == "https://lake.example/other"
    assert Source.objects.count() == max(1, len(before))


def test_a_source_inside_the_network_is_not_asked(eve):
    form = {"name": "Inside", "kind": "listing", "address": "http://127.0.0.1:9/", "to": "try"}
    assert b"Nothing could be read there" in eve.post("/setup/source", form).content


@pytest.mark.holds("S8")
def test_the_account_ends_the_code_and_gets_the_test_message(eve, code):
    stranger = Client()
    stranger.post("/setup", {"code": code})
    kept_relay.keep("smtp://127.0.0.1:1?tls=none")
    wrong = eve.post("/setup/account", ACCOUNT | {"again": "other"}).content
    assert b"not the same" in wrong
    assert eve.post("/setup/account", ACCOUNT)["Location"] == "/setup/account"
    user = User.objects.get()
    assert (user.username, user.email, roles.of(user)) == (
        "eve",
        "eve@lake.example",
        roles.Role.ADMINISTRATOR,
    )
    assert not SetupCode.objects.exists()
    assert stranger.get("/setup/newsroom").status_code == stranger.get("/setup").status_code == 404
    assert stranger.post("/setup/account", ACCOUNT | {"username": "mallory"}).status_code == 404
    assert eve.get("/setup/newsroom").status_code == 200
    with running() as relay:
        kept_relay.keep(f"smtp://127.0.0.1:{relay.port}?tls=none")
        assert b"has taken it" in eve.post("/setup/test").content
    [message] = relay.messages
    assert message.to == "eve@lake.example"
    assert re.search(rb"^Subject: (=\?utf-8\?q\?)?\[Test\]|^Subject: \[Test\]", message.raw, re.MULTILINE)
    assert AuditEntry.objects.filter(action="test message", actor=f"account:{user.pk}").exists()
    assert "No release yet" in eve.get("/setup/ready").content.decode()
    a_release("The lake opens")
    page = eve.get("/setup/ready").content.decode()
    assert "/feeds/all.atom" in page
    assert "The lake opens" in page
    assert eve.get("/setup/sample")["Content-Security-Policy"].startswith("default-src 'none'")
    assert eve.post("/setup/ready")["Location"] == "/admin/"


def test_a_test_message_that_is_refused_says_why(eve):
    eve.post("/setup/account", ACCOUNT)
    with running() as relay:
        relay.rcpt = lambda _to: "550 nobody here"
        kept_relay.keep(f"smtp://127.0.0.1:{relay.port}?tls=none")
        assert b"nobody here" in eve.post("/setup/test").content


def test_of_two_who_make_the_account_the_second_is_told_it_ended(code):
    number = first.find(code, clock.now())
    first.make(User(username="eve"), PASSWORD, number, clock.now())
    with pytest.raises(first.Closed):
        first.make(User(username="mallory"), PASSWORD, number, clock.now())
    assert User.objects.get().username == "eve"


@pytest.mark.parametrize(("width", "dark"), [(320, False), (1280, True)])
def test_every_step_suits_axe_and_a_phone(browser, eve, width, dark):
    eve.post("/setup/account", ACCOUNT)
    for step in steps.STEPS:
        sight = browser.look_at(
            eve, f"/setup/{step.slug}", dark=dark, width=width, rules=AGAIN if dark else ()
        )
        assert (step.slug, sight.faults, sight.scrolls_sideways) == (step.slug, [], False)
