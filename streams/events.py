"""The events of a streamed answer, by the names and fields that the OpenAI SDK's `chat.completions.stream()` has.

https://github.com/openai/openai-python/blob/main/helpers.md#chat-completions-events. Ours alone are `choice_index`,
for calls with n > 1, and the events of reasoning.

What there is so far is put together when somebody looks at it, from the beginning of a list that only grows: it is
right whenever that is, and a stream whose snapshots nobody looks at does not pay for them.
"""

from __future__ import annotations

from collections.abc import Sequence  # noqa: TC003 - for whoever asks for the types of fields
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Generic, Literal, TypeAlias, TypeVar

from pydantic_core import from_json

from rillm.streams.chunk import ModelResponseStream  # noqa: TC001 - as above
from rillm.streams.chunk_log import ChunkLog
from rillm.streams.logprobs import ChatCompletionTokenLogprob
from rillm.streams.response import ModelResponse  # noqa: TC001 - as above

T = TypeVar("T")


def made(kind: type[T], **fields: Any) -> T:
    """An event of all these fields, for half the time: an `__init__` of its own sets one by one what is frozen."""
    event = object.__new__(kind)
    event.__dict__.update(fields)
    return event


@dataclass(frozen=True)
class ChunkEvent:
    """Any chunk, before the events of what it brings."""

    type: Literal["chunk"] = field(default="chunk", init=False)
    chunk: ModelResponseStream
    _log: ChunkLog = field(default_factory=ChunkLog, repr=False, compare=False, kw_only=True)
    _count: int = field(default=0, repr=False, compare=False, kw_only=True)

    @cached_property
    def snapshot(self) -> ModelResponse:
        """The response up to this chunk; its usage is the best known when it is first looked at."""
        return self._log.response(self._count)


@dataclass(frozen=True, kw_only=True)
class OfChoice:
    """An event of the choice `choice_index`."""

    type: str = field(init=False)
    choice_index: int = 0


@dataclass(frozen=True, kw_only=True)
class Growing(OfChoice, Generic[T]):
    """A piece, with all those up to it."""

    _pieces: Sequence[T] = field(default=(), repr=False, compare=False)
    _count: int = field(default=0, repr=False, compare=False)

    def _so_far(self) -> Sequence[T]:
        return self._pieces[: self._count]


@dataclass(frozen=True)
class TextDelta(Growing[str]):
    delta: str

    @cached_property
    def snapshot(self) -> str:
        """The text up to this piece."""
        return "".join(self._so_far())


@dataclass(frozen=True)
class ContentDeltaEvent(TextDelta):
    type: Literal["content.delta"] = field(default="content.delta", init=False)


@dataclass(frozen=True)
class ContentDoneEvent(OfChoice):
    type: Literal["content.done"] = field(default="content.done", init=False)
    content: str


@dataclass(frozen=True)
class ReasoningDeltaEvent(TextDelta):
    """What the model thinks: the `reasoning_content` of a delta."""

    type: Literal["reasoning.delta"] = field(default="reasoning.delta", init=False)


@dataclass(frozen=True)
class ReasoningDoneEvent(OfChoice):
    type: Literal["reasoning.done"] = field(default="reasoning.done", init=False)
    reasoning: str


@dataclass(frozen=True)
class RefusalDeltaEvent(TextDelta):
    type: Literal["refusal.delta"] = field(default="refusal.delta", init=False)


@dataclass(frozen=True)
class RefusalDoneEvent(OfChoice):
    type: Literal["refusal.done"] = field(default="refusal.done", init=False)
    refusal: str


@dataclass(frozen=True)
class FunctionToolCallArgumentsDeltaEvent(Growing[str]):
    """A piece of the arguments, the first one mostly empty, of the call at place `index` of its choice."""

    type: Literal["tool_calls.function.arguments.delta"] = field(
        default="tool_calls.function.arguments.delta", init=False
    )
    name: str
    index: int
    arguments_delta: str

    @cached_property
    def arguments(self) -> str:
        """The JSON text up to this piece."""
        return "".join(self._so_far())


@dataclass(frozen=True)
class FunctionToolCallArgumentsDoneEvent(OfChoice):
    type: Literal["tool_calls.function.arguments.done"] = field(
        default="tool_calls.function.arguments.done", init=False
    )
    name: str
    index: int
    arguments: str

    @cached_property
    def parsed_arguments(self) -> Any:
        """What the JSON text says; an empty object where the model wrote nothing.

        Raises:
            ValueError: it is no JSON.
        """
        return from_json(self.arguments or "{}")


@dataclass(frozen=True)
class TokensDelta(Growing[ChatCompletionTokenLogprob]):
    @cached_property
    def snapshot(self) -> list[ChatCompletionTokenLogprob]:
        """All tokens up to these."""
        return [*self._so_far()]


@dataclass(frozen=True)
class LogprobsContentDeltaEvent(TokensDelta):
    type: Literal["logprobs.content.delta"] = field(default="logprobs.content.delta", init=False)
    content: list[ChatCompletionTokenLogprob]


@dataclass(frozen=True)
class LogprobsContentDoneEvent(OfChoice):
    type: Literal["logprobs.content.done"] = field(default="logprobs.content.done", init=False)
    content: list[ChatCompletionTokenLogprob]


@dataclass(frozen=True)
class LogprobsRefusalDeltaEvent(TokensDelta):
    type: Literal["logprobs.refusal.delta"] = field(default="logprobs.refusal.delta", init=False)
    refusal: list[ChatCompletionTokenLogprob]


@dataclass(frozen=True)
class LogprobsRefusalDoneEvent(OfChoice):
    type: Literal["logprobs.refusal.done"] = field(default="logprobs.refusal.done", init=False)
    refusal: list[ChatCompletionTokenLogprob]


ChatCompletionStreamEvent: TypeAlias = (
    ChunkEvent
    | ContentDeltaEvent
    | ContentDoneEvent
    | ReasoningDeltaEvent
    | ReasoningDoneEvent
    | RefusalDeltaEvent
    | RefusalDoneEvent
    | FunctionToolCallArgumentsDeltaEvent
    | FunctionToolCallArgumentsDoneEvent
    | LogprobsContentDeltaEvent
    | LogprobsContentDoneEvent
    | LogprobsRefusalDeltaEvent
    | LogprobsRefusalDoneEvent
)
