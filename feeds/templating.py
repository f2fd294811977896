"""The Jinja2 environment of public pages and mail: autoescaped, translated by gettext, strict about names.

What templates find in it, besides Jinja's own:

- `url(name, **kwargs)`, `here(path)`, `absolute(path)`, `static(path)`, `style(newsroom)`, `logos(newsroom)`: addresses
- `newsroom_of(request)`, `in_language(request, code)`, `in_any_language(request)`: the newsroom, and this page in
  another language or in the reader's own
- `called(term, newsroom)`: what a term is called in this language, as `feeds.naming.Name`; `named(term, newsroom)`: the
  same as markup that says which language it is in
- `in_demo()`: whether this is a demo home
- `language()`, `languages`, `direction(code)`: the language of this text as a code, all of them as (code, own name),
  and "ltr" or "rtl"
- `value|day`, `value|moment(zone)`, `value|number`: dates, instants and numbers as this language writes them
- `sentence|sentence_case`, `sentence|marked(names)`: a capital first; names in it marked
- `html|clean`: foreign HTML made safe; `address|web`: a foreign address if it is one of the web, else nothing
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, datetime
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import nh3
from babel import Locale
from babel.dates import format_date, format_datetime
from babel.numbers import format_decimal
from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils import translation
from jinja2 import Environment, StrictUndefined
from markupsafe import Markup, escape

from config.places import here, public
from feeds import store
from feeds.models import Newsroom
from feeds.naming import Name, Named, name_of
from feeds.pages import assets

TABLE_TAGS = {"caption", "table", "tbody", "td", "tfoot", "th", "thead", "tr"}
WORD_TAGS = {"a", "abbr", "b", "br", "cite", "code", "em", "i", "q", "s", "strong", "sub", "sup", "u"}
BLOCK_TAGS = {"blockquote", "dd", "dl", "dt", "h2", "h3", "h4", "hr", "li", "ol", "p", "pre", "ul"}
BODY_TAGS = TABLE_TAGS | WORD_TAGS | BLOCK_TAGS
CELL = {"colspan", "rowspan"}
BODY_ATTRIBUTES = {"*": {"lang", "dir"}, "a": {"href"}, "td": CELL, "th": CELL}


def environment(**options: Any) -> Environment:
    """What settings.TEMPLATES names. `options` are Django's: the loader, autoescape, auto_reload."""
    options["undefined"] = StrictUndefined
    env = Environment(trim_blocks=True, lstrip_blocks=True, extensions=["jinja2.ext.i18n"], **options)  # noqa: S701 - Django turns autoescape on
    env.policies["ext.i18n.trimmed"] = True
    env.install_gettext_callables(  # type: ignore[attr-defined]
        translation.gettext, translation.ngettext, newstyle=True,
        pgettext=translation.pgettext, npgettext=translation.npgettext,
    )  # fmt: skip
    env.globals.update(
        url=url, here=here, absolute=absolute, static=assets.static, style=assets.style, logos=assets.logos,
        newsroom_of=newsroom_of, in_language=in_language, in_any_language=in_any_language, direction=direction,
        called=called, named=named, language=language, languages=settings.LANGUAGES,
        in_demo=lambda: settings.HERALD_DEMO,
    )  # fmt: skip
    env.filters.update(day=day, moment=moment, number=number, clean=clean, web=web)
    env.filters.update(marked=marked, sentence_case=sentence_case)
    return env


def url(name: str, **kwargs: Any) -> str:
    """The path of a page by its name, such as "feeds:release"."""
    return here(reverse(name, kwargs=kwargs))


def absolute(path: str) -> str:
    """The public address of a path of ours, as routes or as links name it."""
    return public(path)


def newsroom_of(request: HttpRequest) -> Newsroom:
    """The newsroom, read once for each request."""
    found: Newsroom | None = getattr(request, "herald_newsroom", None)
    if found is None:
        found = store.newsroom()
        request.herald_newsroom = found  # type: ignore[attr-defined]
    return found


def in_language(request: HttpRequest, code: str) -> str:
    """The address of this same page in another language, without its host."""
    query = request.GET.copy()
    query["lang"] = code
    return f"{request.path}?{query.urlencode()}"


def in_any_language(request: HttpRequest) -> str:
    """The address of this same page in whichever language its reader has, without its host."""
    query = request.GET.copy()
    query.pop("lang", None)
    return f"{request.path}?{query.urlencode()}" if query else request.path


def direction(code: str) -> str:
    """In which direction the language is written: "ltr" or "rtl"."""
    return "rtl" if Locale.parse(code, sep="-").character_order.startswith("right") else "ltr"


def language() -> str:
    """The code of the active language, one of settings.LANGUAGES."""
    return (translation.get_language() or settings.LANGUAGE_CODE).split("-")[0]


def called(term: Named, newsroom: Newsroom) -> Name:
    """What an office, topic or type is called in the active language."""
    return name_of(term, language(), newsroom.language)


def named(term: Named, newsroom: Newsroom) -> Markup:
    """`called` as markup: read aloud in the language it is in."""
    name = called(term, newsroom)
    return Markup('<span lang="{}">{}</span>').format(name.language, name.text)


def day(value: date, form: str = "long") -> str:
    """17 February 2025, 17 февраля 2025 г. …"""
    return format_date(value, form, locale=_locale())


def moment(value: datetime, zone: str = "UTC") -> str:
    """An instant as date and time in `zone`."""
    return format_datetime(value, "d MMMM y, HH:mm", tzinfo=ZoneInfo(zone), locale=_locale())


def number(value: float) -> str:
    return format_decimal(value, locale=_locale())


def clean(html: str | None) -> Markup:
    """Foreign HTML as running text: no scripts, styles, images, forms or frames, whoever wrote it there."""
    safe = nh3.clean(
        html or "",
        tags=BODY_TAGS,
        attributes=BODY_ATTRIBUTES,
        url_schemes={"http", "https", "mailto"},
        link_rel="noopener noreferrer nofollow",
    )
    return Markup(safe)  # noqa: S704 - cleaned in the line above


def marked(sentence: str, names: Iterable[str]) -> Markup:
    """The sentence, each of `names` in it marked; longer names first, so that none is marked within another."""
    words = sorted({str(escape(name)) for name in names if name}, key=len, reverse=True)
    text = str(escape(sentence))
    if words:
        text = re.sub("|".join(map(re.escape, words)), lambda found: f"<mark>{found[0]}</mark>", text)
    return Markup(text)  # noqa: S704 - escaped above


def sentence_case(text: str) -> str:
    """The first letter as a capital, the others as they are."""
    return text[:1].upper() + text[1:]


def web(address: str | None) -> str:
    """`address` if it begins with http:// or https:// and names a host, else an empty string."""
    try:
        parts = urlsplit((address or "").strip())
    except ValueError:
        return ""
    return parts.geturl() if parts.scheme in {"http", "https"} and parts.hostname else ""


def _locale() -> str:
    """Babel's name of the active language; English is the British one, as the newsroom's is."""
    code = language()
    return "en_GB" if code == "en" else code
