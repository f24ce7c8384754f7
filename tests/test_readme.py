"""Every Python example of the README and of docs/ runs as it stands, without keys, and prints what is shown."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

SECONDS = 60.0  # after which something is taken to hang
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
    without_keys = {name: value for name, value in os.environ.items() if not name.endswith(("_KEY", "_TOKEN"))}
    done = subprocess.run(  # noqa: S603 - our own words only
        [sys.executable, "-W", "error", "-c", CELL],
        input=example,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
        cwd=tmp_path,
        env={**without_keys, "PYTHONUTF8": "1"},
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.rstrip("\n") == output.rstrip("\n")


def test_there_are_examples() -> None:
    assert [len(EXAMPLE.findall(document)) for document in DOCUMENTS] == [
        document.count("```python") for document in DOCUMENTS
    ]
    assert len(DOCUMENTS) > 1


def test_the_first_two_commands_are_those_that_newcomers_and_the_checks_run() -> None:
    first, second = re.findall(r"```sh\n(.*?)\n```", README, re.DOTALL)[:2]
    assert "rillm chat" in first
    assert second.endswith("-m pytest")
