"""`lines`: the answer, line by line."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from reactivex import operators as ops

from rillm.operators.cutting import cutting

if TYPE_CHECKING:
    from reactivex import Observable

    from rillm.operators.operator import Operator
    from rillm.streams.chunk import ModelResponseStream
    from rillm.streams.stream import Stream

EDGE: Final = re.compile(r"(?<=\n)|(?<=\r)(?=[^\n])")


def lines(*, keep_ends: bool = False, index: int = 0) -> Operator[ModelResponseStream | str, str]:
    r"""Emit each line of a text as soon as it is whole: of chunks the content of one choice, of strings all.

        -a:1↵b---:2↵c---|
        [ lines() ]
        -a:1-----b:2----(c,|)

    A line ends with "\n", "\r\n" or "\r", as in Python's text files; other separators, such as U+2028, are legal inside
    JSON and Markdown and end none. Empty lines are left out, unless their ends are kept. The last line comes when its
    choice finishes or calls a tool, at the end, and before an error. A retraction takes back the one that has begun.

    Args:
        keep_ends: whether lines keep their ends, as with `str.splitlines`; the lines together are the text then.
        index: which choice, for calls with n > 1.

    >>> import rillm
    >>> list(rillm.stream("mock/echo", mock_response="# Rivers\n\nThey begin\nin the snow.").pipe(rillm.lines()))
    ['# Rivers', 'They begin', 'in the snow.']
    """
    whole = cutting(Lines, index)
    if keep_ends:
        return whole

    def bare(source: Observable[ModelResponseStream | str]) -> Stream[str]:
        return whole(source).pipe(ops.map(without_end), ops.filter(bool))

    return bare


class Lines:
    """The lines of one text with their ends, as it comes."""

    def __init__(self) -> None:
        self._held: list[str] = []
        self._may_end = False  # after "\r" it depends on the next character

    def feed(self, text: str) -> list[str]:
        self._held.append(text)
        if not (self._may_end or "\n" in text or "\r" in text):
            return []
        *lines, rest = EDGE.split("".join(self._held))
        self._held = [rest]
        self._may_end = rest.endswith("\r")
        return lines

    def end(self) -> list[str]:
        rest = "".join(self._held)
        return [rest] if rest else []


def without_end(line: str) -> str:
    return line.rstrip("\r\n")
