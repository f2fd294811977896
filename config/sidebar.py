"""How the admin site looks: its name, its colour, and what stands at its side. Settings of django-unfold."""

from __future__ import annotations

from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any

from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import get_script_prefix, reverse, reverse_lazy

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise


@lru_cache(maxsize=64)
def _closest(path: str, _prefix: str) -> str:
    """Of the entries' addresses that of this page, or the closest one above it; "": none is. Each entry of each page
    asks, and to find all addresses takes longer than most pages. `_prefix`: the path that Herald lies below.
    """
    links = (str(item["link"]) for group in UNFOLD["SIDEBAR"]["navigation"] for item in group["items"])
    return max(filter(path.startswith, links), key=len, default="")


def _is_shown(link: _StrPromise, request: HttpRequest) -> bool:
    """Whether it is this entry's page, or one below it, that is shown: of several entries the closest one's."""
    closest = _closest(request.path, get_script_prefix())
    return closest == str(link) and (closest == request.path or closest != reverse("admin:index"))


def _link(title: str, icon: str, model: str, page: str = "changelist") -> dict[str, Any]:
    app, _, name = model.partition(".")
    return {
        "title": title,
        "icon": icon,
        "link": (link := reverse_lazy(f"admin:{app}_{name}_{page}")),
        "active": partial(_is_shown, link),
        "permission": lambda request: request.user.has_perm(f"{app}.view_{name}"),
    }


def _page(title: str, icon: str, name: str, needs: str = "") -> dict[str, Any]:
    return {
        "title": title,
        "icon": icon,
        "link": (link := reverse_lazy(name)),
        "active": partial(_is_shown, link),
        "permission": lambda request: not needs or request.user.has_perm(needs),
    }


NAVIGATION = [
    {
        "title": "Today",
        "items": [
            _page("Inbox", "inbox", "admin:index"),
            _page("Dashboard", "monitoring", "dashboard", "notifier.view_dispatch"),
            _page("Health", "monitor_heart", "health", "notifier.view_channel"),
        ],
    },
    {
        "title": "Releases",
        "items": [
            _link("Releases", "article", "feeds.release"),
            _link("Pending labels", "label_important", "feeds.pendingterm"),
            _link("Held fetches", "front_hand", "feeds.heldfetch"),
            _link("Suggestions", "lightbulb", "feeds.suggestion"),
        ],
    },
    {
        "title": "Newsroom",
        "items": [
            _link("Newsroom", "newspaper", "feeds.newsroom"),
            _link("Offices", "location_city", "feeds.office"),
            _link("Topics", "topic", "feeds.topic"),
            _link("Types", "category", "feeds.releasetype"),
            _link("Saved feeds", "rss_feed", "feeds.savedfeed"),
            _link("Hub", "hub", "feeds.hubping"),
            _link("Sources", "input", "feeds.source"),
            _link("Tokens", "key", "feeds.apitoken"),
            _link("Schedules", "schedule", "notifier.schedule"),
            _link("Texts", "edit_note", "notifier.text"),
        ],
    },
    {
        "title": "Readers and mail",
        "items": [
            _link("Readers", "bar_chart", "feeds.feedday"),
            _link("Subscribers", "group", "notifier.subscriber"),
            _link("Subscriptions", "notifications", "notifier.subscription"),
            _link("Why?", "help", "notifier.subscriber", "why"),
            _link("Why people left", "waving_hand", "notifier.farewell"),
            _link("Imports", "upload", "notifier.import"),
            _link("Suppressions", "block", "notifier.suppression"),
            _link("Replies", "reply", "notifier.reply"),
            _link("Corrections", "edit_note", "notifier.correction"),
            _link("Dispatches", "outbox", "notifier.dispatch"),
            _link("Editions", "drafts", "notifier.edition"),
            _link("Preview", "preview", "notifier.edition", "preview"),
            _link("Channel", "cell_tower", "notifier.channel"),
            _link("Relays", "dns", "notifier.relaystate"),
        ],
    },
    {
        "title": "Record",
        "items": [
            _link("Drafts", "rate_review", "config.draft"),
            _link("Revisions", "history", "config.revision"),
            _link("Audit log", "fact_check", "config.auditentry"),
            _link("Accounts", "badge", "auth.user"),
            _link("Invitations", "mail", "config.invitation"),
        ],
    },
]

JOBS = {"title": "Machines", "items": [_link("Jobs", "work_history", "procrastinate.procrastinatejob")]}
"""Where jobs are done by procrastinate."""

UNFOLD: dict[str, Any] = {
    "SITE_TITLE": "Herald",
    "SITE_HEADER": "Herald",
    "SITE_SYMBOL": "campaign",
    "SITE_URL": reverse_lazy("notifier:front"),
    "SHOW_VIEW_ON_SITE": False,
    "STYLES": [
        lambda _request: static("config/admin.css"),
        lambda _request: static("config/drafts.css"),
    ],
    "ACCOUNT": {
        "navigation": [
            {"title": "Your account", "link": reverse_lazy("account")},
            {"title": "Change password", "link": reverse_lazy("admin:password_change")},
        ]
    },
    "SIDEBAR": {"show_search": True, "show_all_applications": False, "navigation": NAVIGATION},
    "COLORS": {
        "primary": {
            "50": "#eff6fc",
            "100": "#dbeaf8",
            "200": "#b7d4f0",
            "300": "#8dbdf2",
            "400": "#5a9be0",
            "500": "#3b87d6",
            "600": "#0b4a8f",
            "700": "#093d76",
            "800": "#08305d",
            "900": "#062548",
            "950": "#041830",
        }
    },
}


def place(address: str) -> tuple[str, str] | None:
    """The heading and the title under which the page at this address stands at the side; None: it does not."""
    for group in UNFOLD["SIDEBAR"]["navigation"]:
        for item in group["items"]:
            if item["link"] == address:
                return str(group["title"]), str(item["title"])
    return None
