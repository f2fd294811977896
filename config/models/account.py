"""What is kept of those who work here, beside Django's accounts."""

from __future__ import annotations

from django.conf import settings
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models

from config.accounts import keys

_BROWSERS = (("Edg/", "Edge"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari"))
_SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iOS"),
    ("iPad", "iOS"),
    ("Windows", "Windows"),
    ("Mac OS", "macOS"),
    ("Linux", "Linux"),
)


class AccountSession(AbstractBaseSession):
    """A session, with what its owner needs to know it by. `network` is coarse; see `config.origin`."""

    account_id = models.BigIntegerField(null=True, db_index=True)
    began_at = models.DateTimeField(null=True)
    seen_at = models.DateTimeField(null=True)
    agent = models.CharField(max_length=200, default="", db_default="")
    network = models.CharField(max_length=50, default="", db_default="")

    def __str__(self) -> str:
        return f"session of account {self.account_id}"

    @property
    def name(self) -> str:
        """What a page calls it; the key itself, which is the cookie, stands nowhere."""
        return keys.hashed(f"session {self.session_key}")

    @property
    def browser(self) -> str:
        """The browser and system it was begun with, as far as they say."""
        browser = next((name for mark, name in _BROWSERS if mark in self.agent), "an unknown browser")
        system = next((name for mark, name in _SYSTEMS if mark in self.agent), "")
        return f"{browser} on {system}" if system else browser


class SignInTry(models.Model):
    """One try to sign in that has not succeeded. `key`: a keyed hash of the name or of the client."""

    key = models.CharField(max_length=64)
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["key", "at"], name="config_signintry_key_at")]


class SecondFactor(models.Model):
    """A secret shared with an authenticator (RFC 6238), encrypted; in use once `confirmed_at` is there."""

    account = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, primary_key=True, related_name="second_factor"
    )
    secret = models.BinaryField()
    last_step = models.BigIntegerField(
        default=0, help_text="Of the last code that was taken; none is taken twice."
    )
    confirmed_at = models.DateTimeField(null=True)


class RecoveryCode(models.Model):
    """A code for those who have lost their authenticator, as a SHA-256; good once."""

    account = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="recovery_codes")
    digest = models.CharField(max_length=64)
    used_at = models.DateTimeField(null=True)


class Invitation(models.Model):
    """A link by which somebody sets name and password; good once, for a week. `address` is encrypted.

    With an `account` it is for one that exists: made by `herald admin create`, or to set a new password.
    """

    address = models.BinaryField(default=b"")
    role = models.CharField(max_length=20)
    made_by = models.CharField(max_length=150)
    made_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
    account = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, null=True)

    class Meta:
        ordering = ("-pk",)

    def __str__(self) -> str:
        return f"invitation {self.pk}"


class Identity(models.Model):
    """Whom a provider of single sign-on (OpenID Connect) means: its issuer and subject, and the account here."""

    account = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="identities")
    issuer = models.CharField(max_length=300)
    subject = models.CharField(max_length=255)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["issuer", "subject"], name="config_identity_unique")]
        verbose_name_plural = "identities"


class AccountMail(models.Model):
    """What somebody who works here wants to get by mail. No row: nothing."""

    account = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, primary_key=True, related_name="mail"
    )
    weekly_summary = models.BooleanField(default=False)

    def __str__(self) -> str:
        return f"mail for account {self.account_id}"
