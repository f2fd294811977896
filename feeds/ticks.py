"""Several of many, as boxes to tick: keyboard and no script suffice, and what is chosen stands first."""

from __future__ import annotations

from typing import Any

from django.forms import CheckboxSelectMultiple

STYLES = {"all": ("feeds/editing.css",)}


class Ticks(CheckboxSelectMultiple):
    """`name`: what the group is called for whoever hears it. A long one is folded away until it is opened."""

    template_name = "admin_site/ticks.html"
    LONG = 12

    def __init__(self, name: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.name = name

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        options = [option for _, group, _ in context["widget"]["optgroups"] for option in group]
        chosen = [option for option in options if option["selected"]]
        rest = [option for option in options if not option["selected"]]
        more = {"called": self.name, "chosen": chosen, "rest": rest, "long": len(options) > self.LONG}
        context["widget"] |= more
        return context
