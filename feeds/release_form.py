"""The form of a release: what each field is for, and which of them do not go together."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms

from config import clock
from feeds.models import Release
from feeds.release_snapshot import fingerprint

STALE = (
    "Nothing was saved: this release was changed or withdrawn while you had this page open. Keep a copy of what you "
    "typed, open the release anew, and change it there."
)


class ReleaseForm(forms.ModelForm):  # type: ignore[type-arg]
    """`seen` is what the release was when its page was opened: an old page must not bring a withdrawn one back."""

    seen = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        self.stands = fingerprint(self.instance) if self.instance.pk else ""
        if "seen" in self.fields:
            self.fields["seen"].initial = self.stands

    class Meta:
        labels: ClassVar[dict[str, str]] = {
            "published_on": "Date",
            "body": "Text",
            "url": "Address of the original",
            "image_url": "Address of the picture",
            "translation_of": "Translation of",
            "visible_at": "Under embargo until (UTC)",
            "silent": "Not by mail",
            "editors_note": "Editor’s note",
            "withdrawn_reason": "Why it is withdrawn",
        }
        help_texts: ClassVar[dict[str, str]] = {
            "published_on": "The day it bears. Pages are in the order of it.",
            "summary": "A few sentences, without markup; they stand in messages and in feeds.",
            "body": "HTML. What is not safe in it is taken out wherever it is shown.",
            "language": "A code such as en or fr; empty: its source’s, or the newsroom’s.",
            "state": "Scheduled: hidden until the embargo ends, then published and announced by itself. "
            "Withdrawn: gone from pages and messages; feeds say that it is gone.",
            "translation_of": "The number of the release that it translates.",
            "url": "Where the release stands on the newsroom’s own website.",
            "visible_at": "Nobody sees anything of it before. Empty: no embargo.",
            "silent": "It is on pages and in feeds, and announced to nobody.",
            "editors_note": "Stands with the release on its page and in feeds. "
            "A change that comes with a new note is a correction.",
            "withdrawn_reason": "Readers see it where the release was.",
        }

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if self.instance.pk and cleaned.get("seen") not in {"", None, self.stands}:
            self.add_error(None, STALE)
        state, until = cleaned.get("state"), cleaned.get("visible_at")
        if state == Release.State.SCHEDULED and until is None and "visible_at" not in self.errors:
            self.add_error("visible_at", "Say until when it is held back, or choose another state.")
        if state == Release.State.PUBLISHED and until is not None and until > clock.now():
            cleaned["state"] = Release.State.SCHEDULED
        return cleaned
