"""What feeds are called in their documents: in the newsroom's language, whoever asks and in whatever language.

newsroom's language -> spoken() -> titles_in() -> titles.office % {"name": …} -> feeds.catalogue
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from babel import Locale, UnknownLocaleError
from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _


@dataclass(frozen=True, slots=True)
class Titles:
    """Titles and subtitles of one language, with places for names in the manner of `%`."""

    everything: str
    about_everything: str  # newsroom
    untagged: str
    about_untagged: str
    office: str  # name
    topic: str  # name
    type: str  # name
    crossed: str  # office, topic
    about_crossed: str  # office, topic
    language: str  # language


def spoken(language: str) -> str:
    """The language of ours for a newsroom of `language` (BCP 47): English for one we do not have."""
    primary = language.partition("-")[0].lower()
    return primary if primary in settings.HERALD_LANGUAGES else "en"


@lru_cache(maxsize=8)
def titles_in(language: str) -> Titles:
    """Those of a language of ours."""
    with translation.override(language):
        return Titles(
            everything=_("All releases"),
            about_everything=_("Everything that %(newsroom)s releases"),
            untagged=_("Releases without labels"),
            about_untagged=_("Releases that name no office and no topic"),
            office=_("Releases from %(name)s"),
            topic=_("Releases on %(name)s"),
            type=_("Releases: %(name)s"),
            crossed=_("%(office)s: %(topic)s"),
            about_crossed=_("Releases from %(office)s on %(topic)s"),
            language=_("Releases in %(language)s"),
        )


def language_name(code: str, language: str) -> str:
    """What the language `code` is called in a language of ours, within a sentence; the code where nobody knows it."""
    try:
        return Locale.parse(code).get_display_name(language) or code
    except (UnknownLocaleError, ValueError):
        return code
