from __future__ import annotations

import pytest

import rillm
from rillm.streams.stream import from_source
from tests.kit.chunks import chunk
from tests.kit.sources import Script


@pytest.mark.parametrize(
    ("chunks", "index", "texts"),
    [
        ([chunk("Hel"), chunk("lo")], 0, ["Hel", "lo"]),
        ([chunk("a"), chunk(""), chunk(None), chunk("b")], 0, ["a", "b"]),
        ([chunk(" "), chunk("\n")], 0, [" ", "\n"]),
        ([chunk("a", "x"), chunk("b", "y")], 0, ["a", "b"]),
        ([chunk("a", "x"), chunk("b", "y")], 1, ["x", "y"]),
        ([chunk("a")], 1, []),
        ([chunk(None, finish="stop")], 0, []),
        ([chunk()], 0, []),
        ([], 0, []),
    ],
)
def test_text(chunks: list[rillm.ModelResponseStream], index: int, texts: list[str]) -> None:
    assert list(from_source(Script(chunks)).pipe(rillm.text(index))) == texts
