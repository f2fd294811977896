"""How well one colour reads on another (WCAG 2.2, 1.4.3) and which colour near it would. Pure. Colours are #rrggbb."""

from __future__ import annotations

ENOUGH = 4.5
LIGHT_INK, DARK_INK = "#ffffff", "#0c1722"
LIGHT_GROUNDS, DARK_GROUNDS = ("#ffffff", "#f3f6f9"), ("#10161d", "#18212b")
"""What the brand's colour stands on in each scheme: --paper and --wash of herald.css."""
_STEPS = 100


def ratio(one: str, other: str) -> float:
    """From 1 (the same) to 21 (black on white)."""
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def least(colour: str, grounds: tuple[str, ...]) -> float:
    """The worst of its ratios on `grounds`."""
    return min(ratio(colour, ground) for ground in grounds)


def ink_on(colour: str) -> str:
    """White or near-black, whichever reads better on `colour`."""
    return max((LIGHT_INK, DARK_INK), key=lambda ink: ratio(ink, colour))


def readable(colour: str, grounds: tuple[str, ...]) -> str:
    """`colour` itself if it reads well on all of `grounds`; else the first between it and black, or white where the
    grounds are dark, that does.
    """
    end = "#000000" if _luminance(grounds[0]) > 0.5 else "#ffffff"
    shades = (_between(colour, end, step / _STEPS) for step in range(_STEPS + 1))
    return next((shade for shade in shades if least(shade, grounds) >= ENOUGH), end)


def fault(colour: str, grounds: tuple[str, ...], where: str) -> str | None:
    """What is wrong with it as the end of a sentence that begins with its name, or None; with a remedy."""
    found = least(colour, grounds)
    if found >= ENOUGH:
        return None
    # Rounded down: 4.47 must not be said to be 4.5.
    return (
        f"has a contrast of {int(found * 100) / 100}:1 on {where} ground, and text in it needs {ENOUGH}:1; "
        f"the nearest that has it is {readable(colour, grounds)}"
    )


def _between(colour: str, end: str, part: float) -> str:
    pairs = zip(_channels(colour), _channels(end), strict=True)
    return "#" + "".join(f"{round(one + (other - one) * part):02x}" for one, other in pairs)


def _channels(colour: str) -> list[int]:
    return [int(colour[at : at + 2], 16) for at in (1, 3, 5)]


def _luminance(colour: str) -> float:
    parts = (channel / 255 for channel in _channels(colour))
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
