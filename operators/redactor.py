"""What `redact` makes of one text; not public."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from rillm.operators.matches import Matches

SLICE: Final = 1000  # characters that are searched at a time: each match is paid for by all that is


class Redactor:
    """One text.

    It remembers what a match may look back at. While something is uncertain, it begins at `_at` in `_text`, and up to
    `_done` all has been handed on or replaced: further than `_at` where the uncertain has become too long.
    """

    def __init__(self, matches: Matches, replace: Callable[[Any], str], hold: int) -> None:
        self._matches = matches
        self._may_begin = matches.may_begin
        self._replace = replace
        self._hold = hold
        self._before = self._text = ""
        self._at = self._done = 0

    def feed(self, text: str) -> Sequence[str]:
        if not self._text and not self._may_begin(text):
            self._before = text
            return (text,)
        try:
            return only(self._take(text) if len(text) <= SLICE else self._take_slices(text))
        except Exception:
            self._text, self._at, self._done = "", 0, 0  # nothing of it gets out in the end
            raise

    def end(self) -> Sequence[str]:
        return only(self._out(self._matches.rest(self._text, self._at), len(self._text)))

    def _take_slices(self, text: str) -> str:
        return "".join(self._take(text[start : start + SLICE]) for start in range(0, len(text), SLICE))

    def _take(self, text: str) -> str:
        is_held = bool(self._text)
        if not is_held:
            self._text = self._before
            self._at = self._done = len(self._text)
        self._text += text
        matches, self._at, end = self._matches.look(self._text, self._at, is_held=is_held)
        if not (is_held or matches) and self._at == len(self._text):  # nothing begins
            self._before, self._text = self._text[-self._hold :], ""
            return text
        out = self._out(matches, self._at)
        if self._at < self._done:
            self._done = max(self._done, end)
        elif len(self._text) - self._at >= self._hold:
            out += self._replace(self._matches.part(self._text, self._at))
            self._done = end
        self._forget()
        return out

    def _out(self, matches: Sequence[Any], end: int) -> str:
        """What becomes of the text up to `end`."""
        out = ""
        for match in matches:
            start, stop = match.span()
            if start >= self._done:
                out += self._text[self._done : start] + self._replace(match)
            self._done = max(self._done, stop)
        out += self._text[self._done : end]
        self._done = max(self._done, end)
        return out

    def _forget(self) -> None:
        """Keep what can be looked back at; of what has been uncertain for too long, the beginning and the end."""
        if self._at == len(self._text):
            self._before, self._text = self._text[-self._hold :], ""
        elif len(self._text) > 3 * self._hold:
            half = self._hold // 2 + 1
            surplus = len(self._text) - self._at - 2 * half
            if surplus > 0:
                middle = self._at + half
                self._text = self._text[:middle] + self._text[middle + surplus :]
                self._done = max(middle, self._done - surplus)
            start = max(0, self._at - self._hold)
            self._text = self._text[start:]
            self._at -= start
            self._done -= start


def only(text: str) -> Sequence[str]:
    """A text as all pieces there are, or no piece."""
    return (text,) if text else ()
