"""Only what is new of a feed (RFC 3229 with the "feed" instance manipulation). Pure.

The ETag a client holds names the change up to which it has the feed. Entries touched since are cut out of the current
document by the spans on its card.
"""

from __future__ import annotations

from feeds.sheet import Card


def asked(a_im: str | None) -> bool:
    """Whether a request takes this kind of answer, by its A-IM header (10.5.3)."""
    for part in (a_im or "").lower().split(","):
        name, _, parameters = part.partition(";")
        if name.strip() == "feed" and parameters.replace(" ", "") not in {
            "q=0",
            "q=0.0",
            "q=0.00",
            "q=0.000",
        }:
            return True
    return False


def since(tags: list[str], card: Card) -> int | None:
    """The newest state among the client's `tags` from which this document can be told as a difference; None if there
    is none: then the whole is the right answer."""
    earlier = {f"{seq}-{digest}": seq for seq, digest in card.known}
    found = [earlier[tag] for tag in tags if earlier.get(tag, -1) >= card.floor]
    return max(found, default=None)


def cut(body: bytes, card: Card, seq: int, joint: bytes) -> bytes | None:
    """The document with only the entries touched after change `seq`; None if there are none, nor removals."""
    spans = [span for span in card.spans if span.seq > seq]
    if not spans and card.gone <= seq:
        return None
    entries = joint.join(body[span.start : span.start + span.length] for span in spans)
    return body[: card.head] + entries + body[len(body) - card.tail :]
