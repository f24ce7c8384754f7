"""`redact`: keep secrets out of an answer while it comes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from rillm.operators.matches import ANYTHING, matches_of
from rillm.operators.redactor import Redactor
from rillm.operators.rewriting import Text, rewriting
from rillm.streams.errors import BadRequestError

if TYPE_CHECKING:
    from collections.abc import Callable

    from rillm.operators.matches import Pattern
    from rillm.operators.operator import Operator


def redact(
    pattern: Pattern,
    replacement: str | Callable[[re.Match[str]], str] = "[redacted]",
    *,
    hold: int = 1000,
    reasoning: bool = True,
) -> Operator[Text, Text]:
    r"""Replace what matches, as `re.sub` does, wherever the chunks are cut.

        -a_-s-k1-23_-----------b-|
        [ redact(r"sk\d+") ]
        -a_------[redacted]_---b-|

    Only text that may still become a match is held back, or become a longer one. So what comes out is what `re.sub`
    makes of the whole, for matches, and what they look at around them, of less than `hold` characters. Takes a stream
    of chunks, of which the content of each choice is searched, and `reasoning_content`; or of strings. For several
    patterns, pipe through several.

    **The safe side**: where it is uncertain for `hold` characters whether something matches, it is replaced as if it
    did, and all that follows for as long as it may belong to it. So a key that is longer than `hold` does not leak, and
    a text that begins like one and goes on without end is lost.

    Arguments of tool calls stay as they are, for a tool could do nothing with them: also `thinking_blocks` and
    `reasoning_details`, which providers have signed. Log probabilities spell the text and go where it is changed.
    The callbacks of the call and the `.partial` of its errors tell what the model wrote, unless this operator stands in
    the `pipeline` of the call.

    Args:
        pattern: a regular expression of `re`; or a function that takes a text and gives the spans in it, as pairs of
            start and end. It is asked again and again about the last three times `hold` characters at most; the last
            half of `hold` characters is always held back for it, and its spans may be as long as that. Empty matches
            are no secrets.
        replacement: a text, with groups as in `re.sub`, or a function of the match.
        hold: how many characters are held back at most.
        reasoning: False to leave `reasoning_content` alone.

    Errors: `BadRequestError` at once for what is no pattern, no replacement for it or no number; `MissingExtraError`
    for a regular expression without `pip install 'rillm[redact]'`. What a function raises ends the stream.

    >>> import rillm
    >>> answer = rillm.stream("mock/echo", mock_response="Your key is sk-12345, keep it.")
    >>> "".join(answer.pipe(rillm.redact(r"sk-\w+"), rillm.text()))
    'Your key is [redacted], keep it.'
    """
    if hold < 1:
        raise BadRequestError(f"`hold` is a number of characters, at least 1, not {hold!r}.")
    matches = matches_of(pattern, margin=hold // 2)
    replace = replacing(replacement, ANYTHING if callable(pattern) else re.compile(pattern))
    return rewriting(lambda: Redactor(matches, replace, hold), reasoning=reasoning)


def replacing(replacement: str | Callable[[Any], str], pattern: re.Pattern[str]) -> Callable[[Any], str]:
    """What a match of `pattern` is replaced by.

    Raises:
        BadRequestError: nothing that can be.
    """
    if callable(replacement):
        return replacement
    try:
        pattern.sub(replacement, "")
    except (re.error, IndexError, TypeError) as error:
        raise BadRequestError(f"{replacement!r} cannot replace {pattern.pattern!r}: {error}") from error
    if "\\" not in replacement:
        return lambda _: replacement
    return lambda match: match.expand(replacement)
