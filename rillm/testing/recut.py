"""`recut`: the same text, in other pieces."""

from __future__ import annotations

import random
from itertools import cycle
from typing import TYPE_CHECKING, Final

from rillm.operators.rewriting import rewriting
from rillm.streams.errors import BadRequestError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rillm.operators.operator import Operator
    from rillm.operators.rewriting import Text

LONGEST: Final = 8  # characters of a random piece


def recut(*sizes: int, seed: int | None = None) -> Operator[Text, Text]:
    """Cut text anew, wherever its chunks began: what an operator makes of it should be the same.

        -Hello--_you------=stop-|
        [ recut(3) ]
        -Hel----(lo_,you)-=stop-|

    The content of each choice by itself; also a stream of strings. A rest comes with the end.

    Args:
        sizes: of the pieces in characters, one after the other and again from the first.
        seed: instead of `sizes`, of random ones between 1 and 8; the same for the same seed.

    >>> import rillm
    >>> from rillm.testing import answer, recut
    >>> list(answer("High up").pipe(recut(1, 4), rillm.text()))
    ['H', 'igh ', 'u', 'p']
    """
    if (not sizes) == (seed is None) or any(size < 1 for size in sizes):
        raise BadRequestError("recut() takes sizes of pieces, at least 1, or a seed for random ones.")
    return rewriting(lambda: Cutter(cycle(sizes) if sizes else random_sizes(seed)))


def random_sizes(seed: int | None) -> Iterator[int]:
    generator = random.Random(seed)  # noqa: S311 - no secret
    while True:
        yield generator.randint(1, LONGEST)


class Cutter:
    """One text."""

    def __init__(self, sizes: Iterator[int]) -> None:
        self._sizes = sizes
        self._size = next(self._sizes)
        self._held = ""

    def feed(self, text: str) -> list[str]:
        text = self._held + text
        pieces: list[str] = []
        start = 0
        while len(text) - start >= self._size:
            pieces.append(text[start : start + self._size])
            start += self._size
            self._size = next(self._sizes)
        self._held = text[start:]
        return pieces

    def end(self) -> list[str]:
        return [self._held] if self._held else []
