"""The body of an answer, decoded in small steps: a compression bomb is stopped when it has grown to the limit. Pure."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator

from feeds.web.answer import Unreachable

ACCEPTED = "gzip, deflate"
STEP = 65_536
_AUTO = zlib.MAX_WBITS | 32  # gzip or zlib, by its header
_MOST_CODINGS = 2


def collect(pieces: Iterable[bytes], encoding: str, limit: int) -> bytes:
    """The whole body, decoded by Content-Encoding. Raises Unreachable if it, or what came, is over `limit` bytes, if
    it was cut off or if its coding is none of ours."""
    codings = [name.strip().lower() for name in encoding.split(",")]
    codings = [name for name in codings if name not in {"", "identity"}]
    if len(codings) > _MOST_CODINGS or any(name not in _DECODERS for name in codings):
        raise Unreachable(f"sent Content-Encoding {encoding[:60]!r}; expected {ACCEPTED} or none")
    flow = bounded(pieces, limit)
    for name in reversed(codings):
        flow = _DECODERS[name](flow)
    return b"".join(bounded(flow, limit))


def bounded(pieces: Iterable[bytes], limit: int) -> Iterator[bytes]:
    """`pieces` as long as they are at most `limit` bytes together."""
    total = 0
    for piece in pieces:
        total += len(piece)
        if total > limit:
            raise Unreachable(too_large(limit))
        yield piece


def too_large(limit: int) -> str:
    return f"sent more than {limit / 1_000_000:g} MB"


def _gunzip(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Any number of gzip members (RFC 1952, 2.2)."""
    decoder, between = None, False
    for piece in pieces:
        data = piece
        while data := data.lstrip(b"\0") if between else data:  # padding
            decoder, between = decoder or zlib.decompressobj(_AUTO), False
            yield from _steps(decoder, data)
            data = decoder.unused_data
            if decoder.eof:
                decoder, between = None, True
    if decoder is not None:
        raise Unreachable("was cut off within its compressed body")


def _inflate(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """RFC 9110, 8.4.1.2 says zlib; some servers send bare deflate."""
    decoder, empty = None, True
    for piece in pieces:
        if decoder is None and piece:
            decoder = zlib.decompressobj(_AUTO if piece[0] & 0x0F == 8 else -zlib.MAX_WBITS)
        if decoder is not None and not decoder.eof:
            empty = False
            yield from _steps(decoder, piece)
    if not empty and decoder is not None and not decoder.eof:
        raise Unreachable("was cut off within its compressed body")


def _steps(decoder: zlib._Decompress, data: bytes) -> Iterator[bytes]:
    """What `data` gives, at most STEP bytes at a time."""
    try:
        while data and not decoder.eof:
            yield decoder.decompress(data, STEP)
            data = decoder.unconsumed_tail
    except zlib.error:
        raise Unreachable("sent a compressed body that cannot be read") from None


_DECODERS = {"gzip": _gunzip, "x-gzip": _gunzip, "deflate": _inflate}
