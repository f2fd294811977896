"""What a reader would notice of a release: its words and where its links lead, not their typography. Pure.

Markup, white space, kinds of quotation marks, dashes and spaces are cosmetic; letters and figures are not. Where a link
leads is something a reader should see: whoever followed the old one went astray.
"""

from __future__ import annotations

import hashlib
import html
import re
import unicodedata

SCHEME = "2:"
"""Which way of making fingerprints this is: those made in different ways cannot be compared."""

_COMMENTS = re.compile(r"<!--.*?(?:-->|\Z)", re.S)
_TAG = re.compile(r"</?([a-zA-Z][a-zA-Z0-9]*)[^<>]*>")
_WITHIN_WORDS = frozenset(
    ("a", "abbr", "b", "cite", "code", "em", "font", "i", "mark", "q", "s", "small", "span", "strong", "sub", "sup",
     "u", "wbr")
)  # fmt: skip
_LINKS = re.compile(r"""<a\s(?:[^<>]*?\s)?href\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'<>]+))""", re.I)
_SAME = {
    **dict.fromkeys('"`´‘’‚‛“”„‟«»‹›', "'"),
    **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212", "-"),
    **dict.fromkeys("\u00ad\u200b\u200e\u200f\u2060\ufeff", ""),  # invisible
}
_NOT_THE_PLACE = re.compile(r"#.*$|(?<=[?&])utm_[^&#]*&?", re.S)


def fingerprint(*, title: str, summary: str, body: str, note: str, date: str) -> str:
    """At most 64 characters; equal for releases between which a reader sees no difference. `body` is HTML."""
    digest = hashlib.blake2b(digest_size=16)
    for text in (words(title), words(summary), words_of(body), "\n".join(places(body)), words(note), date):
        digest.update(text.encode("utf-8", "replace") + b"\0")
    return SCHEME + digest.hexdigest()


def comparable(fingerprint: str) -> bool:
    """Whether it was made in the way that is used today."""
    return fingerprint.startswith(SCHEME)


def words(text: str) -> str:
    """Plain text without its typography: one blank between words, one kind of quotation mark, one of dash."""
    if text.isascii():
        return " ".join(text.replace('"', "'").replace("`", "'").split())
    plain = unicodedata.normalize("NFKC", text)
    for letter, same in _SAME.items():  # ten times as quick as one regular expression or translate()
        plain = plain.replace(letter, same)
    return " ".join(plain.split())


def words_of(markup: str) -> str:
    """The words of a piece of HTML. A tag that ends no word joins what stands beside it."""
    return words(plain(markup, " "))


def plain(markup: str, block: str) -> str:
    """The text of a piece of HTML, with `block` where a tag parts words."""
    text = markup
    if "<" in text:
        text = _COMMENTS.sub("", text) if "<!--" in text else text
        text = _TAG.sub(lambda tag: "" if tag[1].lower() in _WITHIN_WORDS else block, text)
    return html.unescape(text) if "&" in text else text


def links(markup: str) -> list[str]:
    """The addresses that a piece of HTML links to, as they stand there, in its order."""
    if "<a" not in markup and "<A" not in markup:
        return []
    return [html.unescape("".join(found)).strip() for found in _LINKS.findall(markup)]


def places(markup: str) -> list[str]:
    """Where its links lead: the same for http and https, with and without a last slash or a mark of a campaign."""
    return [place for place in map(_place, links(markup)) if place]


def _place(address: str) -> str:
    there = _NOT_THE_PLACE.sub("", address).rstrip("?&/")
    scheme, colon, rest = there.partition(":")
    return rest if colon and scheme.lower() in {"http", "https"} else there
