"""A release's own page: its full text, picture, author, language, and where its other language versions are. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from html import escape
from urllib.parse import urljoin

from lxml import etree, html

from feeds import normalise
from feeds.sources.item import Fault, RawItem
from feeds.sources.listing_options import Options, ReleasePage
from feeds.sources.selectors import compiled, outermost
from feeds.sources.webpage import Unreadable, base_of, parse, picture, resolve, text_of

OG_IMAGE = "meta[property='og:image'], meta[name='og:image'], meta[name='twitter:image']"


@dataclass(frozen=True, slots=True)
class Page:
    """`body` is HTML as it stands there, its links absolute. `alternates`: (language, address)."""

    body: str
    image_url: str = ""
    author: str = ""
    language: str = ""
    alternates: tuple[tuple[str, str], ...] = ()


def read(text: str, file: str, address: str, where: ReleasePage) -> Page | Fault:
    """What a page at `address` says. A Fault, which names `file`, if it has no text where one is expected."""
    try:
        page = parse(text)
    except Unreadable as error:
        return Fault(file, None, *error.args)
    expected = f'the full text in "{where.body}" (release_page.body in the source\'s options)'
    if page is None:
        return Fault(file, 1, "no page", expected)
    base = base_of(page, address)
    image = _image(page, where, base)
    bodies = _without(
        outermost(compiled(where.body)(page)), compiled(where.without)(page) if where.without else []
    )
    if not any(map(text_of, bodies)):
        return Fault(file, 1, "no full text", expected)
    return Page(
        body="\n".join(_inner(one, base) for one in bodies),
        image_url=image,
        author=_said(page, where.author or "meta[name='author']", ("content",)),
        language=_language(page, where),
        alternates=_alternates(page, where, base, address),
    )


def complete(item: RawItem, page: Page, options: Options) -> RawItem:
    """What the list says of a release, with what its own page says."""
    return replace(
        item,
        body=page.body,
        image_url=page.image_url or item.image_url,
        author=page.author or item.author,
        language=item.language or page.language,
        alternates=item.alternates if options.versions.pattern else page.alternates,
    )


def _without(bodies: list[html.HtmlElement], unwanted: list[html.HtmlElement]) -> list[html.HtmlElement]:
    """The bodies, rid of what is unwanted; those that stand in it go, too, unless all of them do."""
    for one in unwanted:
        inside = [body for body in bodies if body is one or one in body.iterancestors()]
        if len(inside) < len(bodies) or not bodies:
            bodies = [body for body in bodies if body not in inside]
            if one.getparent() is not None:
                one.drop_tree()
    return bodies


def _inner(element: html.HtmlElement, base: str) -> str:
    """Its content, with pictures that are loaded by a script shown without it."""
    for image in element.iter("img"):
        if not resolve(base, image.get("src") or "") and image.get("data-src"):
            image.set("src", image.get("data-src") or "")

    def absolute(href: str) -> str | None:
        try:
            return urljoin(base, href)
        except ValueError:
            return None

    element.rewrite_links(absolute, resolve_base_href=False)
    inner = [etree.tostring(child, encoding="unicode", method="html") for child in element]
    return (escape(element.text or "", quote=False) + "".join(inner)).strip()


def _image(page: html.HtmlElement, where: ReleasePage, base: str) -> str:
    found = compiled(where.image or OG_IMAGE)(page)
    return next((address for one in found if (address := picture(one, base))), "")


def _said(page: html.HtmlElement, select: str, attributes: tuple[str, ...]) -> str:
    """The first thing that elements say, in one of these attributes or else as text."""
    for one in compiled(select)(page):
        given = next((value for name in attributes if (value := one.get(name))), "") or text_of(one)
        if given.strip():
            return given.strip()
    return ""


def _language(page: html.HtmlElement, where: ReleasePage) -> str:
    """A language tag; "" for what is none."""
    if where.language:
        return normalise.language(_said(page, where.language, ("lang", "content")))
    return normalise.language(page.get("lang") or "")


def _alternates(
    page: html.HtmlElement, where: ReleasePage, base: str, address: str
) -> tuple[tuple[str, str], ...]:
    """Links to the same release in other languages: neither to itself, nor to feeds, nor to a choice of languages."""
    found: dict[str, str] = {}
    for one in compiled(where.alternates)(page) if where.alternates else ():
        language, to = normalise.language(one.get("hreflang") or ""), resolve(base, one.get("href") or "")
        itself = normalise.url(to) == normalise.url(address)
        is_page = one.get("type") in {None, "", "text/html"}
        if language and language != "x-default" and to and is_page and not itself:
            found.setdefault(to, language)
    return tuple((language, to) for to, language in found.items())
