"""Revisions of the configuration, what was changed, and those who work here."""

from config.models.account import (
    AccountMail,
    AccountSession,
    Identity,
    Invitation,
    RecoveryCode,
    SecondFactor,
    SignInTry,
)
from config.models.audit import AppendOnly, AuditEntry, AuditWindow
from config.models.draft import Draft
from config.models.first import SetupCode
from config.models.revision import Revision

__all__ = [
    "AccountMail",
    "AccountSession",
    "AppendOnly",
    "AuditEntry",
    "AuditWindow",
    "Draft",
    "Identity",
    "Invitation",
    "RecoveryCode",
    "Revision",
    "SecondFactor",
    "SetupCode",
    "SignInTry",
]
