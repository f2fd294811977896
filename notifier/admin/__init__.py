"""The admin site's pages of subscribers and mail. Delivery has a composite key and no page here."""

from django.apps import apps

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

if apps.is_installed("procrastinate.contrib.django"):
    from notifier.admin import jobs  # noqa: F401 - registers
