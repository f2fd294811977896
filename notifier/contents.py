"""What an edition says: its releases read from the store and put into words, in the edition's language.

    Edition.content -> entries() -> [Entry, …] -> notifier.arranging -> templates

Everything here is plain text; the templates escape it. Called with the language active (`notifier.letters` does).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal

import nh3
from django.utils.translation import gettext as _

from feeds import canary, store, wording
from feeds.models import CANARY, Newsroom, Release, Standing
from feeds.naming import Name
from feeds.pages.releases import what_became_of
from feeds.templating import absolute, called, language, moment, web
from notifier.mime import one_line
from notifier.models import Edition, EditionRelease
from notifier.splice import clean

Term = tuple[str, str]
Names = Mapping[Term, Name]
State = Literal["new", "corrected", "withdrawn"]

TITLE_LIMIT = 300
SUMMARY_LIMIT = 600
_RIGHT_TO_LEFT = {"ar", "dv", "fa", "he", "ps", "ur", "yi"}


@dataclass(frozen=True, slots=True)
class Changed:
    """One place that reads otherwise. `old` or `new` may be empty."""

    field: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One release as a message shows it. `because` are the areas by which it is the reader's, `also` its others.

    `state` is said in words before the title, `remark` tells since when ("Withdrawn on 17 February 2025, 14:05").
    A `notice` is not news but tells of a change to what the reader has had already: `changes` are the places that read
    otherwise, the first of them, and there are `more`. `under` is where it stands in sections, by "topic" and by
    "office". `release` and `fingerprint` say which text this is, `key` is the release's name in addresses.
    """

    title: str
    url: str
    language: str
    day: date | None
    origin: tuple[Name, ...]
    summary: str
    note: str
    because: tuple[Name, ...]
    also: tuple[Name, ...]
    state: State = "new"
    notice: bool = False
    remark: str = ""
    under: Mapping[str, Name] = field(default_factory=dict)
    image: str = ""
    key: str = ""
    release: int = 0
    fingerprint: str = ""
    changes: tuple[Changed, ...] = ()
    more: int = 0

    @property
    def direction(self) -> str:
        return direction(self.language)

    @property
    def label(self) -> str:
        """ "Corrected:", "Withdrawn:" or nothing."""
        return {"new": "", "corrected": _("Corrected:"), "withdrawn": _("Withdrawn:")}[self.state]

    @property
    def heading(self) -> str:
        """The title as a subject or a line of text has it, with the state in words."""
        return f"{self.label} {self.title}" if self.label else self.title


@dataclass(frozen=True, slots=True)
class Letter:
    """An edition in words. `content` is what a letter's layout brought along; empty for alerts and digests.

    `web` is the address of its web edition, "" where it has none.
    """

    edition: int
    version: int
    dispatch: int
    layout: str
    language: str
    made_at: datetime
    occasion: str
    entries: Sequence[Entry]
    content: dict[str, Any]
    web: str = ""


def entries(edition: Edition) -> list[Entry]:
    """What is new in a message: the releases a reader may see now, in reading order. (`amendments` has the rest.)"""
    items = _in_order(edition)
    load = canary.load if edition.layout == CANARY else store.load
    releases = load(item["release"] for item in items)
    names, newsroom = _names(items), store.newsroom()
    return [_entry(releases[i["release"]], i, names, newsroom) for i in items if i["release"] in releases]


def entries_on_the_web(edition: Edition, told: Collection[int] = ()) -> list[Entry]:
    """What the web edition shows now: as `entries`, but of what was withdrawn or deleted only that it was, and when.

    `told`: releases that its notices of changes tell of; others of which it once brought a notice are told here.
    What was taken out of the message before it left is told too. What lies under an embargo again is left out.
    """
    items = _in_order(edition)
    known = {item["release"] for item in edition.content}
    amended = known - {item["release"] for item in items} - set(told)
    items += [{"release": pk, "because": []} for pk in sorted(amended - store.still_shown(amended))]
    taken_out = EditionRelease.objects.filter(edition=edition).exclude(release_id__in=known).order_by("pk")
    items += [{"release": pk, "because": []} for pk in taken_out.values_list("release_id", flat=True)]
    releases = store.load(item["release"] for item in items)
    standings = Standing.objects.in_bulk([i["release"] for i in items if i["release"] not in releases])
    names, newsroom = _names(items), store.newsroom()
    found = []
    for item in items:
        if item["release"] in releases:
            found.append(_entry(releases[item["release"]], item, names, newsroom))
        elif (standing := standings.get(item["release"])) and (gone := what_became_of(standing)):
            url = absolute(f"/releases/{standing.key}")
            found.append(_withdrawn(url, item, names, newsroom, gone.at, gone.reason))
    return found


def entry(release: Release, newsroom: Newsroom) -> Entry:
    """A release by itself, without anybody's reasons."""
    return _entry(release, {"because": []}, {}, newsroom)


def direction(language: str) -> str:
    """How a language is written: "ltr" or "rtl"."""
    return "rtl" if language.partition("-")[0].lower() in _RIGHT_TO_LEFT else "ltr"


def shorten(text: str, limit: int) -> str:
    """At most `limit` characters, cut between words and ended by an ellipsis."""
    if len(text) <= limit:
        return text
    cut = text[: limit - 1]
    return (cut.rsplit(" ", 1)[0] if " " in cut[limit // 2 :] else cut).rstrip(" ,;:.") + "…"


def _in_order(edition: Edition) -> list[dict[str, Any]]:
    return [
        {**item, "because": [(kind, slug) for kind, slug in item["because"]]}
        for item in edition.content
        if "correction" not in item
    ]


def _names(items: Iterable[dict[str, Any]]) -> Names:
    return store.names({reason for item in items for reason in item["because"]}, language())


def _words(reason: Term, names: Names, usual: str) -> Name:
    kind, slug = reason
    if kind == "untagged":
        return Name(_("releases without a label"), language())
    if kind == "word":
        return Name(one_line(f"“{slug}”"), language())
    name = names.get(reason, Name(slug, usual))
    return Name(one_line(name.text), name.language)


def _because(item: dict[str, Any], names: Names, newsroom: Newsroom) -> dict[Term, Name]:
    reasons = (reason for reason in item["because"] if reason[0] != "all")
    return {reason: _words(reason, names, newsroom.language) for reason in reasons}


def _entry(release: Release, item: dict[str, Any], names: Names, newsroom: Newsroom) -> Entry:
    because = _because(item, names, newsroom)
    topics = {("topic", topic.slug): _name(topic, newsroom) for topic in release.topics.all()}
    offices = {("office", office.slug): _name(office, newsroom) for office in release.offices.all()}
    remark = _corrected_since(release, newsroom)
    everything = item["because"] == [("all", "")]
    return Entry(
        title=shorten(one_line(release.title), TITLE_LIMIT) or _("Untitled"),
        url=web(clean(release.url or "")) or absolute(f"/releases/{release.standing.key}"),
        language=release.language or newsroom.language,
        day=release.published_on,
        origin=(*offices.values(), *([_name(release.type, newsroom)] if release.type else [])),
        summary=_summary(release),
        note=one_line(release.editors_note or ""),
        because=tuple(because.values()),
        also=() if everything else tuple(name for topic, name in topics.items() if topic not in because),
        state="corrected" if remark else "new",
        remark=remark,
        under=_under(because, topics | offices),
        image=_image(release) if newsroom.edition_images else "",
        key=release.standing.key,
        release=release.pk,
        fingerprint=store.fingerprint(release),
    )


def _withdrawn(
    url: str, item: dict[str, Any], names: Names, newsroom: Newsroom, at: datetime | None, reason: str
) -> Entry:
    """What stands in the place of a release that was withdrawn: nothing of its own."""
    because = _because(item, names, newsroom)
    return Entry(
        title="", url=url, language=newsroom.language, day=None, origin=(), summary="", note=one_line(reason),
        because=tuple(because.values()), also=(), state="withdrawn",
        remark=withdrawn_on(at, newsroom), under=_under(because, {}),
    )  # fmt: skip


def _under(because: Mapping[Term, Name], labels: Mapping[Term, Name]) -> dict[str, Name]:
    """The section it belongs to, by kind: the first of the reader's reasons, else the first of its own labels."""
    under: dict[str, Name] = {}
    for (kind, _slug), name in (*because.items(), *labels.items()):
        under.setdefault(kind, name)
    return under


def _corrected_since(release: Release, newsroom: Newsroom) -> str:
    """For a release that was corrected after it was announced."""
    corrected, announced = release.standing.corrected_at, release.standing.announced_at
    if corrected is None or announced is None or corrected <= announced:
        return ""
    return corrected_on(corrected, newsroom)


def corrected_on(at: datetime, newsroom: Newsroom) -> str:
    return _("Corrected on %(when)s") % {"when": moment(at, newsroom.zone)}


def withdrawn_on(at: datetime | None, newsroom: Newsroom) -> str:
    return _("Withdrawn on %(when)s") % {"when": moment(at, newsroom.zone)} if at else _("Withdrawn")


def _name(term: Any, newsroom: Newsroom) -> Name:
    name = called(term, newsroom)
    return Name(one_line(name.text), name.language)


def _image(release: Release) -> str:
    """A picture's address, if it can be fetched without giving the message away on the wire."""
    address = web(clean(release.image_url or ""))
    return address if address.startswith("https://") else ""


def _summary(release: Release) -> str:
    text = release.summary or wording.plain(nh3.clean(release.body or ""), " ")
    return shorten(one_line(text), SUMMARY_LIMIT)
