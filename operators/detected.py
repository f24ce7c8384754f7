"""The pieces of which `smooth` is told: words, lines, or what an expression or a function finds; not public."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from rillm.operators.lines import Lines
from rillm.operators.words import Words
from rillm.streams.errors import BadRequestError

if TYPE_CHECKING:
    from collections.abc import Callable

    from rillm.operators.rewriting import Rewriter


By: TypeAlias = "Literal['word', 'line'] | re.Pattern[str] | Detector"
Detector: TypeAlias = "Callable[[str], str | None]"

AT_ONCE: Final = 4096  # characters that are added before the next look, for each piece copies what is left


def cutter_by(by: By) -> Callable[[], Rewriter]:
    """What makes the cutter of one text.

    Raises:
        BadRequestError: `by` says nothing of the kind.
    """
    if by == "word":
        return Words
    if by == "line":
        return Lines
    if isinstance(by, re.Pattern):
        if by.search(""):
            raise BadRequestError(f"An expression that matches the empty text finds no pieces: {by.pattern!r}.")
        return partial(Detected, by_expression(by))
    if callable(by):
        return partial(Detected, by)
    raise BadRequestError(f'Pieces are by "word", "line", an expression or a function, not {by!r}.')


class Detected:
    """One text. `detect` is shown what has not been handed on, and gives the piece that it begins with, or None."""

    def __init__(self, detect: Detector) -> None:
        self._detect = detect
        self._held = ""

    def feed(self, text: str) -> list[str]:
        """The pieces that are whole.

        Raises:
            BadRequestError: what was detected is no beginning of the text.
        """
        whole = self._held + text
        try:
            return self._pieces(text)
        except Exception:
            self._held = whole  # for `end`: none of it is lost
            raise

    def end(self) -> list[str]:
        rest, self._held = self._held, ""
        return [rest] if rest else []

    def _pieces(self, text: str) -> list[str]:
        pieces: list[str] = []
        for start in range(0, len(text), AT_ONCE):
            self._held += text[start : start + AT_ONCE]
            while self._held and (piece := self._detect(self._held)) is not None:
                if not piece or not self._held.startswith(piece):
                    raise BadRequestError(
                        f"A piece has to be a beginning of the text and not empty, not {piece[:80]!r}."
                    )
                pieces.append(piece)
                self._held = self._held[len(piece) :]
        return pieces


def by_expression(expression: re.Pattern[str]) -> Detector:
    """A detector of pieces that end where `expression` matches first."""

    def detect(text: str) -> str | None:
        match = expression.search(text)
        return None if match is None else text[: match.end()]

    return detect
