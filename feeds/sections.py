"""The newsroom's part of the configuration: newsroom, offices, topics, types and sources."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from config import fields as f
from config.fields import Field, Kind
from config.sections import Document, Row, Section
from config.sections import register as _register
from feeds import contrast, logo, normalise
from feeds.models import Newsroom, Office, Release, ReleaseType, SavedFeed, Source, Standing, Topic
from feeds.models.source import KINDS
from feeds.selection import UNTAGGED, BadSelection, Selection

_TERM_SLUG = f.slug(200, reserved={UNTAGGED})
_WEB_ADDRESS = f.web_address()


def register() -> None:
    """Called when the apps are ready."""
    for section in (NEWSROOM, OFFICE, TOPIC, TYPE, SOURCE, FEED):
        _register(section)


def _resolve_pending(_before: Document, _after: Document, now: datetime) -> None:
    from feeds import intake  # it needs models, and sections are registered while apps start

    intake.resolve_pending(now)


def _labels(rows: Sequence[Row]) -> Iterator[tuple[int, str, str]]:
    """A label names one row only, or a release that carries it could not be placed; a former slug leads to one only."""
    slugs = {row["slug"]: row["slug"] for row in rows}
    for index, row in enumerate(rows):
        for slug in row["former"]:
            if slugs.setdefault(slug, row["slug"]) != row["slug"] or slug == row["slug"]:
                yield index, "former", f"former slug {slug!r} is in use already, by {slugs[slug]!r}"
    owners: dict[str, tuple[int, str]] = {}
    for index, row in enumerate(rows):
        named = (("name", [row["name"]]), ("names", row["names"].values()), ("aliases", row["aliases"]))
        for name, labels in named:
            for label in filter(None, labels):
                owner, slug = owners.setdefault(_folded(label), (index, row["slug"]))
                if owner != index:
                    yield index, name, f"{name} {label!r} is a label of {slug!r} already"


def _folded(label: str) -> str:
    return " ".join(label.casefold().split())


def _topics(rows: Sequence[Row]) -> Iterator[tuple[int, str, str]]:
    yield from _labels(rows)
    broader = {row["slug"]: row["broader"] for row in rows}
    for index, row in enumerate(rows):
        wider, steps = row["broader"], 0
        if wider and wider not in broader:
            yield index, "broader", f"broader names no topic: {wider!r}"
            continue
        while wider and wider != row["slug"] and steps <= len(rows):
            wider, steps = broader.get(wider, ""), steps + 1
        if wider == row["slug"]:
            yield index, "broader", "broader leads back to the topic itself"


def _order(row: Row) -> tuple[int, str]:
    return row["position"], row["slug"]


def _broader(topic: Topic) -> str:
    return topic.broader.slug if topic.broader else ""


def _set_broader(topic: Topic, slug: str) -> None:
    topic.broader = Topic.objects.get(slug=slug) if slug else None


def _term_in_use(term: Any) -> str:
    relation = term.release_set if isinstance(term, ReleaseType) else term.releases
    count = relation.count()
    return f"{count} release{'s carry' if count > 1 else ' carries'} it" if count else ""


def _topic_in_use(topic: Topic) -> str:
    narrower = ", ".join(topic.narrower.values_list("slug", flat=True))
    return f"it is broader than {narrower}" if narrower else _term_in_use(topic)


def _source_in_use(source: Source) -> str:
    if count := source.release_set.count():
        return f"{count} release{'s' if count > 1 else ''} came from it"
    return "releases are known by its keys" if source.releasekey_set.exists() else ""


def _sources(rows: Sequence[Row]) -> Iterator[tuple[int, str, str]]:
    """Address and options are those of its kind."""
    from feeds.sources import kinds  # it needs models, and sections are registered while apps start

    for index, row in enumerate(rows):
        yield from ((index, field, text) for field, text in kinds.faults(row))


def _terms(*more: Field) -> tuple[Field, ...]:
    return (
        Field("slug", _TERM_SLUG, about="Its name in addresses of feeds and pages; it never changes."),
        Field(
            "name", f.text(300, empty=False), about="What readers see, and what releases are labelled with."
        ),
        Field("names", f.by_language(300), {}),
        Field("aliases", f.texts(300), []),
        Field("former", f.slugs(200), []),
        *more,
        Field("closed", f.flag, False),
        Field("position", f.number(0, 100_000), 0),
    )


def _selection(value: Any) -> str | None:
    try:
        found = Selection.from_json({"rules": value})
    except BadSelection as error:
        return f"must be a list of rules: {error}"
    return None if found.rules else "must have a rule at least"


def _hub(value: Any) -> str | None:
    """An address that can be asked in the form in which it will be: what has none would silently be no hub."""
    fault = _WEB_ADDRESS(value)
    if fault or not value:
        return fault
    asked = normalise.url(value)
    plain = asked is not None and len(asked) <= 500
    return None if plain else "must be a plain address of at most 500 characters, without a user name"


def _colour(grounds: tuple[str, ...], where: str) -> Kind:
    """A colour in which text reads well on what it stands on."""
    return lambda value: f.colour(value) or contrast.fault(value, grounds, where)


def _put_rules(feed: SavedFeed, rules: Any) -> None:
    feed.selection = Selection.from_json({"rules": rules}).to_json()


NEWSROOM = Section(
    name="newsroom",
    file="newsroom",
    model=Newsroom,
    single=True,
    fixed=("tag_authority",),
    settled=Standing.objects.exists,
    in_use=lambda _: "there is always a newsroom",
    fields=(
        Field(
            "name",
            f.text(200, empty=False),
            about="What readers know it by: in titles of feeds, on pages and in mail.",
        ),
        Field("publisher", f.text(200, empty=False)),
        Field(
            "description",
            f.text(5000, lines=True),
            "",
            about="In a sentence or two, for feeds of everything.",
        ),
        Field("language", f.language, "en"),
        Field("zone", f.zone),
        Field("tag_authority", f.tag_authority),
        Field("home_url", f.web_address(), "", about="Where its own website is."),
        Field("sender_name", f.text(200, empty=False), about="Who mail comes from, in words."),
        Field("sender_address", f.email(), about="Who mail comes from."),
        Field("list_domain", f.host),
        Field(
            "contact",
            f.email(empty=True),
            "",
            about="Where readers can write to; those whose sites are fetched, too.",
        ),
        Field(
            "postal_address",
            f.text(300),
            "",
            about="Stands at the end of every message, where a law asks for it.",
        ),
        Field("brand", _colour(contrast.LIGHT_GROUNDS, "light"), "#0b4a8f"),
        Field("brand_dark", _colour(contrast.DARK_GROUNDS, "dark"), "#8dbdf2"),
        Field("logo", logo.fault, ""),
        Field("logo_dark", logo.fault, ""),
        Field("logo_has_name", f.flag, False),
        Field(
            "feed_content",
            f.choice("full", "summary"),
            "full",
            about="Whether feeds hold the full text of a release or its summary.",
        ),
        Field("edition_sections", f.choice("topic", "office", "none"), "topic"),
        Field("edition_images", f.flag, False),
        Field("edition_most", f.number(1, 200), 40),
        Field("hub", _hub, ""),
        Field("hub_topics", f.number(1, 100), 1),
    ),
)


def _heirs(rows: Sequence[Row]) -> dict[str, str]:
    return {old: row["slug"] for row in rows for old in row["former"]}


def _handed_down(before: Sequence[Row], after: Sequence[Row]) -> list[Row]:
    """A term in which another goes up is known by that one's labels too, and by whatever had gone up in it."""
    heirs, kept = _heirs(after), {row["slug"] for row in after}
    taken = {
        _folded(label) for row in after for label in (row["name"], *row["names"].values(), *row["aliases"])
    }
    found = {row["slug"]: row for row in after}
    for old in before:
        heir = found.get(heirs.get(old["slug"], "")) if old["slug"] not in kept else None
        if heir is None:
            continue
        said = (old["name"], *old["aliases"], *old.get("names", {}).values())
        labels = [label for label in dict.fromkeys(said) if _folded(label) not in taken]
        former = [slug for slug in old["former"] if slug not in heirs and slug not in kept]
        taken |= set(map(_folded, labels))
        more = {"aliases": [*heir["aliases"], *labels], "former": [*heir["former"], *former]}
        found[heir["slug"]] = heir | more
    return list(found.values())


def _inherit(term: Any, heir: Any) -> None:
    """The releases of `term` are those of its `heir`."""
    if isinstance(term, ReleaseType):
        Release.objects.filter(type=term).update(type=heir)
        return
    links, name = type(term).releases.through.objects, term._meta.model_name
    carried = links.filter(**{name: heir}).values("release_id")
    links.filter(**{name: term}).exclude(release_id__in=carried).update(**{name: heir})
    links.filter(**{name: term}).delete()


OFFICE = Section(
    name="office",
    file="offices",
    model=Office,
    order=_order,
    check=_labels,
    in_use=_term_in_use,
    effect=_resolve_pending,
    heirs=_heirs,
    handed_down=_handed_down,
    inherit=_inherit,
    fields=_terms(
        Field(
            "kind",
            f.text(60),
            "",
            about="What sort of office it is, by which the admin site can narrow its list.",
        ),
        Field("country", f.country, ""),
        Field("region", f.text(60), "", about="Such as `central-asia`: the search box knows its name."),
        Field("grace_seconds", f.number(0, 86_400), 0),
    ),
)

TOPIC = Section(
    name="topic",
    file="topics",
    model=Topic,
    order=_order,
    check=_topics,
    in_use=_topic_in_use,
    effect=_resolve_pending,
    heirs=_heirs,
    handed_down=_handed_down,
    inherit=_inherit,
    fields=_terms(
        Field(
            "broader",
            f.text(200),
            "",
            get=_broader,
            put=_set_broader,
            late=True,
            about="The slug of the wider topic, if there is one.",
        )
    ),
)

TYPE = Section(
    name="type",
    file="newsroom",
    model=ReleaseType,
    order=_order,
    check=_labels,
    in_use=_term_in_use,
    effect=_resolve_pending,
    heirs=_heirs,
    handed_down=_handed_down,
    inherit=_inherit,
    fields=_terms(Field("grace_seconds", f.number(0, 86_400), 0)),
)

SOURCE = Section(
    name="source",
    file="sources",
    model=Source,
    check=_sources,
    in_use=_source_in_use,
    fields=(
        Field("slug", f.slug(100), about="Its name for commands and in the log; it never changes."),
        Field("name", f.text(200, empty=False), about="What the admin site calls it."),
        Field(
            "kind",
            f.choice(*KINDS),
            about="How releases come: a list on the web, another system's feed, a folder, or pushed by a program.",
        ),
        Field("address", f.text(1000), ""),
        Field("active", f.flag, True, about="False: it is not looked at any more."),
        Field("every_seconds", f.number(0, 604_800), 0),
        Field("language", f.language_or_none, ""),
        Field("announce_max_age_days", f.number(0, 100_000), 7),
        Field("options", f.table, {}, about="Those of its kind: see below."),
    ),
)

FEED = Section(
    name="feed",
    file="feeds",
    model=SavedFeed,
    order=_order,
    fields=(
        Field(
            "slug", f.slug(100), about="Its name in its address, `/feeds/saved/SLUG.atom`; it never changes."
        ),
        Field("title", f.text(300, empty=False), about="What readers see."),
        Field("description", f.text(500), "", about="A sentence for readers; empty: the title."),
        Field(
            "rules",
            _selection,
            get=lambda feed: feed.selection["rules"],
            put=_put_rules,
            about="Which releases: any rule suffices.",
        ),
        Field("position", f.number(0, 100_000), 0),
    ),
)
