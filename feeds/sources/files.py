"""A file handed over by hand or laid in a folder. Which kind it is shows in its content; its name counts only where
that could be anything."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from pydantic import ValidationError

from feeds.models import Newsroom, Source
from feeds.sources import (
    front_matter,
    json_records,
    jsonfeed_read,
    kinds,
    listing_html,
    listing_text,
    markdown,
    rows,
    syndication,
    tables,
)
from feeds.sources.item import Fault, Reading
from feeds.sources.listing_html import USUAL
from feeds.sources.listing_options import Options
from feeds.sources.listing_values import Labels, labels_of

LARGEST = 64 * 1024 * 1024
BOM = b"\xef\xbb\xbf"
EXPECTED = "a listing (text or HTML), a feed (Atom, RSS), Markdown, JSON, NDJSON or CSV"
_CHARSET = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([A-Za-z0-9_:.-]{2,40})", re.I)
# Atomic, since a page of a thousand comments could otherwise be split in more ways than there is time for.
_PROLOG = r"\s*(?>(?:<\?.*?\?>|<!--.*?-->|<!DOCTYPE\s[^>]*>)\s*)*+"
_IS_FEED = re.compile(_PROLOG + r"<(?:\w+:)?(?:rss|feed|RDF)[\s>]", re.S)


@dataclass(frozen=True, slots=True)
class Manner:
    """How files are read: a listing's labels and where things stand in it, what relative links are resolved against,
    and the key of a file that is one release (Markdown, a JSON object) and names none itself ("": found by title and
    date).
    """

    labels: Labels = field(default_factory=Labels)
    base: str = ""
    key: str = ""
    listing: Options = USUAL


def manner_of(source: Source | None) -> Manner:
    """As `source` wants it."""
    return Manner(labels_of(source), base_url(source), listing=_listing(source))


def read(path: Path, source: Source | None = None) -> Reading:
    """What the file at `path` says, read as `source` wants it (its labels, its base address).

    Raises nothing: what cannot be read is a Fault. `complete` is true if the file was whole, see `Reading`.
    """
    try:
        with path.open("rb") as file:
            return read_open(file, str(path), manner_of(source))
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "its name is none"
        return _nothing(Fault(str(path), None, f"cannot be read ({reason})", "a file"))


def read_bytes(data: bytes, file: str, source: Source | None = None) -> Reading:
    """As `read`, for what is in memory. `file` is its name in faults."""
    return read_open(io.BytesIO(data), file, manner_of(source))


def read_open(file: BinaryIO, name: str, manner: Manner) -> Reading:
    """As `read`, for a file that is open and can be sought in. `name` is its name in faults. Raises OSError."""
    by_row = rows_of(file, name)
    if by_row is not None:
        return rows.reading(by_row)
    file.seek(0)
    return _whole(file.read(LARGEST + 1), name, manner)


def rows_of(file: BinaryIO, name: str) -> rows.Rows | None:
    """The rows of a file that is read row by row, however large: NDJSON or CSV; None for any other."""
    file.seek(0)
    if jsonfeed_read.is_jsonfeed(file.read(4096)):
        return None
    file.seek(0)
    first = next((line for line in iter(lambda: file.readline(rows.LONGEST_LINE), b"") if line.strip()), b"")
    more, suffix = bool(file.read(1)), Path(name).suffix.lower()
    if not first or b"\0" in first:
        return None
    line = first.removeprefix(BOM).decode("utf-8", "replace")
    if suffix in {".ndjson", ".jsonl"} or (more and json_records.is_row(line)):
        return rows.ByLine(file, name)
    if suffix in {".csv", ".tsv"} or tables.opens(line):
        return tables.Table(file, name)
    return None


def _whole(data: bytes, file: str, manner: Manner) -> Reading:
    if len(data) > LARGEST:
        return _nothing(Fault(file, None, "a very large file", f"at most {LARGEST // 1024**2} MB"))
    if not data.removeprefix(BOM).strip():
        return _nothing(Fault(file, 1, "an empty file", EXPECTED))
    if is_feed(data):
        return syndication.read(data, file, manner.base)
    if jsonfeed_read.is_jsonfeed(data):
        return jsonfeed_read.read(data, file, manner.base)
    text = decode(data, file)
    return _nothing(text) if isinstance(text, Fault) else _text(text, file, manner)


def _text(text: str, file: str, manner: Manner) -> Reading:
    """By what it begins with; by its name where that could be anything."""
    suffix = Path(file).suffix.lower()
    if front_matter.opens(text) or suffix in {".md", ".markdown"}:
        return markdown.read(text, file, manner.key)
    if json_records.opens(text) or suffix == ".json":
        return json_records.read(text, file, manner.key)
    if text.lstrip().startswith("<"):
        return listing_html.read(text, file, manner.labels, manner.base, manner.listing)
    return listing_text.read(text, file, manner.labels, manner.listing.writing)


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


def _listing(source: Source | None) -> Options:
    """Where things stand in the listings of a source; what is usual, for one of another kind."""
    if source is None or source.kind != "listing":
        return USUAL
    try:
        options = kinds.options_of(source)
    except ValidationError:  # said where the source is configured and fetched
        return USUAL
    return options if isinstance(options, Options) else USUAL


def _nothing(fault: Fault) -> Reading:
    return Reading(faults=(fault,), complete=False)


def _line(data: bytes, position: int) -> int:
    return data.count(b"\n", 0, position) + 1
