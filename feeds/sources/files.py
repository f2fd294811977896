"""A file handed over by hand: which kind it is shows in its content, not in its name."""

from __future__ import annotations

import re
from pathlib import Path

from feeds.models import Newsroom, Source
from feeds.sources import listing_html, listing_text, syndication
from feeds.sources.item import Fault, Reading
from feeds.sources.listing import labels_of

LARGEST = 64 * 1024 * 1024
BOM = b"\xef\xbb\xbf"
EXPECTED = "a newsroom's listing (text or HTML), an Atom or an RSS feed"
_CHARSET = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([A-Za-z0-9_:.-]{2,40})", re.I)
# Atomic, since a page of a thousand comments could otherwise be split in more ways than there is time for.
_PROLOG = r"\s*(?>(?:<\?.*?\?>|<!--.*?-->|<!DOCTYPE\s[^>]*>)\s*)*+"
_IS_FEED = re.compile(_PROLOG + r"<(?:\w+:)?(?:rss|feed|RDF)[\s>]", re.S)


def read(path: Path, source: Source | None = None) -> Reading:
    """What the file at `path` says, read as `source` wants it (its labels, its base address).

    Raises nothing: what cannot be read is a Fault. `complete` is true if the file was whole, see `Reading`.
    """
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "its name is none"
        return _nothing(Fault(str(path), None, f"cannot be read ({reason})", "a file"))
    return read_bytes(data, str(path), source)


def read_bytes(data: bytes, file: str, source: Source | None = None) -> Reading:
    """As `read`, for what is in memory. `file` is its name in faults."""
    if len(data) > LARGEST:
        return _nothing(Fault(file, None, "a very large file", f"at most {LARGEST // 1024**2} MB"))
    if not data.removeprefix(BOM).strip():
        return _nothing(Fault(file, 1, "an empty file", EXPECTED))
    if is_feed(data):
        return syndication.read(data, file, base_url(source))
    text = decode(data, file)
    if isinstance(text, Fault):
        return _nothing(text)
    labels = labels_of(source)
    if text.lstrip().startswith("<"):
        return listing_html.read(text, file, labels, base_url(source))
    return listing_text.read(text, file, labels)


def is_feed(data: bytes) -> bool:
    """Whether the root element is that of Atom, RSS or RDF, whatever the encoding."""
    head = data[:4096].removeprefix(BOM)
    wide = head[:2] in {b"\xff\xfe", b"\xfe\xff"}
    return _IS_FEED.match(head.decode("utf-16" if wide else "latin-1", "ignore")) is not None


def decode(data: bytes, file: str) -> str | Fault:
    """Text from bytes: UTF-8, with or without a byte order mark, or else the charset an HTML page declares."""
    if (at := data.find(0)) >= 0:
        return Fault(file, _line(data, at), f"a NUL byte at byte {at + 1}", f"text in UTF-8: {EXPECTED}")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        at = error.start
    declared = _CHARSET.search(data[:4096])
    name = declared[1].decode("ascii") if declared else "utf-8"
    if name.lower().replace("_", "-") not in {"utf-8", "utf8"}:
        try:
            return data.decode(name)
        except UnicodeDecodeError as error:
            at = error.start
        except (LookupError, ValueError):
            return Fault(file, _line(data, declared.start()) if declared else 1, f'charset "{name}"', "UTF-8")
    found = f"byte {at + 1} (0x{data[at]:02x}) is not {name}"
    return Fault(file, _line(data, at), found, f"text in {name}: {EXPECTED}")


def base_url(source: Source | None) -> str:
    """What relative links of a source are resolved against; "" where nothing says."""
    if source is None:
        return ""
    options = source.options if isinstance(source.options, dict) else {}
    own = str(options.get("base_url") or "") or source.address
    if own.startswith(("http://", "https://")):
        return own
    return Newsroom.objects.values_list("home_url", flat=True).first() or ""


def _nothing(fault: Fault) -> Reading:
    return Reading(faults=(fault,), complete=False)


def _line(data: bytes, position: int) -> int:
    return data.count(b"\n", 0, position) + 1
