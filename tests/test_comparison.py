"""Each line of docs/comparison.md gives what stands beside it, by `for` and by `async for`."""

from __future__ import annotations

import ast
import inspect
import re
from typing import Any

import pytest
from reactivex import Observable

import rillm
from docs.build import DOCS
from tests.kit.leaks import run
from tests.kit.sources import collect

PAGE = DOCS.joinpath("comparison.md").read_text(encoding="utf-8")
ROW = re.compile(r"^\| .+ \| (`+)(.+?)\1 \| `(.+?)` \| .*\|$", re.MULTILINE)
HEAD = "| There | Here | Gives | What differs |\n|---|---|---|---|\n"
LINES = [(line.replace(r"\|", "|"), gives.replace(r"\|", "|")) for _, line, gives in ROW.findall(PAGE)]
SETTING = re.search(r"```python\n(.*?)```", PAGE, re.DOTALL)


def setting() -> dict[str, Any]:
    assert SETTING is not None
    names: dict[str, Any] = {}
    exec(SETTING[1], names)  # noqa: S102 - our own words only
    return names


def needs_a_loop(line: str, names: dict[str, Any]) -> bool:
    """Whether it awaits, or uses an async function."""
    words = re.findall(r"\w+", line)
    used = [names.get(word) for word in words]
    return "await" in words or any(inspect.iscoroutinefunction(one) or inspect.isasyncgenfunction(one) for one in used)


def value(line: str, names: dict[str, Any]) -> Any:
    return eval(compile(line, "comparison.md", "eval", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT), names)  # noqa: S307 - as above


def is_stream(said: object) -> bool:
    return isinstance(said, Observable)


def read(line: str, names: dict[str, Any]) -> Any:
    said = value(line, names)
    return collect(said) if is_stream(said) else said


def aread(line: str, names: dict[str, Any]) -> Any:
    async def main() -> Any:
        said = value(line, names)
        if is_stream(said):
            return [item async for item in said]
        return await said if inspect.isawaitable(said) else said

    return run(main())


@pytest.mark.parametrize(("line", "gives"), LINES)
def test_a_line_gives_what_stands_beside_it(line: str, gives: str) -> None:
    names = setting()
    expected = value(gives, names)
    for way in [aread] if needs_a_loop(line, names) else [read, aread]:
        if isinstance(expected, type) and issubclass(expected, Exception):
            with pytest.raises(expected):
                way(line, names)
        else:
            assert way(line, names) == expected


def test_no_row_is_left_out() -> None:
    tables = PAGE.split(HEAD)[1:]
    assert len(tables) == 3
    assert len(LINES) == sum(table.partition("\n\n")[0].count("\n") + 1 for table in tables)


@pytest.mark.parametrize("name", sorted(set(re.findall(r"\brillm\.(?!testing\b)(\w+)", PAGE))))
def test_what_it_names_is_there(name: str) -> None:
    assert name in rillm.__all__


@pytest.mark.parametrize("name", sorted(set(re.findall(r"\brillm\.testing\.(\w+)", PAGE))))
def test_what_it_names_of_the_test_kit_is_there(name: str) -> None:
    assert hasattr(rillm.testing, name)
