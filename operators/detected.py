"""`Detected`: a text in the pieces that a function or an expression of the caller's finds; not public."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rillm.streams.errors import BadRequestError

if TYPE_CHECKING:
    import re
    from collections.abc import Callable

    Detector = Callable[[str], str | None]

AT_ONCE: Final = 4096  # characters that are added before the next look, for each piece copies what is left


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
