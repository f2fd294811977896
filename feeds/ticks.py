"""Several of many, as boxes to tick: keyboard and no script suffice, and what is chosen stands first."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.forms import CheckboxSelectMultiple, ModelMultipleChoiceField

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


class Ticked(ModelMultipleChoiceField):  # type: ignore[type-arg]
    """The rows that are ticked. A number that no database holds is no choice, where Django would fall over it."""

    def _check_values(self, value: Any) -> Any:
        try:
            return super()._check_values(value)  # type: ignore[misc]
        except OverflowError:
            raise ValidationError("There is none of this number. Choose among those shown.") from None
