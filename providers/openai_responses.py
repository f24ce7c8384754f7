"""OpenAI's Responses: https://platform.openai.com/docs/api-reference/responses-streaming.

Events of a response go in, or a whole response. What is remembered is which items and parts have come, so that what the
end repeats is not told twice (`openai_responses_output`). It ends with an event that has the response and its status.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from pydantic_core import from_json

from rillm.providers.chunks import chunk_of
from rillm.providers.failures import failure
from rillm.providers.framing import WHOLE_BODY
from rillm.providers.json_decoder import WRONG
from rillm.providers.openai_chat import END, parsed, shown
from rillm.providers.openai_responses_end import beginning, counts, finish, no_answer, said_error
from rillm.providers.openai_responses_output import Output
from rillm.providers.whole_body import body_of
from rillm.streams.errors import StreamDecodeError
from rillm.streams.frame import event_of
from rillm.streams.json_values import is_array, is_object

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from rillm.streams.chunk import ModelResponseStream
    from rillm.streams.errors import RillmError

    Chunks = Iterable[ModelResponseStream]
    Event = Mapping[str, Any]

BEGINNINGS: Final = frozenset({"response.created", "response.queued", "response.in_progress"})
ENDS: Final = frozenset({"response.completed", "response.incomplete", "response.failed", "response.cancelled"})
ERROR: Final = "error"


class OpenAIResponsesDecoder:
    """Events of a response, or a whole response, to chunks. Events that it does not know are nothing."""

    finish_ends = False

    def __init__(self) -> None:
        self.terminated = False
        self._output = output = Output()
        self._parts = {
            "response.output_text.delta": output.text,
            "response.output_text.annotation.added": output.citation,
            "response.refusal.delta": output.refusal,
            "response.reasoning_text.delta": output.reasoning,
            "response.reasoning_summary_text.delta": output.reasoning,
            "response.function_call_arguments.delta": output.said_to_tool,
            "response.custom_tool_call_input.delta": output.said_to_tool,
            "response.output_item.added": output.added,
            "response.output_item.done": output.done,
        }

    def decode(self, frame: bytes) -> Chunks:
        try:
            event = from_json(frame)
            part = self._parts.get(event["type"])
            return part(event) if part else self._decode_rare(event["type"], event, frame)
        except WRONG:
            return self._decode_odd(frame)

    def _decode_rare(self, kind: str, event: Event, frame: bytes) -> Chunks:
        if kind in BEGINNINGS:
            return (beginning(event["response"]),)
        if kind in ENDS:
            return self._end(event["response"], kind.removeprefix("response."))
        name = event_of(frame)
        if ERROR in {kind, name}:
            raise said_error(event)
        if name == WHOLE_BODY:
            raise failure(event)
        return ()

    def _end(self, response: Event, status: str) -> Chunks:
        chunks = [beginning(response), *self._output.rest(response.get("output") or ())]
        if status not in {"completed", "incomplete"}:
            return then(no_answer(response, status), [*chunks, chunk_of({}, choices=[], **counts(response))])
        self.terminated = True
        return [*chunks, finish(response, status, has_calls=self._output.has_calls)]

    def _decode_odd(self, frame: bytes) -> Chunks:
        """What is no event: a whole response, an error without its type, the end marker that some servers add."""
        if frame.strip() in {b"", END}:
            return ()
        name = event_of(frame)
        data = body_of(frame) if name == WHOLE_BODY else parsed(frame, or_text=name == ERROR)
        if is_object(data) and is_array(data.get("output")):
            with suppress(*WRONG):
                return self._end(data, data.get("status") or "completed")
        elif name in {WHOLE_BODY, ERROR} or (is_object(data) and data.get("error")):
            raise failure(data)
        elif is_object(data) and "type" not in data:
            return ()
        raise StreamDecodeError(f"An event is not what the format allows: {shown(frame)}")


def then(error: RillmError, chunks: Sequence[ModelResponseStream]) -> Iterator[ModelResponseStream]:
    """The chunks, then the error: what was used counts even where it came to nothing."""
    yield from chunks
    raise error


def is_last(frame: bytes) -> bool:
    """Whether a frame ends the stream; servers that give events no name put `[DONE]` after it."""
    name = event_of(frame)
    return name in ENDS or name == ERROR or frame == END
