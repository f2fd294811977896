"""Foreign text made safe and comparable. Pure; never raises on any str.

What comes out can be stored on both databases and written as XML 1.0: no lone surrogates, no control characters. Time
grows with length, whatever is given (`feeds.characters`, `feeds.tangles`).
"""

from __future__ import annotations

import hashlib
import html
import ipaddress
import re
import unicodedata
from functools import lru_cache
from urllib.parse import SplitResult, quote, urlsplit

import nh3

from feeds.characters import ILLEGAL, composed, printable, shown
from feeds.tangles import tangled, text_of

_NEW_LINES = re.compile(r"\r\n?|[\x85\u2028\u2029]")
_BLOCKS = re.compile(
    r"(?=<(?:/?(?:p|div|li|ul|ol|h[1-6]|tr|td|th|table|blockquote|dt|dd|pre)|br|hr)\b)", re.I
)
_MARKUP = re.compile(r"</?[a-zA-Z][^<>]*>|&(?:#\d+|#x[\da-fA-F]+|[a-zA-Z]\w*);")
_BRACKETS = re.compile("([<>])")
_BLANK_LINES = re.compile(r"\n[ \t]*\n")
_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*")
_CANONICAL_URL = re.compile(  # most addresses are, and need no work
    r"https?://[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?/[\w/%:@!$&'()*+,;=~.-]*(?:\?[\w/%:@!$&'()*+,;=~?\[\].-]+)?",
    re.A,
)
_HOST = re.compile(r"[a-z0-9_](?:[a-z0-9_.-]*[a-z0-9_])?\.?")
_SAME = str.maketrans(
    {**dict.fromkeys("‘’‚‛`´", "'"), **dict.fromkeys("“”„‟«»", '"'), **dict.fromkeys("‐‑‒–—−", "-")}
)
_SCHEMES = {"http", "https", "mailto"}
# Not "cite", whose addresses nh3 does not check; but the direction of writing.
_ATTRIBUTES = {tag: names - {"cite"} for tag, names in nh3.ALLOWED_ATTRIBUTES.items()} | {
    "*": {"lang", "title", "dir"}
}
# An equals sign that may begin a relative address; most texts have links alone, as they were written when cleaned.
_MAY_BE_RELATIVE = re.compile(r'=(?!"(?:https?://|mailto:|noopener noreferrer"))')
_CLEANER = nh3.Cleaner(attributes=_ATTRIBUTES, url_schemes=_SCHEMES, url_relative="deny")
_DEFAULT_PORTS = {"http": 80, "https": 443}
_SENTENCE_ENDS = ".!?…。！？؟।"
_CLOSERS = "\"'”’»›)]}）】"
_SHORT = 300
LONGEST_URL = 2000  # PostgreSQL's index takes 2,704 bytes
LONGEST_LANGUAGE = 35


def text(value: str) -> str:
    """NFC, without what XML 1.0 cannot hold or what hides, line ends as "\\n", no white space at either end."""
    if not printable(value):
        value = shown(_NEW_LINES.sub("\n", value))
    return composed(value).strip()


def line(value: str) -> str:
    """As `text`, on one line: white space of any kind becomes one blank."""
    return _short_line(value) if len(value) <= _SHORT else " ".join(text(value).split())


@lru_cache(maxsize=2_000)  # names, addresses and languages come again and again, titles twice
def _short_line(value: str) -> str:
    return " ".join(text(value).split())


def summary(value: str) -> str:
    """As `text`, blank lines and indents gone; one that stops in mid-sentence ends in "…"."""
    lines = (" ".join(part.split()) for part in text(value).split("\n"))
    whole = "\n".join(part for part in lines if part)
    if not whole or whole.rstrip(_CLOSERS + " ").endswith(tuple(_SENTENCE_ENDS)):
        return whole
    return whole.rstrip(" ,;:-–—") + "…"


def excerpt(value: str, limit: int) -> str:
    """The beginning of a text, cut between words, marked with "…" if it was cut. At most `limit` characters."""
    whole = line(value)
    return whole if len(whole) <= limit else whole[: limit - 1].rsplit(" ", 1)[0].rstrip(" ,;:-–—") + "…"


def markup(value: str, base: str | None = None) -> str:
    """HTML with what runs, tracks or breaks out removed; relative addresses resolved against `base`, or dropped.

    NFC as everywhere, but not across a bracket: ">" and a combining overlay would become one character, no bracket.
    What is tangled keeps its text alone.
    """
    if tangled(value):
        return paragraphs(html.unescape(text_of(value)))
    try:
        cleaned = _clean(value, base)
    except UnicodeEncodeError:  # lone surrogates
        cleaned = _clean(ILLEGAL.sub("", value), base)
    if not printable(cleaned):
        cleaned = shown(cleaned, balanced=False)
    if not (cleaned.isascii() or unicodedata.is_normalized("NFC", cleaned)):
        cleaned = "".join(map(composed, _BRACKETS.split(cleaned)))
    return cleaned.strip()


def paragraphs(value: str) -> str:
    """Plain text as HTML: a paragraph for each block of lines, their ends as "<br>"."""
    blocks = (
        [
            escaped
            for part in block.split("\n")
            if (escaped := html.escape(" ".join(part.split()), quote=False))
        ]
        for block in _BLANK_LINES.split(text(value))
    )
    return "\n".join(f"<p>{'<br>'.join(lines)}</p>" for lines in blocks if lines)


def plain(value: str) -> str:
    """The text of a piece of HTML; block elements become blanks."""
    value = text(value)
    if "<" in value:
        value = text_of(value) if tangled(value) else nh3.clean(_BLOCKS.sub(" ", value), tags=set())
    return line(html.unescape(value) if "&" in value else value)


def has_markup(value: str) -> bool:
    """Whether a text is HTML, by its tags and character references."""
    return _MARKUP.search(value) is not None


def url(value: str) -> str | None:
    """The canonical form of an http or https address: host in lower case, no default port, no fragment, only ASCII.

    None for anything else: other schemes, user names, a host that is none, over 2,000 characters.
    """
    if len(value) <= LONGEST_URL and _CANONICAL_URL.fullmatch(value):
        return value
    if len(value) > 10 * LONGEST_URL:
        return None
    try:
        parts = urlsplit(line(value))
        port, host = parts.port, _host(parts)
    except ValueError:
        return None
    scheme = parts.scheme.lower()
    if scheme not in _DEFAULT_PORTS or not host or "@" in parts.netloc:
        return None
    place = host if port in {None, _DEFAULT_PORTS[scheme]} else f"{host}:{port}"
    path = quote(parts.path or "/", safe="/%:@!$&'()*+,;=~")
    query = "?" + quote(parts.query, safe="/%:@!$&'()*+,;=~?[]") if parts.query else ""
    whole = f"{scheme}://{place}{path}{query}"
    return whole if len(whole) <= LONGEST_URL else None


def language(value: str) -> str:
    """A BCP 47 tag as it was given, or "" for what is none."""
    tag = line(value).replace("_", "-")
    return tag if len(tag) <= LONGEST_LANGUAGE and _LANGUAGE.fullmatch(tag) else ""


def fold(value: str) -> str:
    """What two spellings of the same title or label have in common: case, white space, quotes and dashes apart."""
    return " ".join(composed(line(value).casefold()).translate(_SAME).split())


def digest(value: str) -> str:
    """A short name for a text: 128 bits of SHA-256, hex."""
    return hashlib.sha256(value.encode("utf-8", "replace")).hexdigest()[:32]


def _clean(value: str, base: str | None) -> str:
    if base and _MAY_BE_RELATIVE.search(value):  # with a base it takes twice as long
        try:
            return nh3.clean(
                value, attributes=_ATTRIBUTES, url_schemes=_SCHEMES, url_relative=("rewrite_with_base", base)
            )
        except ValueError:  # the base is an address for Python, but none for nh3
            pass
    return _CLEANER.clean(value)


def _host(parts: SplitResult) -> str:
    """The host in ASCII and lower case; "" if it is none. Raises ValueError (UnicodeError) for an impossible name."""
    name = parts.hostname or ""
    if ":" in name:
        return f"[{ipaddress.IPv6Address(name).compressed}]"
    name = name if name.isascii() else name.encode("idna").decode("ascii")
    return name.lower() if _HOST.fullmatch(name.lower()) else ""
