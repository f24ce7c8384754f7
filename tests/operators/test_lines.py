from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

import rillm
from tests.kit.cuts import cut_everywhere, cuttings


def lines(*texts: str, keep_ends: bool = False) -> list[str]:
    return list(rillm.of(*texts).pipe(rillm.lines(keep_ends=keep_ends)))


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("", []),
        ("a", ["a"]),
        ("a\n", ["a\n"]),
        ("a\nb", ["a\n", "b"]),
        ("a\r\nb\r\n", ["a\r\n", "b\r\n"]),
        ("a\rb\r", ["a\r", "b\r"]),
        ("a\n\rb", ["a\n", "\r", "b"]),
        ("a\r\r\nb", ["a\r", "\r\n", "b"]),
        ("\n", ["\n"]),
        ("a\n\n\r\n\rb", ["a\n", "\n", "\r\n", "\r", "b"]),
        (" a \n\t\n", [" a \n", "\t\n"]),
        ("a\u2028b\u2029c\x85d\x0be\x0cf\x1cg", ["a\u2028b\u2029c\x85d\x0be\x0cf\x1cg"]),
        ('{"a": 1}\n{"b": "\u2028"}\n', ['{"a": 1}\n', '{"b": "\u2028"}\n']),
    ],
)
def test_lines(text: str, pieces: list[str]) -> None:
    for cut in cut_everywhere(text):
        assert lines(*cut, keep_ends=True) == pieces
        assert lines(*cut) == [bare for piece in pieces if (bare := piece.rstrip("\r\n"))]


@given(st.text("ab \n\r\u2028").flatmap(lambda text: st.tuples(st.just(text), cuttings(text))))
def test_any_cutting(case: tuple[str, list[str]]) -> None:
    text, cut = case
    pieces = lines(*cut, keep_ends=True)
    assert pieces == list(io.StringIO(text, newline=""))
    assert "".join(pieces) == text
    assert lines(*cut) == [bare for piece in pieces if (bare := piece.rstrip("\r\n"))]
