"""Every address of the admin site, for every role and for nobody."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.contrib import admin
from django.contrib.auth.models import User
from django.test import Client, RequestFactory
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from config import auditing, roles
from config.accounts import invitations
from config.adminsite import HeraldAdmin
from config.roles import TABLE, Role
from feeds.models import PendingTerm, Release
from notifier.models import Subscriber, Suppression
from tests.config.samples import NOW
from tests.staff import account

pytestmark = [pytest.mark.django_db, pytest.mark.holds("S8")]
# Who may do what hangs on roles and forms. That each page opens on either database is asked by notifier/test_admin.py.
walks = pytest.mark.any_database

# Pages that every account may see, and those that nobody needs an account for.
EVERYBODY = {
    "index", "search", "password_change", "password_change_done", "logout", "jsi18n", "autocomplete", "app_list",
    "view_on_site", "account", "end_sessions", "second_factor",
    "inbox_press", "account_mail", "",
}  # fmt: skip
NOBODY = {"login", "sign_in", "sign_in_code", "invitation", "provider_begin", "provider_back"}
# Pages beside Django's five of each model: what one must be allowed to.
CUSTOM = {
    "config_auditentry_export": ("view", "config.auditentry"),
    "feeds_feedday_feed": ("view", "feeds.feedday"),
    "dashboard": ("view", "notifier.dispatch"),
    "health": ("view", "notifier.channel"),
    "feeds_release_withdraw": ("change", "feeds.release"),
    "feeds_release_withdraw_this": ("change", "feeds.release"),
    "feeds_release_label": ("change", "feeds.release"),
    "feeds_release_review": ("change", "feeds.release"),
    "feeds_release_compare": ("view", "feeds.release"),
    "feeds_savedfeed_preview": ("add", "feeds.savedfeed"),
    "feeds_source_try": ("add", "feeds.source"),
    "feeds_office_merge": ("change", "feeds.office"),
    "feeds_office_order": ("change", "feeds.office"),
    "feeds_topic_merge": ("change", "feeds.topic"),
    "feeds_topic_order": ("change", "feeds.topic"),
    "feeds_releasetype_merge": ("change", "feeds.releasetype"),
    "feeds_releasetype_order": ("change", "feeds.releasetype"),
    "notifier_channel_switch": ("change", "notifier.channel"),
    "notifier_correction_mark": ("change", "feeds.release"),
    "notifier_dispatch_reach": ("view", "feeds.release"),
    "notifier_dispatch_deliveries": ("view", "notifier.subscriber"),
    "notifier_subscriber_why": ("view", "notifier.subscriber"),
    "notifier_subscriber_erase": ("delete", "notifier.subscriber"),
    "notifier_edition_preview": ("view", "notifier.edition"),
    "notifier_edition_look": ("view", "notifier.edition"),
    "notifier_subscriber_export": ("view", "notifier.subscriber"),
    "notifier_suppression_export": ("view", "notifier.suppression"),
    "notifier_dispatch_export": ("view", "notifier.subscriber"),
    "notifier_import_upload": ("add", "notifier.import"),
    "notifier_import_look": ("view", "notifier.import"),
    "notifier_text_preview": ("view", "notifier.text"),
    "notifier_subscriber_find": ("view", "notifier.subscriber"),
    "notifier_suppression_find": ("view", "notifier.suppression"),
}
VERBS = {"changelist": "view", "add": "add", "change": "view", "delete": "delete", "history": "view"}


def routes(patterns=None, before: str = "") -> Iterator[tuple[str, str, URLPattern]]:
    """(name, route, pattern) of everything below /admin/."""
    for it in patterns or get_resolver().url_patterns:
        route = before + str(it.pattern)
        if isinstance(it, URLResolver):
            if "admin/".startswith(route) or route.startswith("admin/"):
                yield from routes(it.url_patterns, route)
        elif route.startswith("admin/"):
            yield it.name or "", route, it


def address(name: str, route: str) -> str:
    """The route with the rows of `rows` in it."""
    found = route.replace("^", "").replace("\\Z", "").replace("$", "")
    model = next(
        (m for m in admin.site._registry if name.startswith(f"{m._meta.label_lower.replace('.', '_')}_")),
        None,
    )
    row = model._default_manager.first() if model else None
    values = {
        "<path:object_id>": str(row.pk) if row else "1", "<int:pk>": str(row.pk) if row else "1",
        "<int:release_id>": str(Release.objects.get().pk), "<str:form>": "csv", "<str:token>": "nonsense",
        "<int:content_type_id>": "1", "(?P<app_label>config|feeds|notifier|auth)/": "feeds/",
    }  # fmt: skip
    for slot, value in values.items():
        found = found.replace(slot, value)
    return "/" + found


def needed(name: str) -> tuple[str, str] | None:
    """(verb, model) that this page of a model asks for; None for other pages."""
    if name in CUSTOM:
        return CUSTOM[name]
    label, _, page = name.rpartition("_")
    return (VERBS[page], label.replace("_", ".", 1)) if page in VERBS and "_" in label else None


@pytest.fixture
def rows(newsroom):
    release = Release.objects.create(title="Border news", published_on=NOW.date())
    PendingTerm.objects.create(kind="topic", label="Borders", first_seen_at=NOW)
    subscriber = Subscriber.objects.create(
        address=b"x" * 40, state="active", language="en", zone="UTC", origin="command", created_at=NOW
    )
    Suppression.objects.create(address=b"y" * 40, kind="address", reason="manual", at=NOW)
    invitations.invite(Role.VIEWER, "start", "command", NOW, "eve@example.org")
    return release, subscriber


def may(role: Role, name: str) -> bool:
    """What the table says, where the class leaves it open at all."""
    asked = needed(name)
    if asked is None:
        return True
    verb, label = asked
    allowed = roles.allowed(role, verb, label)
    if name.endswith("_history"):
        return allowed and roles.allowed(role, "view", "config.auditentry")
    if name not in CUSTOM and verb in {"add", "delete"}:
        return allowed and ever(verb, label)
    return allowed


def ever(verb: str, label: str) -> bool:
    """Whether the class lets an all-powerful account add or delete the row of the walk."""
    request = RequestFactory().get("/admin/")
    request.user = User(is_superuser=True, is_active=True, is_staff=True)
    model = next(m for m in admin.site._registry if m._meta.label_lower == label)
    page = admin.site._registry[model]
    if verb == "add":
        return page.has_add_permission(request)
    return page.has_delete_permission(request, model._default_manager.first())


def test_every_page_is_known_to_this_walk():
    unknown = {name for name, _, _ in routes() if needed(name) is None and name not in EVERYBODY | NOBODY}
    assert not unknown, "say in this file who may see it"
    assert len(list(routes())) > 120


def test_every_class_is_ours_and_stands_in_the_table():
    for model, page in admin.site._registry.items():
        assert isinstance(page, HeraldAdmin), model
        assert model._meta.label_lower in TABLE


@walks
@pytest.mark.parametrize("role", Role)
def test_a_role_reaches_what_the_table_says_and_nothing_else(role, rows):
    client = account(role, enforce_csrf_checks=True)
    for name, route, _ in routes():
        if name in NOBODY or name == "logout":
            continue
        url = address(name, route)
        answer = client.get(url)
        expected = {200, 302, 301, 404, 405} if may(role, name) else {403}
        if name in {"view_on_site", "app_list", "autocomplete", ""}:
            expected |= {403, 404}
        assert answer.status_code in expected, (role, name, url, answer.status_code)
        if may(role, name):
            assert not answer.get("Location", "").startswith("/admin/login"), url


@pytest.mark.parametrize("number", ["9" * 40, "9" * 5000, "x", "_00", "1.0", "\N{SUPERSCRIPT TWO}"])
def test_a_number_that_no_row_has_is_said_to_be_none(number, rows):
    admins = account(Role.ADMINISTRATOR)
    for model, page in admin.site._registry.items():
        if not roles.allowed(Role.ADMINISTRATOR, "view", model._meta.label_lower):
            continue
        name = f"{model._meta.app_label}_{model._meta.model_name}_change"
        url = reverse(f"admin:{name}", args=[number])
        assert admins.get(url).status_code in {302, 404}, (model, page)
    assert account(Role.VIEWER).get(reverse("admin:notifier_reply_change", args=[number])).status_code == 403


@walks
@pytest.mark.parametrize("role", Role)
def test_nothing_is_posted_without_the_token_of_the_form(role, rows):
    client = account(role, enforce_csrf_checks=True)
    for name, route, _ in routes():
        url = address(name, route)
        if name == "jsi18n" or name in {"search", "app_list", "index", "view_on_site", "autocomplete", ""}:
            continue  # they only read
        answer = client.post(url, {"post": "yes"})
        assert answer.status_code == 403, (role, name, url, answer.status_code)


@walks
def test_strangers_are_asked_to_sign_in(rows):
    for name, route, _ in routes():
        url = address(name, route)
        if name in NOBODY or url == "/admin/login/":
            continue
        for answer in (Client().get(url), Client().post(url)):
            led = (answer.status_code == 302 and "/admin/login/" in answer["Location"]) or name == "logout"
            assert led or (name == "jsi18n" and answer.status_code == 200), (name, url, answer.status_code)


@walks
@pytest.mark.parametrize("role", Role)
def test_a_role_cannot_post_what_it_may_not(role, rows):
    """The same again with the token of a form: a POST to every page of a model that the role may not change."""
    user = User.objects.create_user("poster", is_staff=True)
    roles.give(user, role)
    client = Client()
    client.force_login(user)
    for name, route, _ in routes():
        asked = needed(name)
        if (
            asked is None
            or name.endswith(("_changelist", "_history"))
            or (name in CUSTOM and may(role, name))
        ):
            continue
        verb, label = asked
        wanted = "change" if name.endswith("_change") else verb
        if not roles.allowed(role, wanted, label):
            url = address(name, route)
            assert client.post(url, {"post": "yes"}).status_code == 403, (role, name, url)


def test_only_those_who_may_see_the_switch_that_stops_mail(rows):
    for role in Role:
        page = account(role, enforce_csrf_checks=True).get("/admin/feeds/release/").content.decode()
        assert ("Stop all sending" in page) == (role in {Role.ADMINISTRATOR, Role.EDITOR}), role


def test_viewers_and_editors_see_no_person_s_data():
    for role in (Role.VIEWER, Role.EDITOR):
        for label in ("subscriber", "subscription", "suppression", "reply", "cadence", "watch"):
            assert not roles.allowed(role, "view", f"notifier.{label}")


def test_the_groups_follow_the_table():
    from django.contrib.auth.models import Group, Permission

    viewer = Group.objects.get(name="viewer")
    viewer.permissions.add(Permission.objects.get(codename="delete_topic"))
    viewer.permissions.remove(Permission.objects.get(codename="view_topic"))
    roles.sync()
    names = set(viewer.permissions.values_list("codename", flat=True))
    assert "view_topic" in names
    assert "delete_topic" not in names


def test_nothing_is_written_to_django_s_own_log(rows):
    from django.contrib.admin.models import LogEntry

    assert auditing.COLUMNS
    assert not LogEntry.objects.exists()
