"""What another app has to say of a selection, on the page of its feed."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest
from markupsafe import Markup

from feeds.selection import Selection

Say = Callable[[HttpRequest, Selection], list[str]]

Form = Callable[[HttpRequest, str], Markup]

_said: list[Say] = []
_forms: list[Form] = []


def register(say: Say) -> None:
    """`say(request, selection)` are sentences in the page's language; called when the apps are ready."""
    if say not in _said:
        _said.append(say)


def lines(request: HttpRequest, selection: Selection) -> list[str]:
    return [line for say in _said for line in say(request, selection)]


def register_form(form: Form) -> None:
    """`form(request, choose)` is a form with which to follow what `choose`, the query of a choice, says."""
    if form not in _forms:
        _forms.append(form)


def forms(request: HttpRequest, choose: str) -> list[Markup]:
    return [form(request, choose) for form in _forms]
