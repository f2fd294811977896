"""Saved feeds in the admin site: a selection under a name, put together from lists."""

from __future__ import annotations

import re
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.widgets import UnfoldAdminTextInputWidget

from config.adminsite import RecordedAdmin, SectionForm, number
from config.places import here
from feeds import former, selected, selecting
from feeds.catalogue import Catalogue
from feeds.models import SavedFeed
from feeds.selection import UNTAGGED, BadSelection, Rule, Selection
from feeds.ticks import STYLES, Ticks

LISTS = ("offices", "topics", "types", "not_offices", "not_topics", "not_types")
SHOWN = 20  # releases of a preview
_CODE = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*")
TEXTS = ("languages", "words", "not_languages", "not_words")


class _Some(forms.MultipleChoiceField):
    def __init__(self, label: str) -> None:
        super().__init__(required=False, label=label, widget=Ticks(label))


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

    class Meta:
        help_texts: ClassVar[dict[str, str]] = {
            "title": "What the feed is called, in readers’ programs too.",
            "slug": "Its place: /feeds/saved/… Small letters, figures and hyphens. It never changes.",
            "description": "A sentence about it; empty: its title.",
            "position": "Lists begin with the lowest number; equal ones stand by title.",
        }

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
        try:
            self.instance.selection = Selection((Rule(**values),)).to_json()
        except BadSelection as error:
            raise forms.ValidationError(str(error)) from None
        return cleaned

    def clean_languages(self) -> str:
        return self._codes("languages")

    def clean_not_languages(self) -> str:
        return self._codes("not_languages")

    def _codes(self, field: str) -> str:
        given = str(self.cleaned_data.get(field) or "")
        wrong = [code for code in map(str.strip, given.split(",")) if code and not _CODE.fullmatch(code)]
        if wrong:
            raise forms.ValidationError(f"{', '.join(wrong)}: expected codes of languages, such as en, fr")
        return given

    def has_changed(self) -> bool:
        return True  # what was chosen lies in one column; recording sees whether it differs


class SavedFeedAdmin(RecordedAdmin):
    form = SavedFeedForm
    list_display = ("title", "chosen", "address", "position")
    search_fields = ("title", "slug", "description")
    readonly_fields = ("chosen", "address", "look")
    fieldsets = (
        (None, {"fields": ("title", "slug", "description", "position")}),
        (
            "What is in it",
            {
                "fields": ("offices", "topics", "types", "languages", "words"),
                "description": "All that is filled in must hold; of one list, any of what is chosen. "
                "With nothing chosen it holds everything.",
            },
        ),
        ("What is not", {"fields": ("not_offices", "not_topics", "not_types", "not_languages", "not_words")}),
        ("Before it is saved", {"fields": ("look",)}),
    )
    several_rules = (
        (None, {"fields": ("title", "slug", "description", "position", "address")}),
        (
            "What is in it",
            {
                "fields": ("chosen",),
                "description": "This feed has several rules. It can only be changed in a file, by herald config apply.",
            },
        ),
    )

    class Media:
        css = STYLES

    def get_fieldsets(self, request: HttpRequest, obj: SavedFeed | None = None) -> Any:
        may = self.has_change_permission(request, obj) if obj else self.has_add_permission(request)
        if may:
            return self.fieldsets
        if _is_simple(obj):
            return (*self.several_rules[:1], ("What is in it", {"fields": ("chosen",)}))
        return self.several_rules

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.preview)
        return [path("preview/", view, name="feeds_savedfeed_preview"), *super().get_urls()]

    def preview(self, request: HttpRequest) -> HttpResponse:
        """POST the form of a feed: what would be in it. Saves nothing."""
        feed = SavedFeed.objects.filter(pk=number(request.GET.get("feed")) or 0).first()
        if not (self.has_change_permission(request, feed) if feed else self.has_add_permission(request)):
            raise PermissionDenied
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        form = self.get_form(request, feed, change=feed is not None)(request.POST, instance=feed)
        context: dict[str, Any] = {
            **self.admin_site.each_context(request),
            "title": "What would be in the feed",
            "opts": self.opts,
            "form": form,
        }
        if form.is_valid():
            selection = former.known().selection(Selection.from_json(form.instance.selection))
            context |= {
                "chosen": selecting.describe(selection, Catalogue().names) or "everything",
                "releases": selected.releases(selection, SHOWN),
                "shown": SHOWN,
            }
        return TemplateResponse(request, "admin_site/preview_feed.html", context, using="django")

    @admin.display(description="what would be in it")
    def look(self, feed: SavedFeed | None) -> SafeString:
        query = f"?feed={feed.pk}" if feed is not None and feed.pk else ""
        return format_html(
            '<button type="submit" formaction="{}{}" formtarget="_blank" class="border border-base-200 cursor-pointer '
            'font-medium px-3 py-2 rounded-default dark:border-base-700">Show its releases</button> '
            '<span class="block mt-2">In a new tab, with what stands in this form. Nothing is saved.</span>',
            reverse("admin:feeds_savedfeed_preview"),
            query,
        )

    prepopulated_fields = {"slug": ("title",)}

    def get_prepopulated_fields(self, request: Any, obj: Any = None) -> dict[str, Any]:
        return {} if obj else {"slug": ("title",)}

    def has_change_permission(self, request: Any, obj: Any = None) -> bool:
        """A feed of several rules can only be said in a file: lists would lose all but one."""
        if obj is not None and not _is_simple(obj):
            return False
        return bool(super().has_change_permission(request, obj))

    @admin.display(description="what is in it")
    def chosen(self, feed: SavedFeed) -> str:
        return selecting.describe(Selection.from_json(feed.selection), Catalogue().names) or "everything"

    @admin.display(description="address")
    def address(self, feed: SavedFeed) -> SafeString:
        return format_html(
            '<a class="underline" href="{}">/feeds/saved/{}</a>', here(f"/feeds/saved/{feed.slug}"), feed.slug
        )


def _is_simple(feed: SavedFeed | None) -> bool:
    return feed is None or len(Selection.from_json(feed.selection).rules) == 1


def _rule(feed: SavedFeed) -> Rule:
    rules = Selection.from_json(feed.selection).rules if feed.selection else ()
    return rules[0] if rules else Rule()
