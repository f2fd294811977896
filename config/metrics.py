"""What can be measured: one registry of our own, read by `/metrics`. No addresses and no tokens, ever."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import structlog
from django.db import DatabaseError
from prometheus_client import CollectorRegistry, Counter, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

_log = structlog.stdlib.get_logger(__name__)
Samples = Iterable[tuple[Sequence[str], float]]
_Family = GaugeMetricFamily | CounterMetricFamily

REGISTRY = CollectorRegistry(auto_describe=False)
REQUESTS = Counter(
    "herald_http_requests",
    "Requests answered, by route (never the path) and status.",
    ("method", "route", "status"),
    registry=REGISTRY,
)


def gauge(name: str, text: str, labels: Sequence[str], read: Callable[[], Samples]) -> None:
    """A value that is read when somebody asks: `read()` gives (label values, value) pairs."""
    REGISTRY.register(_Read(GaugeMetricFamily, name, text, labels, read))


def counter(name: str, text: str, labels: Sequence[str], read: Callable[[], Samples]) -> None:
    """The same of what only grows while the process lives, and is counted elsewhere."""
    REGISTRY.register(_Read(CounterMetricFamily, name, text, labels, read))


@dataclass(frozen=True, slots=True)
class Described:
    """A metric without its values. `kind` is "gauge" or "counter"; a counter is rendered as `<name>_total`."""

    name: str
    kind: str
    text: str
    labels: tuple[str, ...]


def described() -> Iterator[Described]:
    """All metrics there are in this process; reads no database."""
    for collector in REGISTRY._collector_to_names:
        assert isinstance(collector, _Read | Counter)
        for family in collector.describe():
            # a Counter's own description leaves its labels out
            labels = collector.labels if isinstance(collector, _Read) else collector._labelnames
            yield Described(family.name, family.type, family.documentation, tuple(labels))


def render() -> bytes:
    """All metrics in Prometheus' text format."""
    return generate_latest(REGISTRY)


class _Read(Collector):
    def __init__(
        self, family: type[_Family], name: str, text: str, labels: Sequence[str], read: Callable[[], Samples]
    ) -> None:
        self._family, self._name, self._text, self.labels, self._read = family, name, text, labels, read

    def describe(self) -> Iterable[_Family]:
        """The name without values, so that registering reads no database."""
        return [self._family(self._name, self._text, labels=self.labels)]

    def collect(self) -> Iterable[_Family]:
        family = self._family(self._name, self._text, labels=self.labels)
        try:
            for values, value in self._read():
                family.add_metric(list(values), value)
        except DatabaseError:
            _log.warning("a metric cannot be read just now", metric=self._name)
        return [family]
