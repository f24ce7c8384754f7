"""What JSON is made of: its signs, what may follow what, and the runs of characters between them."""

from __future__ import annotations

import json
import re
from typing import Final

OBJECT, ARRAY, STRING, SCALAR = '{["0'  # kinds of values, by how they begin; a scalar may begin with another character
SIGNS: Final = frozenset('{}[]",:')

# What may come next: in the beginning of an object or array, after a value in it, and after a comma.
VALUE: Final = OBJECT + ARRAY + STRING + SCALAR
FIRST: Final = {OBJECT: STRING + "}", ARRAY: VALUE + "]"}
NEXT: Final = {OBJECT: ",}", ARRAY: ",]"}
AFTER_COMMA: Final = {OBJECT: STRING, ARRAY: VALUE}

# Each stops at the first character that it does not know and never goes back.
SPACE: Final = re.compile(r"[ \t\r\n]*+")
TO_QUOTE: Final = re.compile(r'(?:[^"\\]++|\\.)*+', re.DOTALL)
TO_BRACKET: Final = re.compile(r'(?:[^"\[\]{}]++|"(?:[^"\\]++|\\.)*+")*+', re.DOTALL)
SCALAR_TEXT: Final = re.compile(r"[^ \t\r\n,\]}]*+")

# NaN and the infinities are no JSON, but Python's parser and pydantic's take them.
VALID_SCALAR: Final = re.compile(
    r"-?(?:0|[1-9][0-9]*+)(?:\.[0-9]++)?(?:[eE][+-]?[0-9]++)?|true|false|null|NaN|-?Infinity"
)
SHOWN: Final = 40  # characters of what is no JSON, in an error


class NotJsonError(ValueError):
    """What began as JSON does not go on as JSON."""


def end_of(pattern: re.Pattern[str], text: str, at: int) -> int:
    match = pattern.match(text, at)
    return match.end() if match else at


def unescaped(text: str) -> str:
    r"""What stands between the quotes of a JSON string, as it is meant; control characters may stand in it, too.

    Raises:
        NotJsonError: an escape is none.

    >>> unescaped(r"a\n\u00e9")
    'a\né'
    """
    if "\\" not in text:
        return text
    try:
        meant: str = json.loads(f'"{text}"', strict=False)
    except ValueError as error:
        raise NotJsonError(f"{text[:SHOWN]!r} has an escape that JSON does not know") from error
    return meant
