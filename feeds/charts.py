"""Where bars and lines of a chart lie, in the units of its own drawing. Pure; the template draws them as SVG."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

WIDTH, HEIGHT = 480, 190
LEFT, RIGHT, TOP, BOTTOM = 52, 8, 10, 26  # margins, with room for labels
_STEPS = (2, 4, 6, 8, 10)
_GAP = 0.2  # of a day's width, between two days
_LABELS = 7


@dataclass(frozen=True, slots=True)
class Bar:
    """`kind` names what it counts, as the style sheet knows it."""

    kind: str
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Column:
    """One day: its bars, the lowest first, and what is said of it."""

    title: str
    bars: Sequence[Bar]


@dataclass(frozen=True, slots=True)
class Chart:
    """`rules` are horizontal lines and `days` some of the days, each as (place, label). `lines` are lists of points,
    one for each stretch of days without a gap; `dots` are (x, y, what is said of that day).
    """

    rules: Sequence[tuple[float, str]]
    days: Sequence[tuple[float, str]]
    columns: Sequence[Column] = ()
    lines: Sequence[str] = ()
    dots: Sequence[tuple[float, float, str]] = ()

    width, height, left, right = WIDTH, HEIGHT, LEFT, WIDTH - RIGHT
    base, label_x, label_y = HEIGHT - BOTTOM, LEFT - 8, HEIGHT - 8


def columns(days: Sequence[date], series: Mapping[str, Sequence[int]], titles: Sequence[str]) -> Chart:
    """A column for each day: the values of all `series` (by kind) upon each other."""
    top = scale(max(map(sum, zip(*series.values(), strict=True))))
    step = _step(days)
    stacks = [
        Column(titles[n], list(_stack({kind: values[n] for kind, values in series.items()}, n, step, top)))
        for n in range(len(days))
    ]
    return Chart(_rules(top, "{:,.0f}"), _days(days), columns=stacks)


def line(
    days: Sequence[date], values: Sequence[float | None], titles: Sequence[str], form: str, top: float = 0
) -> Chart:
    """A line through the days that have a value. `form` formats labels; `top`: the end of the scale, if it is given."""
    top = top or scale(max((value for value in values if value is not None), default=0))
    points = [
        None if value is None else (_middle(n, days), _height_at(value, top))
        for n, value in enumerate(values)
    ]
    dots = [(*point, title) for point, title in zip(points, titles, strict=True) if point]
    return Chart(_rules(top, form), _days(days), lines=list(_stretches(points)), dots=dots)


def spark(values: Sequence[int | None], width: float = 96, height: float = 20) -> list[str]:
    """The course of a level without scale or labels, from nothing to the most it was: points of a line for each
    stretch of days that have a value, two pixels within the drawing.
    """
    most = max((value for value in values if value is not None), default=0) or 1
    step = (width - 4) / max(1, len(values) - 1)
    points = [
        None
        if value is None
        else (round(2 + n * step, 1), round(height - 2 - value / most * (height - 4), 1))
        for n, value in enumerate(values)
    ]
    return list(_stretches(points))


def scale(most: float) -> float:
    """The end of a scale that holds `most`: even, so that half of it is a whole number too."""
    power = 1
    while most > 10 * power:
        power *= 10
    return next(step * power for step in _STEPS if most <= step * power)


def _stack(values: Mapping[str, int], n: int, step: float, top: float) -> Iterator[Bar]:
    reached = 0
    for kind, value in values.items():
        if value:
            lower, upper = _height_at(reached, top), _height_at(reached + value, top)
            x = round(LEFT + (n + _GAP / 2) * step, 2)
            yield Bar(kind, x, upper, round((1 - _GAP) * step, 2), round(lower - upper, 2))
            reached += value


def _stretches(points: Sequence[tuple[float, float] | None]) -> Iterator[str]:
    stretch: list[str] = []
    for point in [*points, None]:
        if point:
            stretch.append(f"{point[0]},{point[1]}")
        elif stretch:
            yield " ".join(stretch)
            stretch = []


def _rules(top: float, form: str) -> list[tuple[float, str]]:
    return [(_height_at(value, top), form.format(value)) for value in (0, top / 2, top)]


def _days(days: Sequence[date]) -> list[tuple[float, str]]:
    """Some days, the last among them, with room for each label."""
    every = max(1, -(-len(days) // _LABELS))
    chosen = range(len(days) - 1 - every // 2, -1, -every) if every > 1 else range(len(days))
    return [(_middle(n, days), f"{days[n]:%-d %b}") for n in chosen]


def _step(days: Sequence[date]) -> float:
    return (WIDTH - LEFT - RIGHT) / len(days)


def _middle(n: int, days: Sequence[date]) -> float:
    return round(LEFT + (n + 0.5) * _step(days), 2)


def _height_at(value: float, top: float) -> float:
    return round(HEIGHT - BOTTOM - value / top * (HEIGHT - TOP - BOTTOM), 2)
