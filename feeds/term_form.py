"""The form of an office, a topic or a type: its names in each language, and its old name when it gets a new one."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.conf import settings
from django.conf.locale import LANG_INFO
from unfold.widgets import UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget, UnfoldBooleanSwitchWidget

from config.adminsite import LinesField, SectionForm
from config.sections import Fault
from feeds import store

KEEP = "keep_name"
_NAMES = {code: str(LANG_INFO[code]["name"]) for code, _ in settings.LANGUAGES}
"""In English, as the admin site is."""


def names_shown(term: Any = None) -> list[str]:
    """The fields of its names: those of all languages but the newsroom's own, in which its plain name is."""
    own = store.newsroom().language
    held = term.names if term is not None and isinstance(term.names, dict) else {}
    return [f"name_{code}" for code in _NAMES if code != own or code in held]


class TermForm(SectionForm):
    class Meta:
        labels: ClassVar[dict[str, str]] = {
            "country": "Country",
            "grace_seconds": "Grace, in seconds",
            "broader": "Comes below",
        }
        help_texts: ClassVar[dict[str, str]] = {
            "slug": "Its name in addresses and feeds: small letters, figures and hyphens. It never changes.",
            "kind": "Such as field-operation; the same word for offices of one kind.",
            "country": "Two capital letters (ISO 3166-1), XK for Kosovo.",
            "region": "Such as central-asia; the same word for offices of one region.",
            "broader": "The wider topic, if there is one.",
            "closed": "It keeps its page, its feed and those who follow it; nobody new is offered it.",
            "grace_seconds": "How long an alert about its releases waits before it leaves, so that it can be stopped. "
            "0: not at all.",
        }

    aliases = LinesField(
        required=False,
        widget=UnfoldAdminTextareaWidget({"rows": 4}),
        label="Also known as",
        help_text="Other labels of the same, one a line: what sources or older pages call it.",
    )
    keep_name = forms.BooleanField(
        required=False,
        initial=True,
        label="If you change the name: keep the old one as an alias",
        help_text="Then releases that still come in under the old name find their place. Its address, its feeds and "
        "everybody’s subscriptions stay as they are in any case.",
        widget=UnfoldBooleanSwitchWidget,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        own = store.newsroom().language
        shown = names_shown(self.instance)
        held = self.instance.names if isinstance(self.instance.names, dict) else {}
        for code in _NAMES:
            if f"name_{code}" in shown:
                self.initial.setdefault(f"name_{code}", held.get(code, ""))
            else:
                self.fields.pop(f"name_{code}", None)
        if "name" in self.fields:
            self.fields["name"].help_text = f"In {_NAMES.get(own, own)}, the newsroom’s own language."
        if self.instance.pk is None:
            self.fields.pop(KEEP, None)

    def _post_clean(self) -> None:
        names = dict(self.instance.names or {})
        for code in _NAMES:
            field = f"name_{code}"
            if field in self.fields and field in self.cleaned_data and field in self.data:
                names.pop(code, None)
                if said := self.cleaned_data[field].strip():
                    names[code] = said
        self.instance.names = names
        self._keep_name()
        super()._post_clean()

    def _keep_name(self) -> None:
        old, new = str(self.initial.get("name", "")), str(self.cleaned_data.get("name", ""))
        aliases = self.cleaned_data.get("aliases")
        if not (self.cleaned_data.get(KEEP) and old and new and isinstance(aliases, list)):
            return
        if old.casefold() not in {one.casefold() for one in (new, *aliases)}:
            self.cleaned_data["aliases"] = [*aliases, old]

    def place_of(self, fault: Fault) -> str:
        """A fault of its names belongs to the language it speaks of."""
        if fault.field != "names":
            return super().place_of(fault)
        said = {code: self.instance.names.get(code, "") for code in _NAMES}
        found = (f"name_{code}" for code, name in said.items() if name and repr(name) in fault.text)
        code = fault.text.rpartition("(")[2].removesuffix(")")
        return next(found, f"name_{code}")


for _code, _name in _NAMES.items():
    TermForm.declared_fields[f"name_{_code}"] = forms.CharField(
        required=False,
        label=f"Name in {_name}",
        max_length=300,
        widget=UnfoldAdminTextInputWidget({"lang": _code}),
    )
