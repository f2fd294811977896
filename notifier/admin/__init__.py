"""The admin site's pages of subscribers and mail. Delivery has a composite key and no page here."""

from notifier.admin import (
    channel,
    corrections,
    dispatches,
    drafts,
    farewells,
    imports,
    invitations,
    mergers,
    schedules,
    subscribers,
    suppressions,
    texts,
)

__all__ = [
    "channel",
    "corrections",
    "dispatches",
    "drafts",
    "farewells",
    "imports",
    "invitations",
    "mergers",
    "schedules",
    "subscribers",
    "suppressions",
    "texts",
]
