"""Two hundred texts that repeat themselves and are no loops: no guard may stop them, however they are cut."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest

import rillm
from rillm.testing import chunk
from tests.kit.cuts import CUTS

FOLDER = Path(__file__).parent / "honest"
TITLE = re.compile(r"^%%% (.*)\n", re.MULTILINE)  # of a snippet, on a line before it


def snippets() -> dict[str, str]:
    """The texts by their titles."""
    found: dict[str, str] = {}
    for path in sorted(FOLDER.glob("*.txt")):
        _, *parts = TITLE.split(path.read_text(encoding="utf-8"))
        found |= dict(zip(parts[::2], parts[1::2], strict=True))
    return found


SNIPPETS = snippets()
chunk_of = cache(chunk)


def test_there_are_enough_of_them() -> None:
    assert len(SNIPPETS) >= 200
    assert sum(len(text) > 4000 for text in SNIPPETS.values()) >= 20


@pytest.mark.parametrize("title", SNIPPETS)
def test_honest_texts_pass(title: str) -> None:
    text = SNIPPETS[title]
    for cut in CUTS.values():
        chunks = rillm.of(*map(chunk_of, cut(text)))
        came = chunks.pipe(rillm.repeat_guard(), rillm.loop_guard(), rillm.text())
        assert "".join(came) == text
