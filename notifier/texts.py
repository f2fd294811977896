"""The texts of messages that a newsroom may word itself, and Herald's own wording of each.

Herald's own are translated by gettext and are templates like any other: what gettext knows as %(name)s is filled with
"{{ name }}". Called with the language of the message active.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from django.utils.translation import gettext as _

from feeds.templating import language
from notifier import sandbox
from notifier.models import Text
from notifier.sandbox import BadText

Facts = Mapping[str, str | int]
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Kind:
    """A text: what it is, which names it may use, and its own wording. `one_line`: it is a subject or a heading."""

    key: str
    about: str
    names: tuple[str, ...]
    own: Callable[[], str]
    one_line: bool = False

    def template(self) -> str:
        """Herald's own wording in the active language, as a template."""
        words = self.own()
        return words % {name: f"{{{{ {name} }}}}" for name in self.names} if "%(" in words else words


NEWSROOM = ("newsroom", "publisher")
ABOUT_NAMES = MappingProxyType(
    {
        "newsroom": "the newsroom's name",
        "publisher": "the organisation",
        "title": "the release's title, with “Corrected:” or “Withdrawn:” before it where that is so",
        "news": "how much there is, in few words: “3 new” or “2 new, 1 corrected”",
        "count": "how many releases there are, a number",
        "areas": "by which offices and topics they are the reader's",
        "sentence": "how much there is: “3 new releases for you”",
        "occasion": "day, hour and kind of the message",
        "images": "whether there are pictures in it: yes, or nothing",
    }
)
KINDS = {
    kind.key: kind
    for kind in (
        Kind("subject-one", "Subject of a message with one release", ("title", *NEWSROOM), lambda: "{{ title }}", True),
        Kind(
            "subject-several", "Subject of a message with several releases",
            ("news", "count", "areas", *NEWSROOM), lambda: _("%(news)s: %(areas)s"), True,
        ),
        Kind(
            "heading", "The large line at the top of a message with several releases",
            ("sentence", "count", "occasion", *NEWSROOM), lambda: "{{ sentence }}", True,
        ),
        Kind("greeting", "Above the releases; Herald's own is empty", ("count", "occasion", *NEWSROOM), lambda: ""),
        Kind(
            "explanation", "Before what the reader has chosen, at the end", NEWSROOM, lambda: _("You chose:"), True
        ),
        Kind("footer", "At the very end, before the publisher", ("images", *NEWSROOM), lambda: _footer()),
        Kind("confirm-subject", "Subject of the letter that asks to confirm", NEWSROOM,
             lambda: _("Please confirm your subscription"), True),
        Kind("confirm-words", "The letter that asks to confirm: above the button", NEWSROOM, lambda: _(
            "Somebody, we hope you, asked %(newsroom)s to write to this address. Nothing will come until you say that it is right."
        )),
        Kind("confirm-end", "The letter that asks to confirm: at the end", NEWSROOM, lambda: _(
            "It was not you? Then do nothing: no further mail comes, and the address is forgotten after seven days."
        )),
        Kind("welcome-subject", "Subject of the letter of welcome", NEWSROOM, lambda: _("You are subscribed"), True),
        Kind("welcome-words", "The letter of welcome: above the button", NEWSROOM, lambda: _(
            "Thank you. From now on %(newsroom)s sends you what you have chosen, and nothing else."
        )),
        Kind("manage-subject", "Subject of the letter with the link to a subscription", NEWSROOM,
             lambda: _("The link to your subscription"), True),
        Kind("manage-words", "The letter with the link: above the button", NEWSROOM, lambda: _(
            "You asked %(newsroom)s for the link to what you have chosen. Keep it to yourself: whoever has it can change your subscription."
        )),
        Kind("manage-end", "The letter with the link: at the end", NEWSROOM,
             lambda: _("It was not you? Then do nothing: nothing has changed.")),
    )
}  # fmt: skip


def _footer() -> str:
    without, with_images = _("No images, no tracking in this message."), _("No tracking in this message.")
    return f"{{% if images %}}{with_images}{{% else %}}{without}{{% endif %}}"


class Wording:
    """How a newsroom words its messages: its own templates by key and language, and Herald's for the rest."""

    def __init__(self, templates: Mapping[str, Mapping[str, str]] = MappingProxyType({})) -> None:
        self._templates = templates

    def say(self, key: str, facts: Facts) -> str:
        """The text `key` in the active language. `facts` may hold more than it knows.

        A template of the newsroom's that cannot be rendered is logged, and Herald's own stands in: mail goes out.
        """
        kind = KINDS[key]
        known = {name: facts.get(name, "") for name in kind.names}
        own = self._templates.get(key, {}).get(language(), "")
        if own.strip():
            try:
                return sandbox.render(own, known)
            except BadText as error:
                _log.error("text %s (%s) %s; Herald's own is used", key, language(), error)
        return sandbox.render(kind.template(), known)


def wording() -> Wording:
    """The newsroom's wording as it is now."""
    return Wording({text.key: text.words for text in Text.objects.all()})


def faults(key: str, template: str) -> Iterator[str]:
    """What is wrong with a template by itself, each as the rest of a sentence."""
    kind = KINDS[key]
    if not template.strip():
        return
    try:
        sandbox.check(template, kind.names)
    except BadText as error:
        yield str(error)
    if kind.one_line and "\n" in template.strip():
        yield "must be one line of text"
