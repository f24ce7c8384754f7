"""The same text, cut in other ways."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

import rillm
from rillm.testing import chunk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from reactivex import Observable


def cut_at(text: str, cuts: Iterable[int]) -> list[str]:
    edges = [0, *sorted(min(cut, len(text)) for cut in cuts), len(text)]
    return [text[start:end] for start, end in pairwise(edges)]


def cut_everywhere(text: str) -> list[list[str]]:
    """Uncut, in single letters, and all ways to cut it in two."""
    return [[text], [*text], *(cut_at(text, [at]) for at in range(1, len(text)))]


def cuttings(text: str) -> st.SearchStrategy[list[str]]:
    """Ways to cut `text`, empty pieces among them."""
    return st.lists(st.integers(0, len(text)), max_size=12).map(lambda cuts: cut_at(text, cuts))


def of_texts(pieces: Sequence[str], finish: str = "stop") -> rillm.Stream[rillm.ModelResponseStream]:
    """A stream of chunks with these texts and the chunk that finishes them."""
    return rillm.of(*map(chunk, pieces), chunk(finish=finish))


def said(operator: Callable[[Observable[Any]], Observable[Any]], pieces: Sequence[str]) -> str:
    """The text of the chunks that an operator makes of chunks with these texts."""
    chunks = of_texts(pieces).pipe(operator)
    return "".join(choice.delta.content or "" for one in chunks for choice in one.choices)


# Ways to cut a text as models do.
CUTS: dict[str, Callable[[str], list[str]]] = {
    "whole": lambda text: [text],
    "words": re.compile(r"\s*\S+|\s+").findall,
    "4 characters": lambda text: cut_at(text, range(0, len(text), 4)),
    "characters": list,
}
