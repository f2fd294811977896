"""Signing in, and what an account may do about itself."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP
from django.contrib.auth.models import User
from django.test import Client

from config import clock, roles
from config.accounts import invitations, second, sessions, throttle
from config.models import AccountSession, AuditEntry, SecondFactor, SignInTry
from config.roles import Role
from tests.config.samples import PASSWORD

pytestmark = [pytest.mark.django_db, pytest.mark.holds("S8")]


def sign_in(client: Client, name: str = "ada", password: str = PASSWORD, **more: str):
    return client.post("/admin/login/", {"username": name, "password": password, **more})


def inside(client: Client) -> bool:
    return client.get("/admin/").status_code == 200


def code_at(secret: bytes, now: datetime) -> str:
    """What an authenticator shows (RFC 6238, with what all of them reckon with)."""
    return TOTP(secret, 6, SHA1(), 30).generate(int(now.timestamp())).decode()


def with_factor(user: User, now: datetime) -> bytes:
    secret = second.begin(user.pk)
    assert second.confirm(user.pk, code_at(secret, now), now) is not None
    return secret


def test_signing_in_rotates_the_session_and_is_recorded(ada):
    client = Client()
    client.get("/admin/login/")
    session = client.session
    session["planted"] = "by somebody else"
    session.save()
    client.cookies["session"] = planted = session.session_key
    answer = sign_in(client, next="/admin/feeds/release/")
    assert (answer.status_code, answer["Location"]) == (302, "/admin/feeds/release/")
    assert client.cookies["session"].value != planted
    assert not AccountSession.objects.filter(session_key=planted).exists()
    cookie = client.cookies["session"]
    assert (cookie["httponly"], cookie["samesite"]) == (True, "Lax")
    entry = AuditEntry.objects.get(action="signed in")
    assert (entry.actor, entry.subject, entry.network) == (
        f"account:{ada.pk}",
        f"account {ada.pk}",
        "127.0.0.0/24",
    )


def test_a_sign_in_leads_nowhere_else(ada):
    assert sign_in(Client(), next="https://evil.example/")["Location"] == "/admin/"


def test_what_is_wrong_is_never_said(ada):
    User.objects.create_user("reader", password=PASSWORD)
    closed = User.objects.create_user("closed", password=PASSWORD, is_staff=True, is_active=False)
    assert closed.pk
    answers = {
        sign_in(Client(), name, password)
        .content.split(b"</form>")[0]
        .split(b"errornote")[1]
        .split(b"</div>")[0]
        for name, password in (("ada", "x"), ("nobody", "x"), ("reader", PASSWORD), ("closed", PASSWORD))
    }
    assert len(answers) == 1


@pytest.mark.parametrize(
    ("first", "again"), [("192.0.2.1", "192.0.2.1"), ("2001:db8::1", "2001:db8::ffff:2")]
)
def test_who_guesses_a_name_shuts_out_itself_and_not_its_owner(ada, time, first, again):
    for _ in range(throttle.PER_CLIENT_AND_NAME):
        sign_in(Client(REMOTE_ADDR=first), password="guess")
    guessing, owner = Client(REMOTE_ADDR=again), Client(REMOTE_ADDR="198.51.100.1")
    assert b"do not match" in sign_in(guessing).content
    assert not inside(guessing)
    sign_in(owner)
    assert inside(owner)
    time.pass_by(minutes=16)
    sign_in(guessing)
    assert inside(guessing)


def test_a_name_that_is_guessed_from_everywhere_lets_in_only_where_it_is_in_use(ada, time, monkeypatch):
    monkeypatch.setattr(throttle, "PER_NAME", 10)
    at_work = Client(REMOTE_ADDR="198.51.100.1")
    sign_in(at_work)
    for number in range(10):
        sign_in(Client(REMOTE_ADDR=f"192.0.2.{number}"), password="guess")
    elsewhere, beside = Client(REMOTE_ADDR="203.0.113.1"), Client(REMOTE_ADDR="198.51.100.77")
    sign_in(elsewhere)
    assert not inside(elsewhere)
    sign_in(beside)
    assert inside(beside)
    time.pass_by(minutes=16)
    sign_in(elsewhere)
    assert inside(elsewhere)


def test_too_many_tries_from_one_client_are_refused_for_any_name(ada):
    for number in range(throttle.PER_CLIENT):
        sign_in(Client(), name=f"guess-{number}", password="guess")
    client = Client()
    sign_in(client)
    assert not inside(client)
    client = Client(REMOTE_ADDR="198.51.100.1")
    sign_in(client)
    assert inside(client)


def test_tries_are_kept_without_names_and_addresses(ada):
    sign_in(Client(), password="guess")
    assert all(len(it.key) == 64 and "ada" not in it.key for it in SignInTry.objects.all())


def test_a_session_ends_after_twelve_hours_without_use(ada, settings):
    assert settings.SESSION_COOKIE_AGE == 12 * 3600
    client = Client()
    sign_in(client)
    row = AccountSession.objects.get()
    assert row.account_id == ada.pk
    AccountSession.objects.update(expire_date=clock.now() - timedelta(seconds=1))
    assert not inside(client)


def test_a_session_that_is_used_ends_after_seven_days(ada, time):
    client = Client()
    sign_in(client)
    for _ in range(15):
        assert inside(client)
        time.pass_by(hours=11)
    assert inside(client)
    time.pass_by(hours=11)
    assert not inside(client)


def test_using_a_session_is_noted_at_most_every_five_minutes(ada, time):
    client = Client()
    sign_in(client)
    began = AccountSession.objects.get().seen_at
    time.pass_by(minutes=4)
    assert inside(client)
    assert AccountSession.objects.get().seen_at == began
    time.pass_by(minutes=2)
    assert inside(client)
    assert AccountSession.objects.get().seen_at > began


def test_one_sees_and_ends_one_s_own_sessions_and_nobody_else_s(ada):
    other = User.objects.create_user("bob", password=PASSWORD, is_staff=True)
    here, there, bob = Client(), Client(HTTP_USER_AGENT="Mozilla/5.0 (X11; Linux) Firefox/140.0"), Client()
    for client, name in ((here, "ada"), (there, "ada"), (bob, "bob")):
        sign_in(client, name)
    page = here.get("/admin/account/").content.decode()
    assert "Firefox on Linux" in page
    keys = AccountSession.objects.values_list("session_key", flat=True)
    assert not any(key in page for key in keys)
    [of_bob] = AccountSession.objects.filter(account_id=other.pk)
    here.post("/admin/account/sessions/", {"session": of_bob.name})
    assert inside(bob)
    here.post("/admin/account/sessions/")
    assert (inside(here), inside(there), inside(bob)) == (True, False, True)
    assert AuditEntry.objects.get(action="sessions ended").before == {"sessions": 1}


def test_an_administrator_ends_another_s_sessions_and_closes_accounts(ada):
    bob = User.objects.create_user("bob", password=PASSWORD, is_staff=True)
    roles.give(bob, Role.EDITOR)
    client, bobs = Client(), Client()
    sign_in(client)
    sign_in(bobs, "bob")
    url = f"/admin/auth/user/{bob.pk}/change/"
    form = {"first_name": "", "last_name": "", "email": "", "role": "editor", "is_active": "on"}
    assert client.post(url, {**form, "auth_user_end_sessions": "1"}).status_code == 302
    assert not inside(bobs)
    sign_in(bobs, "bob")
    client.post(url, {**form, "role": "viewer", "_save": "1"})
    assert roles.of(bob) == Role.VIEWER
    entry = AuditEntry.objects.filter(action="changed").latest("pk")
    assert (entry.before, entry.after["role"]) == ({"role": "editor", "active": True}, "viewer")
    assert entry.page == "admin:auth_user_change"
    client.post(url, {**form, "is_active": "", "_save": "1"})
    assert not inside(bobs)


def test_a_superuser_of_an_earlier_version_is_what_the_role_says(ada):
    old = User.objects.create_superuser("old", password=PASSWORD)
    client = Client()
    sign_in(client)
    url = f"/admin/auth/user/{old.pk}/change/"
    form = {"first_name": "", "last_name": "", "email": "a@example.org", "role": "", "is_active": "on"}
    client.post(url, {**form, "_save": "1"})
    old.refresh_from_db()
    assert old.is_superuser
    client.post(url, {**form, "role": "viewer", "_save": "1"})
    old.refresh_from_db()
    assert (roles.of(old), old.is_superuser) == (Role.VIEWER, False)
    entry = AuditEntry.objects.filter(action="changed").latest("pk")
    assert (entry.before["role"], entry.after["role"]) == ("superuser", "viewer")


def test_one_s_own_second_factor_is_not_removed_without_a_code(ada, time):
    client = Client()
    sign_in(client)
    with_factor(ada, time.now)
    form = {"first_name": "", "last_name": "", "email": "", "role": "administrator", "is_active": "on"}
    client.post(f"/admin/auth/user/{ada.pk}/change/", {**form, "auth_user_drop_second_factor": "1"})
    assert second.in_use(ada.pk)


def test_nobody_takes_their_own_role_away(ada):
    client = Client()
    sign_in(client)
    form = {"first_name": "", "last_name": "", "email": "", "role": "viewer", "is_active": "on"}
    answer = client.post(f"/admin/auth/user/{ada.pk}/change/", {**form, "_save": "1"})
    assert b"Another administrator must" in answer.content
    assert roles.of(ada) == Role.ADMINISTRATOR


def test_a_password_changed_ends_other_sessions(ada):
    here, there = Client(), Client()
    sign_in(here)
    sign_in(there)
    new = "another long one, kept as well"
    form = {"old_password": PASSWORD, "new_password1": new, "new_password2": new}
    assert here.post("/admin/password_change/", form).status_code == 302
    assert (inside(here), inside(there)) == (True, False)
    assert AuditEntry.objects.filter(action="password changed", subject=f"account {ada.pk}").exists()


def test_passwords_are_kept_by_argon2(settings, ada):
    from config.settings import PASSWORD_HASHERS

    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
    assert PASSWORD_HASHERS[0] == settings.PASSWORD_HASHERS[0]
    ada.set_password(PASSWORD)
    assert ada.password.startswith("argon2$argon2id$")
    assert ada.check_password(PASSWORD)


def test_setting_up_a_second_factor_and_signing_in_with_it(ada, time):
    client = Client()
    sign_in(client)
    page = client.get("/admin/account/second-factor/").content.decode()
    secret = second.begin(ada.pk)
    assert second.spelt(secret) in page
    assert "data:image/svg+xml" in page
    wrong = client.post("/admin/account/second-factor/", {"code": "000000"})
    assert b"This code is not right" in wrong.content
    done = client.post("/admin/account/second-factor/", {"code": code_at(secret, time.now)})
    assert b"Recovery codes" in done.content
    assert second.spelt(secret) not in client.get("/admin/account/second-factor/").content.decode()

    other = Client()
    assert sign_in(other)["Location"] == "/admin/login/code/"
    assert not inside(other)
    used = other.post("/admin/login/code/", {"code": code_at(secret, time.now)})
    assert b"was used already" in used.content
    time.pass_by(seconds=30)
    other.post("/admin/login/code/", {"code": code_at(secret, time.now)})
    assert inside(other)


def test_the_secret_is_not_readable_in_the_database(ada, time):
    secret = with_factor(ada, time.now)
    assert secret not in bytes(SecondFactor.objects.get().secret)


def test_a_recovery_code_lets_in_once(ada, time):
    with_factor(ada, time.now)
    [code, *_] = second.renew_codes(ada.pk)
    for expected in (True, False):
        client = Client()
        sign_in(client)
        client.post("/admin/login/code/", {"code": code.upper()})
        assert inside(client) is expected


def test_codes_cannot_be_guessed(ada, time):
    secret = with_factor(ada, time.now)
    time.pass_by(minutes=1)
    client = Client()
    sign_in(client)
    for _ in range(throttle.PER_CODE):
        client.post("/admin/login/code/", {"code": "000000"})
    client.post("/admin/login/code/", {"code": code_at(secret, time.now)})
    assert not inside(client)


def test_a_password_waits_ten_minutes_for_its_code(ada, time):
    secret = with_factor(ada, time.now)
    client = Client()
    sign_in(client)
    time.pass_by(minutes=11)
    answer = client.post("/admin/login/code/", {"code": code_at(secret, time.now)})
    assert answer["Location"] == "/admin/login/"


def test_administrators_must_have_a_second_factor_where_the_settings_say_so(ada, settings):
    bob = User.objects.create_user("bob", password=PASSWORD, is_staff=True)
    roles.give(bob, Role.EDITOR)
    settings.SECOND_FACTOR = "administrators"
    client, bobs = Client(), Client()
    sign_in(client)
    sign_in(bobs, "bob")
    assert client.get("/admin/feeds/release/")["Location"] == "/admin/account/second-factor/"
    assert client.get("/admin/account/second-factor/").status_code == 200
    assert inside(bobs)
    settings.SECOND_FACTOR = "everybody"
    assert not inside(bobs)


def test_removing_the_second_factor_needs_a_code(ada, time):
    secret = with_factor(ada, time.now)
    client = Client()
    client.force_login(ada)
    client.post("/admin/account/second-factor/", {"code": "000000", "to": "drop"})
    assert second.in_use(ada.pk)
    time.pass_by(seconds=30)
    client.post("/admin/account/second-factor/", {"code": code_at(secret, time.now), "to": "drop"})
    assert not second.in_use(ada.pk)


def test_sessions_of_others_are_swept(ada, time):
    sign_in(Client())
    time.pass_by(days=1)
    sessions.sweep(time.now)
    assert not AccountSession.objects.exists()


def test_an_invitation_is_good_once_and_for_a_week(ada, time):
    made = invitations.invite(Role.EDITOR, "account:1", "admin", time.now, "Eve@example.org")
    assert invitations.open_for("eve@example.org", time.now) == made
    assert b"eve" not in bytes(made.address)
    user = invitations.accept(made, User(username="eve"), PASSWORD, time.now)
    assert (user.email, roles.of(user), user.is_staff, user.is_superuser) == (
        "eve@example.org",
        Role.EDITOR,
        True,
        False,
    )
    with pytest.raises(invitations.Used):
        invitations.accept(made, User(username="mallory"), PASSWORD, time.now)
    assert not User.objects.filter(username="mallory").exists()
    late = invitations.invite(Role.EDITOR, "account:1", "admin", time.now, "late@example.org")
    with pytest.raises(invitations.Used):
        invitations.find(late.pk, time.now + timedelta(days=8))
