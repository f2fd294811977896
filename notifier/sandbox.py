"""Texts written by admins: a small part of Jinja2 that cannot loop, call, or reach anything but the values given.

Allowed are text, `{{ name }}` and `{% if … %}`; what a template may be made of is a list of what is allowed, so that
one takes no longer than it is long. The sandbox stands behind the list. Values go in as plain text and come out as
plain text; whoever puts the result into HTML escapes it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import lru_cache

from jinja2 import StrictUndefined, TemplateError, TemplateSyntaxError, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

LONGEST = 4_000  # characters of a template
MOST = 8_000  # characters of what it renders to
FILTERS = ("lower", "upper", "capitalize", "trim")

_ALLOWED = (
    nodes.Template, nodes.Output, nodes.TemplateData, nodes.Name, nodes.Const, nodes.If, nodes.CondExpr,
    nodes.Compare, nodes.Operand, nodes.And, nodes.Or, nodes.Not, nodes.Concat, nodes.Filter,
)  # fmt: skip
_SPOKEN = {
    "For": "a loop", "Call": "a call", "Getattr": "a dot", "Getitem": "an index", "Macro": "a macro", "Set": "set",
    "Assign": "set", "AssignBlock": "set", "Include": "include", "Import": "import", "FromImport": "import",
    "Extends": "extends", "Block": "block", "Pow": "arithmetic", "Mul": "arithmetic", "Add": "arithmetic",
    "Sub": "arithmetic", "Div": "arithmetic", "FilterBlock": "a block of filter", "List": "a list", "Test": "a test",
    "Dict": "a table",
}  # fmt: skip


class BadText(ValueError):
    """`str()` says what is wrong, where, and what was expected."""


def check(template: str, names: Collection[str]) -> None:
    """Raises BadText unless the template is made of what is allowed and knows no other `names`."""
    if len(template) > LONGEST:
        raise BadText(f"has {len(template)} characters; expected at most {LONGEST}")
    try:
        tree = _ENVIRONMENT.parse(template)
        for node in tree.find_all(nodes.Node):
            _check(node, names)
        _compiled(template)
    except TemplateSyntaxError as error:
        raise BadText(f"line {error.lineno}: {error.message}; {_expected(names)}") from None
    except (RecursionError, SyntaxError, TemplateError):
        raise BadText(f"is nested too deeply; {_expected(names)}") from None


def render(template: str, values: Mapping[str, str | int]) -> str:
    """The text, at most `MOST` characters. Raises BadText, also for a template that `check` would refuse."""
    check(template, values)
    try:
        text = _compiled(template).render(values)
    except (TemplateError, ArithmeticError, TypeError, ValueError, RecursionError) as error:
        raise BadText(f"cannot be written: {error}") from None
    if len(text) > MOST:
        raise BadText(f"becomes {len(text)} characters long; expected at most {MOST}")
    return text


def _check(node: nodes.Node, names: Collection[str]) -> None:
    line = f"line {node.lineno}: " if node.lineno else ""
    if not isinstance(node, _ALLOWED):
        name = type(node).__name__
        raise BadText(f"{line}{_SPOKEN.get(name, name)} is not allowed; {_expected(names)}")
    if isinstance(node, nodes.Filter) and node.name not in FILTERS:
        raise BadText(f"{line}there is no filter {node.name!r}; expected one of {', '.join(FILTERS)}")
    if isinstance(node, nodes.Name) and node.name not in names:
        raise BadText(f"{line}there is no {{{{ {node.name} }}}}; {_expected(names)}")


def _expected(names: Collection[str]) -> str:
    known = ", ".join(f"{{{{ {name} }}}}" for name in names)
    return f"expected text{', ' + known if known else ''} and {{% if … %}} … {{% endif %}}"


_ENVIRONMENT = ImmutableSandboxedEnvironment(
    undefined=StrictUndefined, autoescape=False, keep_trailing_newline=False
)
_ENVIRONMENT.globals.clear()
_ENVIRONMENT.filters = {name: _ENVIRONMENT.filters[name] for name in FILTERS}
_compiled = lru_cache(maxsize=512)(_ENVIRONMENT.from_string)
