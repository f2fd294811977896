from __future__ import annotations

from typing import Any

from django import forms

from feeds.models import Office, Topic


class Publish(forms.Form):
    """A release as an editor writes it: labels are slugs, any number of them."""

    title = forms.CharField(max_length=300, strip=True)
    summary = forms.CharField(max_length=4_000, required=False, strip=True)
    topics = forms.MultipleChoiceField(required=False)
    offices = forms.MultipleChoiceField(required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["topics"].choices = list(Topic.objects.values_list("slug", "name"))  # type: ignore[attr-defined]
        self.fields["offices"].choices = list(  # type: ignore[attr-defined]
            Office.objects.filter(closed=False).values_list("slug", "name")
        )


class Correct(forms.Form):
    summary = forms.CharField(max_length=4_000, strip=True)
    note = forms.CharField(max_length=1_000, strip=True)


class Withdraw(forms.Form):
    reason = forms.CharField(max_length=1_000, strip=True)
