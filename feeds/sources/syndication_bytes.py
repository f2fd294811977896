"""The bytes of an upstream feed as XML in UTF-8 that a parser can take. Pure; lines stay where they were.

    bytes -> text, by what it is and not only by what it says it is -> from root element to root element -> bytes

What stands around the root element goes: marks, blanks and warnings of broken programs before it, and the document type
with all entities that it declares (of which bombs are made; those of HTML are known anyway).
"""

from __future__ import annotations

import codecs
import re
from html.entities import html5

_DECLARED = re.compile(rb"\A\s*<\?xml[^>]{0,200}?encoding\s*=\s*[\"']\s*([\w.:-]{1,40})")
_ROOT = re.compile(r"<(?:[\w.-]+:)?(?:rss|feed|rdf)(?=[\s>/])", re.I)
_ROOT_END = re.compile(r"</(?:[\w.-]+:)?(?:rss|feed|rdf)\s*>", re.I)
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]+")
_ILLEGAL_REFERENCE = re.compile(
    r"&#(?:0*(?:[0-8]|1[124-9]|2[0-9]|3[01])|[0-9]{8,}|x0*(?:[0-8bcef]|1[0-9a-f])|x[0-9a-f]{7,});", re.I
)
_NAMED = re.compile(r"&(?!(?:amp|lt|gt|quot|apos);)([A-Za-z][A-Za-z0-9]{1,30});")
_BARE = r"&(?!(?:amp|lt|gt|quot|apos|#[0-9]{1,7}|#x[0-9a-fA-F]{1,6});)"
_BARE_AMPERSAND = re.compile(_BARE)
_CDATA_OR_BARE_AMPERSAND = re.compile(rf"<!\[CDATA\[.*?\]\]>|{_BARE}", re.S)
# Entities of HTML, but for those that are markup to XML.
_CHARACTERS = {
    name[:-1]: meant
    for name, meant in html5.items()
    if name.endswith(";") and not set(meant) & set("<>&\"'\n")
}
# One byte a letter: what is valid UTF-8 as well, and not ASCII alone, is UTF-8.
_SINGLE = re.compile(r"(?:iso|latin|windows|cp|koi|mac|us-?ascii|ascii|l1)[\w.:-]*", re.I)
_BEYOND_ASCII = re.compile("[^\x00-\x7f]")
# Ways to write names and strings, which Python decodes as well; some take it very long.
_NO_CHARSETS = frozenset({"punycode", "idna", "unicode-escape", "raw-unicode-escape"})
_UTF_8 = "utf-8-sig"
_DECLARATION = '<?xml version="1.0" encoding="utf-8"?>'
_WIDE = (  # the longer mark first, since it begins as the shorter does
    (codecs.BOM_UTF32_LE, "utf-32"), (codecs.BOM_UTF32_BE, "utf-32"), (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"), (b"<\0", "utf-16-le"), (b"\0<", "utf-16-be"),
)  # fmt: skip


def document(data: bytes, charset: str = "") -> bytes | None:
    """The feed in `data`, from its root element to its end, under a declaration of its own; None if it has no root
    element that a feed could have. `charset` is what the media type named, if anything.
    """
    text = decode(data, charset)
    root = _ROOT.search(text)
    if root is None:
        return None
    before, end = text.count("\n", 0, root.start()), len(text)
    for found in _ROOT_END.finditer(text, max(root.start(), end - 10_000)):
        end = found.end()
    whole = _NAMED.sub(_character, _ILLEGAL.sub("", text[root.start() : end]))
    return (_DECLARATION + "\n" * before + whole).encode("utf-8", "replace")


def mended(data: bytes) -> bytes:
    """What `document` made, for one that is not well-formed: bare "&" escaped, references to no character left out."""
    # Apart where CDATA is closed for the last time: every one opened behind it would be sought to the end.
    before, end, after = _ILLEGAL_REFERENCE.sub("", data.decode()).rpartition("]]>")
    before = _CDATA_OR_BARE_AMPERSAND.sub(
        lambda found: "&amp;" if found[0] == "&" else found[0], before + end
    )
    return (before + _BARE_AMPERSAND.sub("&amp;", after)).encode()


def _character(found: re.Match[str]) -> str:
    return _CHARACTERS.get(found[1], found[0])


def decode(data: bytes, charset: str = "") -> str:
    """By its mark, by what it declares or by `charset`, unless its bytes say otherwise: a file that is UTF-8 is not
    Latin-1, and single bytes amid UTF-8 are windows-1252, as from a text pasted into it.
    """
    for mark, wide in _WIDE:
        if data.startswith(mark):
            return data.decode(wide, "replace")
    declared = _DECLARED.match(data)
    named = declared[1].decode("ascii", "replace") if declared else ""
    for encoding in _candidates(data, named, charset):
        try:
            return data.decode(encoding)
        except ValueError:
            if encoding == _UTF_8 and _mostly_utf_8(data):
                return data.decode(_UTF_8, "windows-1252")
    return data.decode("windows-1252", "replace")


def _candidates(data: bytes, declared: str, charset: str) -> list[str]:
    known = [meant for name in (declared, charset) if _is_charset(meant := _meant(name))]
    single = not known or _SINGLE.fullmatch(known[0])
    return [_UTF_8, *known] if single and not data.isascii() else [*known, _UTF_8]


def _is_charset(name: str) -> bool:
    try:
        b"x".decode(name)
        return codecs.lookup(name).name not in _NO_CHARSETS
    except (LookupError, ValueError):
        return False


def _meant(name: str) -> str:
    """The encoding that is meant: programs say gb2312 and write more than that has."""
    plain = name.lower().replace("_", "-")
    if plain.startswith(("utf", "ucs")):  # what could be read thus far is not of two bytes a letter
        return _UTF_8
    return {"gb2312": "gb18030", "gbk": "gb18030", "shift-jis": "cp932"}.get(plain, name)


def _mostly_utf_8(data: bytes) -> bool:
    """Where as many letters of several bytes are right as bytes are wrong, they are not so by chance."""
    kept = data.decode("utf-8", "ignore")
    return len(data) - len(kept.encode()) <= len(_BEYOND_ASCII.findall(kept))


def _as_windows_1252(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return error.object[error.start : error.end].decode("windows-1252", "replace"), error.end


codecs.register_error("windows-1252", _as_windows_1252)
