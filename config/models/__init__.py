"""Revisions of the configuration, what was changed, and those who work here."""

from config.models.account import (
    AccountSession,
    Identity,
    Invitation,
    RecoveryCode,
    SecondFactor,
    SignInTry,
)
from config.models.audit import AppendOnly, AuditEntry, AuditWindow
from config.models.draft import Draft
from config.models.revision import Revision

__all__ = [
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
    "SignInTry",
]
