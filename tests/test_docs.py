"""The pages of docs/ are what their script writes, tell all that is exported, and link to what is there."""

from __future__ import annotations

import doctest
import inspect
import re
from typing import TYPE_CHECKING

import pytest

import rillm
from benchmarks.operator_rows import FAMILIES
from docs.build import DOCS, TESTING, pages
from docs.operator_pages import BESIDE, operators
from rillm import testing

if TYPE_CHECKING:
    from pathlib import Path

PAGES = pages()
TOLD = [
    *(getattr(rillm, name) for family in FAMILIES for one in operators(family) for name in (one, *BESIDE.get(one, ()))),
    *(getattr(testing, name) for name in TESTING),
]
LINK = re.compile(r"\]\((?!https?:)([^)#]*)(?:#([\w-]+))?\)")
CODE = re.compile(r"^```.*?^```$", re.DOTALL | re.MULTILINE)
HEADING = re.compile(r"^#+ (.*)$", re.MULTILINE)


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_a_page_is_what_the_script_writes(path: Path) -> None:
    assert path.read_text(encoding="utf-8") == PAGES[path], "run: python -m docs.build"


def test_all_of_the_test_kit_is_told() -> None:
    assert sorted(TESTING) == sorted([*testing.__all__, "marbles"])


@pytest.mark.parametrize("told", [one for one in TOLD if not inspect.ismodule(one)], ids=lambda told: told.__name__)
def test_an_example_stands_alone(told: object) -> None:
    for example in doctest.DocTestFinder(recurse=False, exclude_empty=True).find(told, "it", globs={}):
        said: list[str] = []
        assert doctest.DocTestRunner().run(example, out=said.append).failed == 0, "".join(said)


@pytest.mark.parametrize("path", [*DOCS.rglob("*.md"), DOCS.parent / "README.md"], ids=lambda path: path.name)
def test_links_lead_somewhere(path: Path) -> None:
    text = CODE.sub("", path.read_text(encoding="utf-8"))
    for file, anchor in LINK.findall(text):
        target = path.parent / file if file else path
        assert target.exists(), file
        if anchor:
            headings = HEADING.findall(CODE.sub("", target.read_text(encoding="utf-8")))
            assert anchor in {re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-") for heading in headings}
