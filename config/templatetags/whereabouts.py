"""Where one is in the admin site: by the words that stand at its side, and not by the names of apps and tables."""

from __future__ import annotations

from typing import Any

from django import template
from django.urls import NoReverseMatch, reverse

from config import sidebar

register = template.Library()


@register.inclusion_tag("admin/whereabouts.html", takes_context=True)
def whereabouts(context: template.Context) -> dict[str, Any]:
    """`parts`: the heading at the side and the page below it; or that page, and the row or the page that is shown."""
    address, title = context["request"].path, context.get("title", "")
    row = context.get("original") or context.get("object")
    row = row if hasattr(row, "_meta") else None
    if found := sidebar.place(address):
        return {"parts": [{"title": part} for part in found]}
    opts = getattr(row, "_meta", None) or context.get("opts")
    above = _page(opts, "changelist") if opts else None
    found = sidebar.place(above) if above else None
    parts: list[dict[str, Any]] = [{"title": found[1], "link": above}] if found else []
    if row is not None and row.pk is not None:
        parts.append({"title": row, "link": _page(opts, "change", row.pk)})
    if not parts or parts[-1]["link"] != address:
        parts.append({"title": title})
    return {"parts": parts}


def _page(opts: Any, name: str, *args: Any) -> str | None:
    try:
        return reverse(f"admin:{opts.app_label}_{opts.model_name}_{name}", args=args)
    except NoReverseMatch:
        return None
