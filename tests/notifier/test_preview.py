"""What a preview of a person's next digest shows is what the digest brings."""

import pytest

from notifier import preview
from notifier.models import CorrectionDue
from tests.notifier.correcting_kit import MORNING, RIGHT, a_meeting, corrected, look, mail, newsroom  # noqa: F401
from tests.notifier.planning_kit import DAY, MINUTE, daily, instant, person, release
from tests.notifier.postman import carry

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("newsroom")]
LATER = MORNING + 30 * MINUTE


def corrected_after_the_morning():
    mail(MORNING - DAY)
    meeting = a_meeting(at=MORNING - 60 * MINUTE)
    mail(MORNING)
    corrected(meeting, LATER)
    look(LATER)


def test_a_correction_that_is_due_is_in_the_preview_as_in_the_digest():
    ada = person(daily())
    corrected_after_the_morning()
    release(at=LATER, title="Something new")
    shown = preview.of_cadence(ada.cadences.get(), LATER + MINUTE)
    [message] = mail(MORNING + DAY)
    for words in ("Corrected: A meeting", "It is Tuesday.", RIGHT, "Something new"):
        assert words in shown.text
        assert words in message.words
    assert preview.of_cadence(ada.cadences.get(), MORNING + DAY + MINUTE) is None


def test_a_correction_alone_is_something_to_preview():
    ada = person(daily())
    corrected_after_the_morning()
    shown = preview.of_cadence(ada.cadences.get(), LATER + MINUTE)
    assert "Corrected: A meeting" in shown.text
    assert CorrectionDue.objects.filter(dispatch_id=None).count() == 1


def test_whoever_gets_mail_at_once_has_had_the_correction_by_itself():
    ada = person(daily(), instant())
    corrected_after_the_morning()
    carry(LATER)
    assert preview.of_cadence(ada.cadences.get(frequency="daily"), LATER + MINUTE) is None
