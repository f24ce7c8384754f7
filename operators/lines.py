"""`lines`: the answer, line by line."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING, Final

from rillm.operators.cutting import Cutter, cutting

if TYPE_CHECKING:
    from rillm.operators.operator import Operator
    from rillm.streams.chunk import ModelResponseStream

LINE_END: Final = re.compile(r"\r\n|\n|\r(?=[^\n])")


def lines(*, keep_ends: bool = False, index: int = 0) -> Operator[ModelResponseStream | str, str]:
    r"""Emit each line of a text as soon as it is whole: of chunks the content of one choice, of strings all.

        -a:1↵b---:2↵c---|
        [ lines() ]
        -a:1-----b:2----(c,|)

    A line ends with "\n", "\r\n" or "\r", as in Python's text files; other separators, such as U+2028, are legal inside
    JSON and Markdown and end none. Empty lines are left out, unless their ends are kept. The last line comes when its
    choice finishes or calls a tool, at the end, and before an error.

    Args:
        keep_ends: whether lines keep their ends, as with `str.splitlines`; the lines together are the text then.
        index: which choice, for calls with n > 1.

    >>> import rillm
    >>> list(rillm.stream("mock/echo", mock_response="# Rivers\n\nThey begin\nin the snow.").pipe(rillm.lines()))
    ['# Rivers', 'They begin', 'in the snow.']
    """
    return cutting(partial(Cutter, LINE_END, blanks=True) if keep_ends else Bare, index)


class Bare(Cutter):
    """Lines without their ends."""

    def __init__(self) -> None:
        super().__init__(LINE_END, blanks=True)

    def feed(self, text: str) -> list[str]:
        return bare(super().feed(text))

    def end(self) -> list[str]:
        return bare(super().end())


def bare(pieces: list[str]) -> list[str]:
    return [line for piece in pieces if (line := piece.rstrip("\r\n"))]
