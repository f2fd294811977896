"""A newsroom's logo as its configuration holds it: the text of an SVG, or a PNG as a data: URL. Pure.

An SVG is a document that can run and load things. One that could is refused when it is configured, and one that got
in all the same is served as `SERVED` says.
"""

from __future__ import annotations

import base64
import binascii
import struct

from lxml import etree

LARGEST = 40_000  # bytes; every page shows it
WIDEST = 4_000  # pixels of a PNG, either way
PNG = "data:image/png;base64,"
SERVED = "default-src 'none'; img-src data:; sandbox"
"""The policy for an image that somebody opens by itself: nothing in it runs or loads."""
_SVG = "http://www.w3.org/2000/svg"
_XLINK_HREF = "{http://www.w3.org/1999/xlink}href"
_MAGIC = b"\x89PNG\r\n\x1a\n"
_ACTIVE = frozenset(
    {"script", "foreignObject", "iframe", "object", "embed", "audio", "video", "style", "a", "handler"}
)


def image(logo: str) -> tuple[str, bytes]:
    """Its media type and bytes. Raises ValueError with what is wrong with it: the rest of "logo …"."""
    if logo.startswith(PNG):
        return "image/png", _png(logo.removeprefix(PNG))
    return "image/svg+xml", _svg(logo)


def fault(logo: object) -> str | None:
    """What is wrong with a configured value, as `config.fields` say it; an empty one is none."""
    if not isinstance(logo, str):
        return "must be text: an SVG, or a PNG as data:image/png;base64,…"
    try:
        if logo:
            image(logo)
    except ValueError as error:
        return str(error)
    return None


def _png(text: str) -> bytes:
    try:
        content = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise ValueError("is not in base64 after data:image/png;base64,") from None
    _bounded(content)
    if not content.startswith(_MAGIC) or content[12:16] != b"IHDR" or len(content) < 33:
        raise ValueError("is no PNG")
    if max(struct.unpack(">II", content[16:24])) > WIDEST:
        raise ValueError(f"must be at most {WIDEST} pixels wide and high")
    return content


def _svg(text: str) -> bytes:
    content = text.encode("utf-8", "replace")
    _bounded(content)
    if "<!DOCTYPE" in text or "<!ENTITY" in text or "<?xml-stylesheet" in text:
        raise ValueError("must be an SVG without DOCTYPE, entities and stylesheets")
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(content, parser)
    except etree.XMLSyntaxError as error:
        raise ValueError(f"must be an SVG or a PNG as data: URL, and is no XML: {error}") from None
    if root.tag != f"{{{_SVG}}}svg":
        raise ValueError(f'must begin with <svg xmlns="{_SVG}">')
    for element in root.iter():
        if wrong := _risk(element):
            raise ValueError(f"must hold nothing that runs or loads: {wrong}")
    return content


def _risk(element: etree._Element) -> str:
    if not isinstance(element.tag, str):  # a comment or an instruction
        return "" if isinstance(element, etree._Comment) else "a processing instruction"
    name = etree.QName(element).localname
    if name in _ACTIVE:
        return f"<{name}>" + (" (write styles as attributes, such as fill)" if name == "style" else "")
    for key, value in element.attrib.items():
        plain = str(value).strip().lower()
        if str(key).lower().startswith("on"):
            return f"{key}="
        if str(key) in {"href", _XLINK_HREF} and not plain.startswith(
            ("#", "data:image/png;", "data:image/jpeg;")
        ):
            return f'href="{str(value)[:40]}"'
        if "url(" in plain.replace("url(#", "").replace("url('#", "").replace('url("#', ""):
            return f'{key}="{str(value)[:40]}"'
    return ""


def _bounded(content: bytes) -> None:
    if len(content) > LARGEST:
        raise ValueError(f"must have at most {LARGEST // 1000} kB, and has {len(content) / 1000:.0f} kB")
