"""The texts of messages that a newsroom may word itself, and Herald's own wording of each.

Herald's own are translated by gettext and are templates like any other: what gettext knows as %(name)s is filled with
"{{ name }}". Called with the language of the message active.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import structlog
from django.utils.translation import gettext as _

from feeds.templating import language
from notifier import sandbox
from notifier.models import Text
from notifier.sandbox import BadText

Facts = Mapping[str, str | int]
LONGEST_LINE = 500
_log = structlog.stdlib.get_logger(__name__)


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


def _several() -> str:
    return _("%(news)s: %(areas)s")


def _footer() -> str:
    without, with_images = _("No images, no tracking in this message."), _("No tracking in this message.")
    return f"{{% if images %}}{with_images}{{% else %}}{without}{{% endif %}}"


def _confirm_words() -> str:
    return _(
        "Somebody, we hope you, asked %(newsroom)s to write to this address. "
        "Nothing will come until you say that it is right."
    )


def _confirm_end() -> str:
    return _(
        "It was not you? Then do nothing: no further mail comes, and the address is forgotten after seven days."
    )


def _welcome_words() -> str:
    return _("Thank you. From now on %(newsroom)s sends you what you have chosen, and nothing else.")


def _manage_words() -> str:
    return _(
        "You asked %(newsroom)s for the link to what you have chosen. "
        "Keep it to yourself: whoever has it can change your subscription."
    )


def _add_words() -> str:
    return _(
        "Somebody, we hope you, asked %(newsroom)s for this. "
        "You are subscribed already, so nothing has changed; one click adds it to what you get:"
    )


def _watching_words() -> str:
    return _(
        "Somebody, we hope you, asked %(newsroom)s to tell this address if this release is changed or withdrawn:"
    )


def _gone_words() -> str:
    return _(
        "Somebody, we think you, has unsubscribed this address from %(newsroom)s with a link out of one of our "
        "messages. Nothing more comes. This is what you had:"
    )


def _gone_end() -> str:
    return _("It was you? Then there is nothing to do. It can be undone for 30 days.")


def _changed_words() -> str:
    return _(
        "Somebody, we think you, has changed what %(newsroom)s sends to this address, with a link out of one of our "
        "messages. This is what you get now:"
    )


def _move_words() -> str:
    return _("Somebody, we hope you, asked %(newsroom)s to send here what goes to another address until now:")


def _moving_words() -> str:
    return _(
        "Somebody, we hope you, asked %(newsroom)s to send what goes to this address to another one from now on:"
    )


def _kinds() -> Iterator[Kind]:
    yield Kind("subject-one", "Subject with one release", ("title", *NEWSROOM), lambda: "{{ title }}", True)
    several = ("news", "count", "areas", *NEWSROOM)
    yield Kind("subject-several", "Subject with several releases", several, _several, True)
    heading = ("sentence", "count", "occasion", *NEWSROOM)
    yield Kind("heading", "The large line above several releases", heading, lambda: "{{ sentence }}", True)
    yield Kind("greeting", "Above the releases", ("count", "occasion", *NEWSROOM), lambda: "")
    yield Kind(
        "explanation",
        "Before what the reader has chosen, at the end",
        NEWSROOM,
        lambda: _("You chose:"),
        True,
    )
    yield Kind("footer", "At the very end, before the publisher", ("images", *NEWSROOM), _footer)
    asks, greets, links, adds, watches = (
        "The letter that asks to confirm: ",
        "The letter of welcome: ",
        "The letter with the link: ",
        "The letter that offers to add something: ",
        "The letter that asks whether to tell of changes: ",
    )
    yield Kind(
        "confirm-subject", f"{asks}subject", NEWSROOM, lambda: _("Please confirm your subscription"), True
    )
    yield Kind("confirm-words", f"{asks}above the button", NEWSROOM, _confirm_words)
    yield Kind("confirm-end", f"{asks}at the end", NEWSROOM, _confirm_end)
    yield Kind("welcome-subject", f"{greets}subject", NEWSROOM, lambda: _("You are subscribed"), True)
    yield Kind("welcome-words", f"{greets}above the button", NEWSROOM, _welcome_words)
    yield Kind(
        "manage-subject", f"{links}subject", NEWSROOM, lambda: _("The link to your subscription"), True
    )
    yield Kind("manage-words", f"{links}above the button", NEWSROOM, _manage_words)
    yield Kind(
        "manage-end", f"{links}at the end", NEWSROOM,
        lambda: _("It was not you? Then do nothing: nothing has changed."),
    )  # fmt: skip
    yield Kind("add-subject", f"{adds}subject", NEWSROOM, lambda: _("Add this to your subscription?"), True)
    yield Kind("add-words", f"{adds}above what would be added", NEWSROOM, _add_words)
    yield Kind(
        "add-end", f"{adds}at the end", NEWSROOM,
        lambda: _("It was not you? Then do nothing: nothing has changed."),
    )  # fmt: skip
    yield Kind(
        "watching-subject", f"{watches}subject", NEWSROOM,
        lambda: _("Please confirm: you want to be told if this changes"), True,
    )  # fmt: skip
    yield Kind("watching-words", f"{watches}above the release", NEWSROOM, _watching_words)
    yield Kind(
        "watching-end", f"{watches}at the end", NEWSROOM,
        lambda: _("It was not you? Then do nothing: nothing comes of it."),
    )  # fmt: skip
    yield from _told_afterwards()
    yield from _moves()


def _told_afterwards() -> Iterator[Kind]:
    left, changed = (
        "The letter that says that they have left: ",
        "The letter that says that something was changed: ",
    )
    yield Kind("gone-subject", f"{left}subject", NEWSROOM, lambda: _("You have unsubscribed"), True)
    yield Kind("gone-words", f"{left}above what they had", NEWSROOM, _gone_words)
    yield Kind("gone-end", f"{left}at the end", NEWSROOM, _gone_end)
    yield Kind(
        "changed-subject",
        f"{changed}subject",
        NEWSROOM,
        lambda: _("Your subscription has been changed"),
        True,
    )
    yield Kind("changed-words", f"{changed}above what they get", NEWSROOM, _changed_words)
    yield Kind(
        "changed-end", f"{changed}at the end", NEWSROOM, lambda: _("It was you? Then there is nothing to do.")
    )


def _moves() -> Iterator[Kind]:
    to, away = "The letter to a new address: ", "The letter to the old address: "
    for layout, what, words in (("move", to, _move_words), ("moving", away, _moving_words)):
        yield Kind(
            f"{layout}-subject",
            f"{what}subject",
            NEWSROOM,
            lambda: _("Another address for your subscription?"),
            True,
        )
        yield Kind(f"{layout}-words", f"{what}above the other address", NEWSROOM, words)
        yield Kind(
            f"{layout}-end", f"{what}at the end", NEWSROOM,
            lambda: _("It was not you? Then do nothing: nothing changes."),
        )  # fmt: skip


KINDS = {kind.key: kind for kind in _kinds()}


class Wording:
    """How a newsroom words its messages: its own templates by key and language, and Herald's for the rest."""

    def __init__(
        self, templates: Mapping[str, Mapping[str, str]] = MappingProxyType({}), *, strict: bool = False
    ) -> None:
        """`strict`: a template that cannot be rendered is an error, for whoever tries it."""
        self._templates = templates
        self._strict = strict

    def say(self, key: str, facts: Facts) -> str:
        """The text `key` in the active language. `facts` may hold more than it knows.

        A template of the newsroom's that cannot be rendered is logged, and Herald's own stands in: mail goes out.
        Raises BadText for it if strict.
        """
        kind = KINDS[key]
        known = {name: facts.get(name, "") for name in kind.names}
        own = self._templates.get(key, {}).get(language())
        if own:
            try:
                return _said(kind, own, known)
            except BadText as error:
                if self._strict:
                    raise
                _log.error(
                    "a text cannot be used; Herald's own is", text=key, language=language(), why=str(error)
                )
        return sandbox.render(kind.template(), known)


def wording() -> Wording:
    """The newsroom's wording as it is now."""
    return Wording({text.key: text.words for text in Text.objects.all() if isinstance(text.words, dict)})


def _said(kind: Kind, template: object, facts: Facts) -> str:
    """Raises BadText, also for what other programs may have written there, and for a subject without words."""
    if not isinstance(template, str):
        raise BadText("is no text")
    said = sandbox.render(template, facts)
    if kind.one_line and not said.strip():
        raise BadText("is empty; expected some words in every case")
    if kind.one_line and len(said) > LONGEST_LINE:
        raise BadText(f"becomes {len(said)} characters long; expected a line of at most {LONGEST_LINE}")
    return said
