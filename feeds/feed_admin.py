"""Saved feeds in the admin site: a selection under a name, put together from lists."""

from __future__ import annotations

from typing import Any

from django import forms
from unfold.widgets import UnfoldAdminSelectMultipleWidget, UnfoldAdminTextInputWidget

from config.adminsite import RecordedAdmin, SectionForm
from feeds import selecting
from feeds.catalogue import Catalogue
from feeds.models import SavedFeed
from feeds.selection import UNTAGGED, Rule, Selection

LISTS = ("offices", "topics", "types", "not_offices", "not_topics", "not_types")
TEXTS = ("languages", "words", "not_languages", "not_words")


class _Some(forms.MultipleChoiceField):
    def __init__(self, label: str) -> None:
        super().__init__(required=False, label=label, widget=UnfoldAdminSelectMultipleWidget)


class _Words(forms.CharField):
    def __init__(self, label: str, help_text: str = "") -> None:
        super().__init__(
            required=False,
            label=label,
            help_text=help_text,
            widget=UnfoldAdminTextInputWidget,
            max_length=1000,
        )


class SavedFeedForm(SectionForm):
    """One rule, from lists. All that is filled in must hold; within one list any of the chosen."""

    offices = _Some("Offices")
    topics = _Some("Topics")
    types = _Some("Types")
    languages = _Words("Languages", "Codes such as en, fr; separated by commas.")
    words = _Words("Words", "Any of these words or phrases in the title or the summary; separated by commas.")
    not_offices = _Some("But none of these offices")
    not_topics = _Some("But none of these topics")
    not_types = _Some("But none of these types")
    not_languages = _Words("But none of these languages")
    not_words = _Words("But none of these words")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        names = Catalogue().names
        rule = _rule(self.instance)
        for field in LISTS:
            known = list(names[field.removeprefix("not_")].items())
            none = [(UNTAGGED, "without any")] if not field.endswith("types") else []
            self.fields[field].choices = none + known  # type: ignore[attr-defined]
            self.fields[field].initial = list(getattr(rule, field))
        for field in TEXTS:
            self.fields[field].initial = ", ".join(getattr(rule, field))

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        values = {field: tuple(cleaned.get(field) or ()) for field in LISTS}
        values |= {field: tuple((cleaned.get(field) or "").split(",")) for field in TEXTS}
        self.instance.selection = Selection((Rule(**values),)).to_json()
        return cleaned

    def has_changed(self) -> bool:
        return True  # what was chosen lies in one column; recording sees whether it differs


class SavedFeedAdmin(RecordedAdmin):
    form = SavedFeedForm
    list_display = ("title", "slug", "chosen", "address")
    fieldsets = (
        (None, {"fields": ("title", "slug", "description", "position")}),
        ("What is in it", {"fields": ("offices", "topics", "types", "languages", "words")}),
        ("What is not", {"fields": ("not_offices", "not_topics", "not_types", "not_languages", "not_words")}),
    )
    prepopulated_fields = {"slug": ("title",)}

    def get_prepopulated_fields(self, request: Any, obj: Any = None) -> dict[str, Any]:
        return {} if obj else {"slug": ("title",)}

    def has_change_permission(self, request: Any, obj: Any = None) -> bool:
        """A feed of several rules can only be said in a file: lists would lose all but one."""
        if obj is not None and len(Selection.from_json(obj.selection).rules) != 1:
            return False
        return bool(super().has_change_permission(request, obj))

    def chosen(self, feed: SavedFeed) -> str:
        return selecting.describe(Selection.from_json(feed.selection), Catalogue().names)

    def address(self, feed: SavedFeed) -> str:
        return f"/feeds/saved/{feed.slug}"


def _rule(feed: SavedFeed) -> Rule:
    rules = Selection.from_json(feed.selection).rules if feed.selection else ()
    return rules[0] if rules else Rule()
