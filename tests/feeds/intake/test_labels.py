"""Labels: resolved, split only as far as they must be, and kept waiting where no term knows them."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from feeds import intake, labels
from feeds.models import (
    Office,
    PendingLabel,
    PendingTerm,
    Release,
    ReleaseType,
    Topic,
)
from tests.feeds.intake.kit import BORDER, LATER, NOW, slugs, take_in, the_release

pytestmark = pytest.mark.django_db


def test_labels_are_split_only_as_far_as_they_must(source):
    Office.objects.bulk_create([Office(slug="cd", name="Culture, Dialogue")])
    take_in(source, replace(BORDER, offices=("osce secretariat , Culture, dialogue, Troika",)))
    assert slugs(the_release().offices) == ["cd", "osce-secretariat", "troika"]


@pytest.mark.parametrize(
    ("label", "slug"),
    [
        ("OSCE Chairmanship", "osce-chairpersonship"),
        ("OSCE Mission to Georgia (closed)", "osce-mission-to-georgia"),
        ("OSCE Presence in Albania (Closed)", "osce-presence-in-albania"),
        ("  osce   presence IN albania", "osce-presence-in-albania"),
        ("OSCE Mission to Georgia (closed 2008)", "osce-mission-to-georgia"),
        ("OSCE Mission to Georgia [closed in December 2008]", "osce-mission-to-georgia"),
        ("OSCE Mission to Georgia (closed, 2008)", "osce-mission-to-georgia"),
        ("OSCE Mission to Georgia\u200b(CLOSED)", "osce-mission-to-georgia"),
        ("osce-mission-to-georgia", "osce-mission-to-georgia"),
    ],
)
def test_a_label_is_known_by_name_alias_and_closed(source, label, slug):
    take_in(source, replace(BORDER, offices=(label,)))
    assert slugs(the_release().offices) == [slug]


@pytest.mark.parametrize(
    "label",
    [
        "OSCE Mission to Georgia (closed 2008), Troika",
        "Troika, OSCE Mission to Georgia (closed, 2008)",
        "Troika,OSCE Mission to Georgia",
        "OSCE Mission to Georgia ; Troika;",
        "troika, osce-mission-to-georgia",
    ],
)
def test_several_labels_in_one(source, label):
    take_in(source, replace(BORDER, offices=(label.rstrip(";"),)))
    assert slugs(the_release().offices) == ["osce-mission-to-georgia", "troika"]
    assert not PendingTerm.objects.exists()


@pytest.mark.parametrize(
    "label",
    [
        "OSCE Presence in Albania (closing)",
        "Closed",
        "Troika,Tides",
        "OSCE Mission to Georgia, closed 2008 (x)",
    ],
)
def test_what_only_looks_like_a_label_stays_unknown_as_it_stands(source, label):
    report = take_in(source, replace(BORDER, offices=(label,)))
    assert ", ".join(text for _, text in report.pending) in label
    assert report.pending


def test_a_slug_goes_after_every_name_and_alias():
    vocabulary = labels.Vocabulary([(1, "A", ["b"]), (2, "C", [])], [(1, "c"), (2, "b"), (2, "d")])
    assert [vocabulary.find(label) for label in ("A", "B", "C", "D")] == [1, 1, 2, 2]


def test_a_label_is_known_however_its_accents_are_composed(source):
    Topic.objects.bulk_create([Topic(slug="egalite", name="Égalité")])
    take_in(source, replace(BORDER, topics=("E\u0301galite\u0301",)))
    assert slugs(the_release().topics) == ["egalite"]


def test_a_name_goes_before_an_alias():
    vocabulary = labels.Vocabulary([(1, "A", ["B"]), (2, "B", None), (3, "C", ["A", 7])])
    assert [vocabulary.find(label) for label in ("A", "b", "C", "7", "D")] == [1, 2, 3, 3, None]


def test_many_commas_take_no_time():
    started = datetime.now(UTC)
    resolved = labels.Vocabulary([(1, "A, B", [])]).resolve(["x, " * 20_000 + "A, B"])
    assert (resolved.ids, resolved.unknown) == ((1,), ("x",))
    assert (datetime.now(UTC) - started).total_seconds() < 2


def test_unknown_labels_wait_and_nothing_is_dropped(source):
    strange = replace(BORDER, type="Video", offices=("OSCE Secretariat, Moon Office",), topics=("Tides",))
    report = take_in(source, strange)
    assert set(report.pending) == {("type", "Video"), ("office", "Moon Office"), ("topic", "Tides")}
    assert slugs(the_release().offices) == ["osce-secretariat"]
    assert set(PendingTerm.objects.values_list("kind", "label", "first_seen_at")) == {
        ("type", "Video", NOW), ("office", "Moon Office", NOW), ("topic", "Tides", NOW),
    }  # fmt: skip
    assert take_in(source, strange).pending == ()
    assert PendingLabel.objects.count() == 3


def test_a_pending_label_is_resolved_when_a_term_knows_it(source):
    strange = replace(BORDER, type="Video", offices=("Moon Office",), topics=("Tides",))
    take_in(source, strange, replace(strange, key="2", url="", title="Another"))
    assert intake.resolve_pending(LATER) == 0
    ReleaseType.objects.bulk_create([ReleaseType(slug="video", name="video")])
    Office.objects.filter(slug="osce-secretariat").update(aliases=["Moon office"])
    assert intake.resolve_pending(LATER) == 2
    for release in Release.objects.all():
        assert (slugs(release.offices), release.type.slug) == (["osce-secretariat"], "video")
    assert list(PendingTerm.objects.values_list("label", flat=True)) == ["Tides"]
    assert intake.resolve_pending(LATER) == 0


def test_taking_in_resolves_what_is_known_by_now(source):
    strange = replace(BORDER, topics=("Tides",))
    take_in(source, strange)
    Topic.objects.bulk_create([Topic(slug="tides", name="Tides")])
    assert take_in(source, strange).same == 1
    assert slugs(the_release().topics) == ["tides"]
    assert PendingTerm.objects.count() == 0


def test_a_pending_label_that_the_source_took_back_waits_no_more(source):
    take_in(source, replace(BORDER, topics=("Tides, Youth",)))
    take_in(source, replace(BORDER, topics=("Youth",)))
    assert (PendingTerm.objects.count(), slugs(the_release().topics)) == (0, ["youth"])


def test_pending_labels_of_deleted_releases_are_forgotten(source):
    take_in(source, replace(BORDER, topics=("Tides",)))
    Release.objects.all()._raw_delete("default")
    Topic.objects.bulk_create([Topic(slug="tides", name="Tides")])
    assert intake.resolve_pending(LATER) == 0
    assert PendingTerm.objects.count() == 0
