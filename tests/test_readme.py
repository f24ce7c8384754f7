"""Every Python example of the README and of docs/ runs as it stands, without keys, and prints what is shown."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.kit.programs import output_of

ROOT = Path(__file__).parents[1]
README = ROOT.joinpath("README.md").read_text(encoding="utf-8")
DOCUMENTS = [README, *(path.read_text(encoding="utf-8") for path in sorted(ROOT.glob("docs/**/*.md")))]
EXAMPLE = re.compile(r"```python\n(.*?)```\n(?:\n```text\n(.*?)```\n)?", re.DOTALL)
EXAMPLES = [example for document in DOCUMENTS for example in EXAMPLE.findall(document)]

# As a notebook runs a cell: `async for` needs no function around it.
CELL = """
import ast, asyncio, inspect, sys
result = eval(compile(sys.stdin.read(), "README.md", "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT), {})
if inspect.iscoroutine(result):
    asyncio.run(result)
"""


@pytest.mark.parametrize(("example", "output"), EXAMPLES)
def test_an_example_prints_what_is_shown(tmp_path: Path, example: str, output: str) -> None:
    said = output_of("-c", CELL, cwd=tmp_path, given=example)
    assert said.rstrip("\n") == output.rstrip("\n")


def test_there_are_examples() -> None:
    assert [len(EXAMPLE.findall(document)) for document in DOCUMENTS] == [
        document.count("```python") for document in DOCUMENTS
    ]
    assert len(DOCUMENTS) > 1


def test_the_first_two_commands_are_those_that_newcomers_and_the_checks_run() -> None:
    first, second = re.findall(r"```sh\n(.*?)\n```", README, re.DOTALL)[:2]
    assert "rillm chat" in first
    assert second.endswith("-m pytest")
