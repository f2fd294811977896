"""What tests of intake share."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from feeds import intake
from feeds.models import (
    Change,
    Release,
    Source,
)
from feeds.sources import files
from feeds.sources.item import RawItem

DATA = Path(__file__).parents[1] / "data"
NOW = datetime(2025, 2, 18, 9, 0, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
BORDER = RawItem(
    title="Border guards trained",
    published_on=date(2025, 2, 17),
    key="1",
    url="https://newsroom.example.org/1",
    summary="A course.",
    type="News",
    offices=("OSCE Centre in Ashgabat",),
    topics=("Border management, Countering terrorism",),
)


def make_source(slug, **values):
    Source.objects.bulk_create([Source(slug=slug, name=slug, kind="listing", **values)])
    return Source.objects.get(slug=slug)


def listing(name, source):
    return files.read(DATA / name, source)


def take_in(source, *items, **options):
    return intake.take_in(items, source, NOW, **options)


def in_store():
    """All releases as the expected JSON has them, in the order of their ids."""
    return [
        {
            "title": release.title,
            "published_on": str(release.published_on),
            "type": release.type.slug if release.type else "",
            "offices": sorted(office.slug for office in release.offices.all()),
            "topics": sorted(topic.slug for topic in release.topics.all()),
            "summary": release.summary,
            "url": release.url,
        }
        for release in Release.objects.order_by("pk")
    ]


def the_release():
    return Release.objects.get()


def slugs(manager):
    return sorted(manager.values_list("slug", flat=True))


def no_change():
    """Forget the Change rows there are; what comes after this is new."""
    Change.objects.all().delete()


def changes():
    return Change.objects.count()
