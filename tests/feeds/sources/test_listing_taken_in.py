"""From a list on the web into the store: what was brought is known, and telling it again changes nothing."""

from __future__ import annotations

from collections.abc import Collection

import pytest

from feeds import intake
from feeds.models import Newsroom as NewsroomRow
from feeds.models import Release, ReleaseKey, Source
from feeds.sources import listing
from feeds.sources.listing_options import Options
from feeds.sources.way import Fetched, Origin, Tools
from feeds.web.client import Client
from tests.feeds.sources.newsroom import NOW, PATH, Newsroom
from tests.feeds.web.server import Site, site, web

__all__ = ["site", "web"]
pytestmark = pytest.mark.django_db


class Harvest:
    """Fetches and takes in, with the store's own word on what is known."""

    def __init__(self, web: Client, address: str, **options: object) -> None:
        NewsroomRow.objects.bulk_create([NewsroomRow(pk=1)], ignore_conflicts=True)
        self.source = Source.objects.bulk_create(
            [Source(slug="list", name="List", kind="listing", address=address)]
        )[0]
        self.web, self.options, self.memory = web, Options.model_validate(options), {}
        self.fetched = Fetched()

    def known(self, keys: Collection[str]) -> set[str]:
        rows = ReleaseKey.objects.filter(source=self.source, key__in=keys)
        return set(rows.values_list("key", flat=True))

    def once(self) -> intake.Report:
        origin = Origin("list", self.source.address, "en", self.options)
        self.fetched = listing.fetch(origin, self.memory, Tools(self.web, NOW, self.known))
        self.memory = self.fetched.memory
        return intake.take_in(self.fetched.items, self.source, NOW, complete=self.fetched.complete)


def test_what_was_brought_is_known_with_and_without_links(site: Site, web: Client) -> None:
    newsroom = Newsroom(site, [6, 5, 4, 3, 2, 1])
    newsroom.publish()
    second = newsroom.page(1).replace('href="/r/', 'name="')
    site.put(newsroom.path(1), second)
    harvest = Harvest(web, site.url + PATH)
    assert len(harvest.once().new) == 6
    site.put(PATH, second)
    site.requests.clear()
    report = harvest.once()
    assert (len(report.new), len(report.changed), site.paths) == (0, 0, [PATH])


def test_telling_a_release_again_without_its_page_changes_nothing(site: Site, web: Client) -> None:
    newsroom = Newsroom(site, [3, 2, 1])
    newsroom.publish()
    for number in (1, 2, 3, 4):
        newsroom.put_release(number)
    site.put("/r/2", status=500)
    harvest = Harvest(web, site.url + PATH, pages=True)
    harvest.once()
    assert set(Release.objects.values_list("image_url", flat=True)) == {
        f"{site.url}/large/1.jpg", f"{site.url}/small/2.jpg", f"{site.url}/large/3.jpg"
    }  # fmt: skip
    newsroom.put_release(2)
    newsroom.numbers.insert(0, 4)
    newsroom.publish()
    report = harvest.once()
    assert (len(report.new), len(report.changed)) == (1, 1)  # 4 is new, and 2 has its page at last
    newsroom.numbers.insert(0, 5)
    newsroom.publish()
    report = harvest.once()
    assert (len(report.new), report.changed) == (1, ())
    assert Release.objects.get(title="Release 2").body == "<p>All of 2.</p>"
    assert Release.objects.get(title="Release 2").image_url == f"{site.url}/large/2.jpg"


def test_a_changed_entry_of_the_list_is_a_changed_release(site: Site, web: Client) -> None:
    newsroom = Newsroom(site, [3, 2, 1])
    newsroom.publish()
    harvest = Harvest(web, site.url + PATH)
    harvest.once()
    newsroom.edits[2] = "Release two, corrected"
    newsroom.publish()
    assert len(harvest.once().changed) == 1
    assert Release.objects.filter(title="Release two, corrected").count() == 1


def test_language_versions_are_joined_by_their_addresses(site: Site, web: Client) -> None:
    newsroom = Newsroom(site, [1])
    newsroom.publish()
    site.put(PATH, newsroom.page(0).replace("/r/1", "/en/r/1"))
    harvest = Harvest(web, site.url + PATH, versions={"pattern": "/(en|fr)/"})
    harvest.once()
    newsroom.edits[1] = "Communiqué"
    site.put(PATH, newsroom.page(0).replace("/r/1", "/fr/r/1"))
    harvest.once()
    french = Release.objects.get(title="Communiqué")
    assert (french.language, french.translation_of.title) == ("fr", "Release 1")
