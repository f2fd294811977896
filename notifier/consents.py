"""What people agree to when they press the button, and that they did."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from feeds import store
from notifier import interests, subscriptions
from notifier.models import Consent, Subscriber


def wording() -> str:
    """What stands above the button, in the page's language."""
    newsroom = store.newsroom()
    return _(
        "By pressing the button you agree that %(publisher)s sends you these messages, and keeps your address and your "
        "choice for that. You can end it at any time."
    ) % {"publisher": newsroom.publisher or newsroom.name}


def given(subscriber: Subscriber, now: datetime) -> Consent:
    """By the button of a page, in the language in which it was shown."""
    return record(subscriber, Consent.Way.PAGE, wording(), get_language() or subscriber.language, now)


def record(subscriber: Subscriber, way: str, words: str, language: str, now: datetime) -> Consent:
    wishes = subscriptions.wishes_of(subscriber)
    what = "; ".join(interests.describe(wish.selection, language) for wish in wishes)
    return Consent.objects.create(
        subscriber=subscriber, at=now, way=way, language=language, wording=words, what=what
    )
