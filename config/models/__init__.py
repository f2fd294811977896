"""Revisions of the configuration, and who made them."""

from config.models.revision import AuditEntry, Revision

__all__ = ["AuditEntry", "Revision"]
