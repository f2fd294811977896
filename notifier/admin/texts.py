"""The texts of messages, edited in every language, tried before they are saved."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.urls import URLPattern, path, reverse
from django.utils import translation
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from unfold.widgets import UnfoldAdminTextareaWidget

from config.adminsite import RecordedAdmin, SectionForm
from notifier import texts, trial
from notifier.admin import previews
from notifier.models import Text
from notifier.texts import Wording

LANGUAGES = tuple(settings.HERALD_LANGUAGES)


class TextForm(SectionForm):
    """A field for each language; empty is Herald's own wording, which stands below it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        key = self.instance.key
        names = dict(settings.LANGUAGES)
        for code in LANGUAGES:
            self.fields[code].label = names[code]
            self.initial.setdefault(code, self.instance.words.get(code, ""))
            if key in texts.KINDS:
                with translation.override(code):
                    own = texts.KINDS[key].template()
                self.fields[code].help_text = f"Empty: {own}" if own else "Empty: nothing"

    def words(self) -> dict[str, str]:
        return {code: self.cleaned_data[code].strip() for code in LANGUAGES if self.cleaned_data.get(code)}

    def _post_clean(self) -> None:
        self.instance.words = self.words()
        super()._post_clean()


for _code in LANGUAGES:
    TextForm.declared_fields[_code] = forms.CharField(
        required=False, widget=UnfoldAdminTextareaWidget({"rows": 3, "lang": _code})
    )


@admin.register(Text)
class TextAdmin(RecordedAdmin):
    form = TextForm
    list_display = ("what", "key", "worded")
    ordering = ("id",)
    search_fields = ("key",)
    search_help_text = "What a text is for, or words of it"
    readonly_fields = ("what", "names", "look")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Text], search_term: str
    ) -> tuple[QuerySet[Text], bool]:
        """In what texts are for, and in what they say; there are few."""
        words = search_term.casefold().split()
        if not words:
            return queryset, False
        said = {
            text.pk: f"{text.key} {self.what(text)} {self._said(text)}".casefold()
            for text in Text.objects.all()
        }
        fitting = [pk for pk, text in said.items() if all(word in text for word in words)]
        return queryset.filter(pk__in=fitting), False

    @staticmethod
    def _said(text: Text) -> str:
        own = texts.KINDS[text.key].template() if text.key in texts.KINDS else ""
        return " ".join([own, *map(str, text.words.values())])

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return ["key"] if obj is None else ["key", "what", "names", *LANGUAGES, "look"]

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        return [(None, {"fields": self.get_fields(request, obj)})]

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        return super().get_form(request, obj, change, **{**kwargs, "fields": ["key"] if obj is None else []})

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "key":
            taken = set(Text.objects.values_list("key", flat=True))
            free = [(kind.key, f"{kind.key}: {kind.about}") for kind in texts.KINDS.values()]
            return forms.ChoiceField(choices=[choice for choice in free if choice[0] not in taken])
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return bool(super().has_add_permission(request)) and Text.objects.count() < len(texts.KINDS)

    @admin.display(description="what it is")
    def what(self, text: Text) -> str:
        return texts.KINDS[text.key].about if text.key in texts.KINDS else "a text that Herald does not know"

    @admin.display(description="in words of your own")
    def worded(self, text: Text) -> str:
        return ", ".join(code for code in LANGUAGES if text.words.get(code)) or "-"

    @admin.display(description="may name")
    def names(self, text: Text) -> SafeString:
        kind = texts.KINDS.get(text.key)
        rows = ((f"{{{{ {name} }}}}", texts.ABOUT_NAMES[name]) for name in (kind.names if kind else ()))
        return format_html(
            "{}<div>{}</div>",
            format_html_join("", "<div><code>{}</code> {}</div>", rows),
            "{% if name %} … {% else %} … {% endif %} leaves out what does not fit.",
        )

    @admin.display(description="preview, before it is saved")
    def look(self, text: Text) -> SafeString:
        address = reverse("admin:notifier_text_preview", args=[text.pk])
        buttons = format_html_join(
            " ",
            '<button type="submit" name="preview" value="{}" lang="{}" formaction="{}" formtarget="_blank" '
            'class="border border-base-200 font-medium px-3 py-2 rounded-default dark:border-base-700">{}</button>',
            ((code, code, address, name) for code, name in settings.LANGUAGES),
        )
        return format_html('<div class="flex flex-wrap gap-2">{}</div>', buttons)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.preview)
        return [path("<int:pk>/preview/", view, name="notifier_text_preview"), *super().get_urls()]

    def preview(self, request: HttpRequest, pk: int) -> HttpResponse:
        """POST a draft: how messages look with it, and what keeps it from being saved. Saves nothing."""
        text = Text.objects.filter(pk=pk, key__in=texts.KINDS).first()
        if text is None:
            raise Http404
        if not self.has_view_permission(request, text):
            raise PermissionDenied
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        draft = {code: request.POST.get(code, "") for code in LANGUAGES}
        language = request.POST.get("preview", "")
        wrong = {code: list(trial.faults(text.key, code, words)) for code, words in draft.items()}
        faults = [f"{code} {fault}" for code, several in wrong.items() for fault in several]
        context = {**self.admin_site.each_context(request), "opts": self.opts, "faults": faults}
        words = {other.key: other.words for other in Text.objects.exclude(pk=pk)}
        words[text.key] = {code: draft[code] for code in LANGUAGES if not wrong[code]}
        return previews.of_text(request, context, text.key, Wording(words), language)
