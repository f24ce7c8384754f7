"""The same text, cut in other ways."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import rillm
from rillm.testing import chunk
from rillm.testing.cuttings import cut_at, cut_everywhere, cuttings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from reactivex import Observable

    from rillm.operators.rewriting import Rewriter

__all__ = ["cut_at", "cut_everywhere", "cuttings", "of_texts", "said"]


def of_texts(pieces: Sequence[str], finish: str = "stop") -> rillm.Stream[rillm.ModelResponseStream]:
    """A stream of chunks with these texts and the chunk that finishes them."""
    return rillm.of(*map(chunk, pieces), chunk(finish=finish))


def said(operator: Callable[[Observable[Any]], Observable[Any]], pieces: Sequence[str]) -> str:
    """The text of the chunks that an operator makes of chunks with these texts."""
    chunks = of_texts(pieces).pipe(operator)
    return "".join(choice.delta.content or "" for one in chunks for choice in one.choices)


def most_remembered(rewriter: Rewriter, pieces: Iterable[str]) -> int:
    """The length of the longest text that it has kept while it was fed; what is kept may be looked at again."""
    most = 0
    for piece in pieces:
        rewriter.feed(piece)
        most = max(most, *(len(value) for value in vars(rewriter).values() if isinstance(value, str)))
    return most


# Ways to cut a text as models do.
CUTS: dict[str, Callable[[str], list[str]]] = {
    "whole": lambda text: [text],
    "words": re.compile(r"\s*\S+|\s+").findall,
    "4 characters": lambda text: cut_at(text, range(0, len(text), 4)),
    "characters": list,
}
