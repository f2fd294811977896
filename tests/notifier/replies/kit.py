"""What the tests of replies share: the corpus, and a reply of each kind for a message of ours."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

from notifier import letters, returns, tokens

CORPUS = Path(__file__).parent / "corpus"
NOW = datetime(2025, 2, 17, 12, 0, tzinfo=UTC)
TODAY = date(2025, 2, 17)
ADDRESS = "bounces@mail.example.org"


def names() -> list[str]:
    return sorted(path.relative_to(CORPUS).as_posix() for path in CORPUS.rglob("*.eml"))


def raw(name: str) -> bytes:
    return (CORPUS / name).read_bytes()


def about(name: str, subscriber: int, dispatch: int = 7, tag: str = "") -> bytes:
    """A reply of the corpus as it would be about a message of ours; with `tag` another one that says the same."""
    token = tokens.make(tokens.Purpose.UNSUBSCRIBE, subscriber, dispatch, TODAY)
    values = {
        "{return_path}": returns.sender(subscriber, dispatch, TODAY),
        "{unsubscribe}": f"http://localhost:8000/unsubscribe/{token}",
        "{message_id}": letters.message_id(dispatch, subscriber),
        "{feedback_id}": f"{dispatch}:digest:en:herald",
    }
    text = raw(name).decode()
    for mark, value in values.items():
        text = text.replace(mark, value)
    return text.replace("Message-ID: <", f"Message-ID: <{tag}", 1).encode()
