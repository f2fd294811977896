"""What an edition says: its releases read from the store and put into words, in the edition's language.

    Edition.content -> entries() -> [Entry, …] -> notifier.arranging -> templates

Everything here is plain text; the templates escape it. Called with the language active (`notifier.letters` does).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal

import nh3
from django.utils.translation import gettext as _

from feeds import store, wording
from feeds.models import Newsroom, Release, Standing
from feeds.naming import Name
from feeds.pages.releases import what_became_of
from feeds.templating import absolute, called, day, language, moment, web
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
class Entry:
    """One release as a message shows it. `because` are the areas by which it is the reader's, `also` its others.

    `state` is said in words before the title, `remark` tells since when ("Withdrawn on 17 February 2025, 14:05").
    A `notice` is not news but tells of a change to what the reader has had already. `under` is where it stands in
    sections, by "topic" and by "office". `follow` is an address that tells the reader of changes, "" for none.
    """

    title: str
    url: str
    language: str
    day: date
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
    follow: str = ""

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
    """What a message shows: the releases a reader may see now, in reading order, notices of changes first.

    A withdrawn release is in it only where the edition is to tell that it was withdrawn.
    """
    items = _in_order(edition)
    releases = store.load(item["release"] for item in items)
    told = [item["release"] for item in items if "correction" in item and item["release"] not in releases]
    withdrawn = Release.objects.filter(pk__in=told, state=Release.State.WITHDRAWN, standing__shown=False)
    loaded = withdrawn.select_related("standing", "type").prefetch_related("offices", "topics")
    releases |= {release.pk: release for release in loaded}
    names, newsroom = _names(items), store.newsroom()
    found = [_entry(releases[i["release"]], i, names, newsroom) for i in items if i["release"] in releases]
    return sorted(found, key=lambda entry: not entry.notice)


def entries_on_the_web(edition: Edition) -> list[Entry]:
    """What the web edition shows now: as `entries`, but of what was withdrawn or deleted only that it was, and when.

    What was taken out of the message before it left is told too. What lies under an embargo again is left out.
    """
    items = _in_order(edition)
    known = {item["release"] for item in items}
    taken_out = EditionRelease.objects.filter(edition=edition).exclude(release_id__in=known).order_by("pk")
    items += [{"release": pk, "because": []} for pk in taken_out.values_list("release_id", flat=True)]
    releases = store.load(known)
    standings = Standing.objects.in_bulk([i["release"] for i in items if i["release"] not in releases])
    names, newsroom = _names(items), store.newsroom()
    found = []
    for item in items:
        if item["release"] in releases:
            found.append(_entry(releases[item["release"]], item, names, newsroom))
        elif (standing := standings.get(item["release"])) and (gone := what_became_of(standing)):
            url = absolute(f"/releases/{standing.key}")
            found.append(_withdrawn(url, item, names, newsroom, gone.at, gone.reason))
    return sorted(found, key=lambda entry: not entry.notice)


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
    return [{**item, "because": [(kind, slug) for kind, slug in item["because"]]} for item in edition.content]


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
    state, remark = _state(release, item, newsroom)
    everything = item["because"] == [("all", "")]
    note = item.get("correction", {}).get("note") or release.editors_note or ""
    return Entry(
        title=shorten(one_line(release.title), TITLE_LIMIT) or _("Untitled"),
        url=web(clean(release.url or "")) or absolute(f"/releases/{release.standing.key}"),
        language=release.language or newsroom.language,
        day=release.published_on,
        origin=(*offices.values(), *([_name(release.type, newsroom)] if release.type else [])),
        summary=_summary(release) if state != "withdrawn" else "",
        note=one_line(note if state != "withdrawn" else release.withdrawn_reason or ""),
        because=tuple(because.values()),
        also=() if everything else tuple(name for topic, name in topics.items() if topic not in because),
        state=state,
        notice="correction" in item,
        remark=remark,
        under=_under(because, topics | offices),
        image=_image(release) if newsroom.edition_images and state != "withdrawn" else "",
    )


def _withdrawn(
    url: str, item: dict[str, Any], names: Names, newsroom: Newsroom, at: datetime | None, reason: str
) -> Entry:
    """What stands in the place of a release that was withdrawn: nothing of its own."""
    because = _because(item, names, newsroom)
    return Entry(
        title="", url=url, language=newsroom.language, day=date.min, origin=(), summary="", note=one_line(reason),
        because=tuple(because.values()), also=(), state="withdrawn", notice="correction" in item,
        remark=_withdrawn_on(at, newsroom), under=_under(because, {}),
    )  # fmt: skip


def _under(because: Mapping[Term, Name], labels: Mapping[Term, Name]) -> dict[str, Name]:
    """The section it belongs to, by kind: the first of the reader's reasons, else the first of its own labels."""
    under: dict[str, Name] = {}
    for (kind, _slug), name in (*because.items(), *labels.items()):
        under.setdefault(kind, name)
    return under


def _state(release: Release, item: dict[str, Any], newsroom: Newsroom) -> tuple[State, str]:
    standing = release.standing
    if release.state == Release.State.WITHDRAWN:
        return "withdrawn", _withdrawn_on(standing.gone_at, newsroom)
    if sent := item.get("correction", {}).get("sent_on"):
        return "corrected", _("Sent to you on %(day)s") % {"day": day(date.fromisoformat(sent))}
    corrected, announced = standing.corrected_at, standing.announced_at
    if corrected is not None and ("correction" in item or (announced is not None and corrected > announced)):
        return "corrected", _("Corrected on %(when)s") % {"when": moment(corrected, newsroom.zone)}
    return ("corrected" if "correction" in item else "new"), ""


def _withdrawn_on(at: datetime | None, newsroom: Newsroom) -> str:
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
