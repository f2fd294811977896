"""What another app has to say of a selection, on the page of its feed."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest

from feeds.selection import Selection

Say = Callable[[HttpRequest, Selection], list[str]]

_said: list[Say] = []


def register(say: Say) -> None:
    """`say(request, selection)` are sentences in the page's language; called when the apps are ready."""
    if say not in _said:
        _said.append(say)


def lines(request: HttpRequest, selection: Selection) -> list[str]:
    return [line for say in _said for line in say(request, selection)]
