"""CSS selectors for pages of others, so that no page makes them slow.

The usual translation to XPath walks down from every match of "a" in "a b" and merges what it finds, which takes minutes
on a page of a few megabytes. This one looks at each element once, and from there upwards.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from cssselect import HTMLTranslator, SelectorError
from cssselect.xpath import XPathExpr
from lxml import etree, html

Selector = Callable[[html.HtmlElement], list[html.HtmlElement]]
"""All elements under (and with) the one given that match, in the order of the page."""


class _Step(XPathExpr):
    """One element and its conditions; `alone` are those without `above`, which says what it must stand within."""

    alone: str | None = None
    above: str = ""

    def nearest(self) -> str:
        """The nearest ancestor like this. Nearest will do: what stands further up stands above a nearer one, too."""
        alone = self.condition if self.alone is None else self.alone
        return "".join((f"ancestor::{self.element}", _where(alone), "[1]", _where(self.above)))


class _Translator(HTMLTranslator):
    xpathexpr_cls = _Step

    def xpath_descendant_combinator(self, left: Any, right: Any) -> Any:
        right.alone, right.above = right.condition, left.nearest()
        return right.add_condition(right.above)

    def xpath_child_combinator(self, left: Any, right: Any) -> Any:
        return right.add_condition(f"parent::{left}")

    def xpath_direct_adjacent_combinator(self, left: Any, right: Any) -> Any:
        left.add_name_test()
        return right.add_condition(f"preceding-sibling::*[1]{_where(left.condition)}")

    def xpath_indirect_adjacent_combinator(self, left: Any, right: Any) -> Any:
        return right.add_condition(f"preceding-sibling::{left}")


@lru_cache(maxsize=256)
def compiled(css: str) -> Selector:
    """A selector of Level 3, and of Level 4 what cssselect knows. Raises ValueError, which says what is wrong."""
    try:
        found = etree.XPath(_Translator().css_to_xpath(css))
    except (SelectorError, etree.XPathSyntaxError, ValueError) as error:
        raise ValueError(f"{css!r} is no CSS selector ({_line(error)})") from None
    except RecursionError:
        raise ValueError("a selector that is nested too deeply") from None
    return found


def outermost(found: list[html.HtmlElement]) -> list[html.HtmlElement]:
    """Those that stand within no other of them, in the order of the page."""
    every = set(found)
    return [one for one in found if every.isdisjoint(one.iterancestors())]


def _where(condition: str) -> str:
    return f"[{condition}]" if condition else ""


def _line(error: Exception) -> str:
    return " ".join(str(error).split()) or "it is empty"
