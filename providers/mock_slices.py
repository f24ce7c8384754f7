"""Where the text of a made-up answer is cut into chunks."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, TypeAlias, cast

from rillm.streams.errors import BadRequestError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

SliceRule: TypeAlias = "str | int | re.Pattern[str] | Callable[[str], Iterable[str]]"
WORD: Final = re.compile(r"\s*\S+|\s+")


def slices(text: str, rule: SliceRule = "word") -> list[str]:
    """`text` cut by `rule`; joined again it is the same, whatever it holds.

    Args:
        text: of the answer.
        rule: "word", before the white space of each word; "character"; a number, of characters a piece (LiteLLM cuts
            by 3); a compiled regular expression, each match of which is a piece, as is what stands between two; or a
            function from the text to its pieces.

    Raises:
        BadRequestError: `rule` is none of these, or the function's pieces are not the text.

    >>> slices("Mock response")
    ['Mock', ' response']
    >>> slices("Mock response", 3)
    ['Moc', 'k r', 'esp', 'ons', 'e']
    >>> slices("One. Two?", re.compile(r"[.?]"))
    ['One', '.', ' Two', '?']
    """
    if rule == "word":
        return WORD.findall(text)
    if rule == "character":
        return list(text)
    if isinstance(rule, int) and not isinstance(rule, bool) and rule > 0:
        return [text[start : start + rule] for start in range(0, len(text), rule)]
    if isinstance(rule, re.Pattern):
        return list(_matches_and_gaps(text, rule))
    if callable(rule):
        return _checked(text, list(cast("Iterable[Any]", rule(text))))
    raise BadRequestError(
        "mock_slice= has to be 'word', 'character', a positive number of characters, a compiled regular expression "
        f"or a function from a text to its pieces, not {rule!r}."
    )


def _matches_and_gaps(text: str, pattern: re.Pattern[str]) -> Iterator[str]:
    end = 0
    for match in pattern.finditer(text):
        yield from filter(None, (text[end : match.start()], match.group()))
        end = match.end()
    yield from filter(None, (text[end:],))


def _checked(text: str, pieces: list[Any]) -> list[str]:
    if all(isinstance(piece, str) for piece in pieces) and "".join(pieces) == text:
        return pieces
    raise BadRequestError("The pieces that the function in mock_slice= gives are not the text when joined again.")
