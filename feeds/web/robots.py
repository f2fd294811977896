"""What a host asks of robots (RFC 9309), and how long to wait between two of its pages.

robots.txt -> read() -> Rules; kept for a day for each scheme, host and port
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from protego import Protego

from feeds.web.answer import Answer, Unreachable

NAME = "Herald"
"""The product token that robots.txt may name."""

LARGEST = 500_000  # bytes; what comes after is not read (RFC 9309, 2.5)
KEPT_SECONDS = 24 * 3600.0  # 2.4
FAILURE_SECONDS = 300.0  # a host that is down is not asked for its rules again before each of its pages
BETWEEN_SECONDS = 1.0
LONGEST_DELAY = 60.0
_MOST_HOSTS = 1000


@dataclass(frozen=True, slots=True)
class Rules:
    """What robots.txt of one host says to us. `delay` in seconds; `fault`: nobody can say, and why."""

    text: Protego | None = None
    delay: float = BETWEEN_SECONDS
    fault: str = ""

    def allow(self, url: str) -> bool:
        """Raises Unreachable if the host did not say."""
        if self.fault:
            raise Unreachable(self.fault)
        return self.text is None or self.text.can_fetch(url, NAME)


def read(answer: Answer) -> Rules:
    """The rules in the answer to GET /robots.txt (RFC 9309, 2.3.1): no such file allows all, a server in trouble
    nothing; 429 counts as trouble."""
    if answer.status == 429 or not 200 <= answer.status < 500:
        where = answer.url.partition("?")[0]
        return Rules(fault=f"{where}: answered {answer.status}, so nobody can say what robots may do")
    if answer.status >= 300:
        return Rules()
    body = answer.body
    if len(body) > LARGEST:
        body = body[:LARGEST].rpartition(b"\n")[0]
    text = Protego.parse(body.decode("utf-8-sig", "replace"))
    delay = text.crawl_delay(NAME) or 0.0
    return Rules(text, min(max(delay, BETWEEN_SECONDS), LONGEST_DELAY))


@dataclass
class Robots:
    """The rules of every host that was asked, and when it was asked last. May be used by several threads.

    `get` fetches robots.txt, guarded as everything; `ticks` and `wait` count in seconds.
    """

    get: Callable[[str], Answer]
    ticks: Callable[[], float]
    wait: Callable[[float], object]
    _rules: dict[str, tuple[Rules, float]] = field(default_factory=dict)
    _asked: dict[str, float] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def allowed(self, origin: str, url: str) -> bool:
        """`origin` without a slash at its end. Raises FetchError where nobody can say."""
        return self._rules_of(origin).allow(url)

    def asked(self, origin: str) -> None:
        """A page of this host is being asked for now."""
        with self._lock:
            self._asked[origin] = max(self.ticks(), self._asked.get(origin, 0.0))

    def pause(self, origin: str) -> None:
        """Wait until the host may be asked for its next page; two who wait are let through one after the other."""
        rules, _ = self._rules.get(origin, (Rules(), 0.0))
        with self._lock:
            now = self.ticks()
            turn = max(now, self._asked.get(origin, now - rules.delay) + rules.delay)
            if len(self._asked) >= _MOST_HOSTS:
                self._asked.clear()
            self._asked[origin] = turn
        if turn > now:
            self.wait(turn - now)

    def _rules_of(self, origin: str) -> Rules:
        kept = self._rules.get(origin)
        if kept is not None and self.ticks() < kept[1]:
            return kept[0]
        try:
            rules = read(self.get(f"{origin}/robots.txt"))
        except Unreachable as error:
            rules = Rules(fault=str(error))
        seconds = FAILURE_SECONDS if rules.fault else KEPT_SECONDS
        if len(self._rules) >= _MOST_HOSTS:
            self._rules.clear()
        self._rules[origin] = (rules, self.ticks() + seconds)
        return rules
