"""Writer's text generation: https://dev.writer.com/api-reference/completion-api/text-generation.

Events with a `value` each, a piece of the text; nothing is remembered. The stream has no end marker: it ends where its
data ends well, and the framer puts `[DONE]` there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rillm.providers.chunks import chunk_of, text_chunk
from rillm.providers.endpoint import endpoint
from rillm.providers.framing import BodyFramer
from rillm.providers.json_decoder import JSONDecoder
from rillm.providers.openai_chat import END
from rillm.providers.request import Request
from rillm.providers.sse import SSEFramer
from rillm.providers.text_prompt import prompt_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rillm.providers.request import ChatCall
    from rillm.streams.chunk import ModelResponseStream


class WriterFramer:
    """Events, and an end marker where the data has ended well: Writer sends none.

    The body's own length or chunks tell the transport of a connection that broke. What is left for this is data that
    ends within an event.
    """

    def __init__(self, max_frame_bytes: int) -> None:
        self._framer = BodyFramer(SSEFramer(max_frame_bytes), max_frame_bytes)
        self._begun = False
        self._in_line = False

    def feed(self, block: bytes) -> Sequence[bytes]:
        frames = self._framer.feed(block)
        self._begun = self._begun or bool(frames)
        self._in_line = not block.endswith((b"\n", b"\r")) if block else self._in_line
        return frames

    def end(self) -> Sequence[bytes]:
        left = self._framer.end()
        return [*left, END] if self._begun and (left or not self._in_line) else left


class WriterCompletionsDecoder(JSONDecoder):
    """Events with a `value` to chunks."""

    done_ends = True

    def read(self, data: dict[str, Any]) -> Sequence[ModelResponseStream]:
        text = data["value"]
        return (text_chunk(text) if isinstance(text, str) else chunk_of({"content": text}),)

    def whole(self, data: dict[str, Any]) -> Sequence[ModelResponseStream]:
        self.terminated = bool(data.get("choices"))
        choices = enumerate(data.get("choices") or ())
        return [chunk_of({"content": one["text"]}, index=number, model=data.get("model")) for number, one in choices]


def encode(call: ChatCall) -> Request:
    """The request of a streamed completion of `prompt=`, or of the messages as text (`rillm.providers.text_prompt`).

    Raises:
        UnsupportedParamsError: the call has what the API does not take, such as tools or images.
    """
    same = ("max_tokens", "stop", "temperature", "top_p")
    given = call.translated(
        {**{name: name for name in same}, "max_completion_tokens": "max_tokens", "seed": "random_seed"}
    )
    body: dict[str, Any] = {"model": call.model, "prompt": prompt_of(call), "stream": True, **given}
    return Request(endpoint(call.base, "/completions"), body)
