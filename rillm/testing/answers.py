"""`answer`: what a model says, as a stream of chunks."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import reactivex

from rillm.providers.mock_slices import slices
from rillm.streams.model import set_hidden_params
from rillm.streams.stream import as_stream
from rillm.streams.usage import as_usage
from rillm.testing.chunks import chunk

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from reactivex import Observable

    from rillm.providers.mock_slices import SliceRule
    from rillm.streams.chunk import ModelResponseStream
    from rillm.streams.stream import Stream

ARGUMENT_PIECE: Final = 8  # characters of a call's arguments in one chunk


def answer(  # noqa: PLR0913 - all that an answer may have, by keyword
    text: str = "",
    *,
    reasoning: str = "",
    calls: Sequence[tuple[str, Mapping[str, Any] | str]] = (),
    finish: str | None = None,
    usage: Mapping[str, Any] | None = None,
    pieces: SliceRule = "word",
) -> Stream[ModelResponseStream]:
    """Make the stream that a model would answer with: reasoning, text, tool calls, and the chunk that finishes it.

        [ answer("Hello you", reasoning="Hm") ]
        (~Hm,Hello,_you,=stop,|)

    Each subscription gets all of it, at once; for pauses and failures see `slow`, `stall`, `cut` and `fail`. It is the
    same each time, to the last field.

    Args:
        text, reasoning: a chunk for each piece.
        calls: of tools, each a name and its arguments; a text is sent as it is, for arguments that are no JSON.
        finish: the finish_reason; by default "tool_calls" where there are calls, else "stop".
        usage: tokens that the provider reports, as `{"prompt_tokens": 5, "completion_tokens": 2}`; they are where those
            of a call are, in `_hidden_params`.
        pieces: where it is cut, as `mock_slice=` of a call has it: "word", "character", a number of characters, a
            compiled regular expression, a function from a text to its pieces.

    >>> from rillm.testing import answer
    >>> [chunk.choices[0].delta.content for chunk in answer("Hello you")]
    ['Hello', ' you', None]
    >>> import rillm
    >>> (response,) = answer(calls=[("add", {"a": 1, "b": 2})]).pipe(rillm.accumulate())
    >>> response.choices[0].message.tool_calls[0].function.arguments
    '{"a": 1, "b": 2}'
    """
    known = {} if usage is None else {"usage": as_usage(usage)}

    def chunks() -> Iterator[ModelResponseStream]:
        yield from (chunk(reasoning=piece) for piece in slices(reasoning, pieces))
        yield from (chunk(piece) for piece in slices(text, pieces))
        for number, (name, arguments) in enumerate(calls):
            yield from call(number, name, arguments)
        yield chunk(finish=finish or ("tool_calls" if calls else "stop"))

    def fresh(_: object) -> Observable[ModelResponseStream]:
        first, *others = chunks()
        first.choices[0].delta.role = "assistant"
        hidden = dict(known)
        for one in (first, *others):
            set_hidden_params(one, hidden)
        return reactivex.of(first, *others)

    return as_stream(reactivex.defer(fresh))


def call(number: int, name: str, arguments: Mapping[str, Any] | str) -> Iterator[ModelResponseStream]:
    """A tool call as OpenAI streams it: its id and name, then its arguments in pieces."""
    function = {"name": name, "arguments": ""}
    yield chunk(tool_calls=[{"index": number, "id": f"call_{number}", "type": "function", "function": function}])
    text = arguments if isinstance(arguments, str) else json.dumps(arguments)
    for piece in slices(text, ARGUMENT_PIECE):
        yield chunk(tool_calls=[{"index": number, "function": {"arguments": piece}}])
