"""What can be told of the matches in a text that goes on: those that are certain, and where the rest begins."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeAlias

from rillm.streams.errors import BadRequestError
from rillm.streams.extras import from_extra

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    Pattern: TypeAlias = str | re.Pattern[str] | Callable[[str], Iterable[tuple[int, int]]]

ANYTHING: Final = re.compile(r"[\s\S]*")
# Assertions that have an answer at the end of a text, though more may come, and what asks the same by reading on.
READING: Final = {
    r"\b": r"(?:(?<=\w)(?!\w)|(?<!\w)(?=\w))",
    r"\B": r"(?:(?<=\w)(?=\w)|(?<!\w)(?!\w))",
    r"\Z": r"(?![\s\S])",
    "$": r"(?!\n[\s\S]|[^\n])",
}
READING_LINES: Final = {**READING, "$": r"(?![^\n])"}
# What an assertion may tell apart: the beginning of a text or of a line, word characters and others.
BEFORE: Final = ("", "\n", "a", "-")
# What is not to be read as an assertion comes whole: sets of characters and other escapes.
PARTS: Final = re.compile(r"\[\^?\]?(?:\\.|[^\]\\])*\]|\\.|\$", re.DOTALL)


# What is known of a text: its certain matches, where the uncertain begins, and how far that reaches now.
Look: TypeAlias = tuple[list[Any], int, int]


class Matches(Protocol):
    """The matches of one pattern, none of them empty."""

    # Whether one may begin within a text; where it depends on more than the character before, in any.
    may_begin: Callable[[str], object]

    def look(self, text: str, at: int, *, is_held: bool) -> Look:
        """Look from `at` on; what stands before is there to be looked back at.

        Args:
            text: so far.
            at: where the uncertain began at the last look.
            is_held: whether anything has been uncertain from there on.
        """
        ...

    def rest(self, text: str, at: int) -> list[Any]:
        """The matches from `at` on, now that nothing more comes."""
        ...

    def part(self, text: str, at: int) -> Any:
        """What begins at `at`, as far as it has come, as a match."""
        ...


class RegexMatches:
    """Those of a regular expression, by the partial matching of the package `regex`.

    `_probe` goes on behind a match to the end of the text, and there it wants one more. So all that it finds is partial
    and begins where the first match begins or may yet begin. The empty group tells which: what has passed it has
    matched before the end of the text was asked for. The atomic group keeps to the alternative that came first.
    """

    def __init__(self, pattern: str | re.Pattern[str]) -> None:
        compiled = re.compile(pattern)
        regex = from_extra("redact", "regex")
        flags = sum(getattr(regex, name) for name in "AIMSX" if compiled.flags & getattr(re, name))
        reading = READING_LINES if compiled.flags & re.MULTILINE else READING
        asking = PARTS.sub(lambda part: reading.get(part[0], part[0]), compiled.pattern)
        comment_end = "\n" if compiled.flags & re.VERBOSE else ""
        self._pattern = regex.compile(compiled.pattern, flags)
        self._probe = regex.compile(rf"(?>{asking}{comment_end})()(?s:.*+)[^\s\S]", flags)
        self._passed: int = self._probe.groups
        self.may_begin: Callable[[str], object] = re.compile(self._firsts()).search

    def _firsts(self) -> str:
        """The characters that a match may begin with, as a set: they are found in a tenth of the time."""
        if "(?<" in self._pattern.pattern:
            return ""  # it may depend on all that stands before
        ascii_ = "".join(filter(self._may_be_first, map(chr, range(128))))
        return f"[{re.escape(ascii_)}\x80-\U0010ffff]"

    def _may_be_first(self, character: str) -> bool:
        return any(self._probe.match(before + character, len(before), partial=True) for before in BEFORE)

    def look(self, text: str, at: int, *, is_held: bool) -> Look:
        matches: list[Any] = []
        while True:
            # Where all has been looked at but this one, the others need not be tried again.
            found = is_held and self._probe.match(text, at, partial=True)
            found = found or self._probe.search(text, at, partial=True)
            if not found:
                return matches, len(text), len(text)
            start, end = found.start(), found.end(self._passed)
            if end in {-1, len(text)}:
                return matches, start, len(text)
            if end > start:
                matches.append(self._pattern.search(text, at))
            at = max(end, start + 1)
            is_held = False

    def rest(self, text: str, at: int) -> list[Any]:
        return [match for match in self._pattern.finditer(text, at) if match.group()]

    def part(self, text: str, at: int) -> Any:
        return self._probe.match(text, at, partial=True) or ANYTHING.match(text, at)


class SpanMatches:
    """Those of a function that finds spans in a text. It cannot tell what may yet come of the last `margin` of it."""

    def __init__(self, function: Callable[[str], Iterable[tuple[int, int]]], margin: int) -> None:
        self.may_begin: Callable[[str], object] = bool
        self._function = function
        self._margin = margin

    def look(self, text: str, at: int, *, is_held: bool) -> Look:  # noqa: ARG002 - it begins anew each time
        certain = max(at, len(text) - self._margin)
        matches: list[Any] = []
        for match in self.rest(text, at):
            if match.end() > certain:
                return matches, min(match.start(), certain), match.end()
            matches.append(match)
        return matches, certain, certain

    def rest(self, text: str, at: int) -> list[Any]:
        matches: list[Any] = []
        for start, end in sorted(self._function(text)):
            if end > max(at, start):
                matches.append(ANYTHING.fullmatch(text, max(at, start), end))
                at = end
        return matches

    def part(self, text: str, at: int) -> Any:
        return ANYTHING.match(text, at)


def matches_of(pattern: Pattern, margin: int) -> Matches:
    """Those of whatever `redact` takes as a pattern.

    Raises:
        BadRequestError: it is none.
    """
    if callable(pattern):
        return SpanMatches(pattern, margin)
    try:
        return RegexMatches(pattern)
    except (re.error, TypeError) as error:
        raise BadRequestError(f"{pattern!r} is no regular expression: {error}") from error
