"""Messages as a mail program reads them."""

from __future__ import annotations

import email
import email.policy

from lxml import html as lxml_html

from notifier import letters
from notifier.models import Subscriber
from tests.notifier.mailing import a_subscriber

CHOICE = "Border management or Countering terrorism, from OSCE Centre in Ashgabat"


class Message:
    def __init__(self, raw):
        self.raw = raw
        self.headers = email.message_from_bytes(raw, policy=email.policy.default)
        parts = list(self.headers.iter_parts())
        self.types = [part.get_content_type() for part in parts]
        self.text, self.html = (part.get_content().replace("\r\n", "\n") for part in parts)
        self.page = lxml_html.document_fromstring(self.html)

    @property
    def subject(self):
        return str(self.headers["subject"])

    def links(self):
        return [a.get("href") for a in self.page.iter("a")]

    def headings(self, *levels):
        """The texts of its headings of these levels, in order."""
        return [heading.text_content().strip() for heading in self.page.iter(*levels)]


def message(dispatch, person=None, edition=None):
    """The message that a person gets of an edition."""
    edition = edition or dispatch.editions.get()
    pattern = letters.render(edition)
    person = person or Subscriber.objects.first() or a_subscriber()
    made_on = dispatch.made_at.date()
    return Message(
        pattern.fill(letters.values(pattern, dispatch.pk, made_on, person.pk, "ada@example.org", CHOICE))
    )
