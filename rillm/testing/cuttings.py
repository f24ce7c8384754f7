"""The ways to cut a text into the pieces that a provider might send: what is made of it must not depend on them."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hypothesis.strategies import SearchStrategy


def cut_everywhere(text: str) -> list[list[str]]:
    """All ways to cut a text in two, and the text uncut and in single letters.

    >>> from rillm.testing import cut_everywhere
    >>> cut_everywhere("abc")
    [['abc'], ['a', 'b', 'c'], ['a', 'bc'], ['ab', 'c']]
    """
    return [[text], [*text], *(cut_at(text, [at]) for at in range(1, len(text)))]


def cuttings(text: str) -> SearchStrategy[list[str]]:
    """Ways to cut a text, empty pieces among them, for `@hypothesis.given`. Needs hypothesis.

    >>> import rillm
    >>> from hypothesis import given
    >>> from rillm.testing import chunk, cuttings
    >>> @given(cuttings("one two"))
    ... def test(pieces):
    ...     assert "".join(rillm.of(*map(chunk, pieces)).pipe(rillm.text())) == "one two"
    >>> test()
    """
    from hypothesis import strategies as st  # noqa: PLC0415 - only tests that want it have it

    return st.lists(st.integers(0, len(text)), max_size=12).map(lambda cuts: cut_at(text, cuts))


def cut_at(text: str, cuts: Iterable[int]) -> list[str]:
    edges = [0, *sorted(min(cut, len(text)) for cut in cuts), len(text)]
    return [text[start:end] for start, end in pairwise(edges)]
