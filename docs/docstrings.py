"""From docstrings to Markdown."""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
from functools import cached_property
from typing import Any


def entry(name: str, thing: Any) -> str:
    _, *blocks = (inspect.getdoc(thing) or "").split("\n\n")
    parts = [f"{'###' if inspect.isclass(thing) else '##'} `{name}`", first_line(thing)]
    if inspect.isfunction(thing):
        parts.append(f"```py\n{signature(thing)}\n```")
    parts += map(markdown, blocks)
    if properties := [key for key, value in vars(thing).items() if isinstance(value, property | cached_property)]:
        parts += ["**Properties**", "\n".join(f"- `{key}`: {first_line(vars(thing)[key])}" for key in properties)]
    return "\n\n".join(parts) + "\n"


def first_line(thing: Any) -> str:
    return " ".join((inspect.getdoc(thing) or "").partition("\n\n")[0].split())


def signature(function: Any) -> str:
    """As it stands in the source, without what is only for linters."""
    lines = inspect.getsource(function).splitlines()
    (definition,) = ast.parse("\n".join(lines)).body
    head = "\n".join(lines[: definition.body[0].lineno - 1])  # type: ignore[attr-defined]
    return re.sub(r"  # noqa:.*", "", head).removesuffix(":")


def markdown(block: str) -> str:
    """A paragraph, picture, section or example of a docstring."""
    if block.startswith("    "):
        return f"```text\n{textwrap.dedent(block)}\n```"
    if block.startswith(">>> "):
        return f"```pycon\n{re.sub('  # doctest: .*', '', block)}\n```"
    if section := re.match(r"(Args|Attributes|Raises):\n", block):
        items = textwrap.dedent(block[section.end() :]).replace("\n    ", "\n  ")
        items = re.sub(r"^(?! )(.+?): ", r"- `\1`: ", items, flags=re.MULTILINE)
        return f"**{section[1].replace('Args', 'Arguments')}**\n\n{items}"
    return re.sub("^Errors: ", "**Errors**: ", block)
