"""The events of one choice, in the order that the OpenAI SDK has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

from rillm.streams.events import (
    ContentDeltaEvent,
    ContentDoneEvent,
    FunctionToolCallArgumentsDeltaEvent,
    FunctionToolCallArgumentsDoneEvent,
    LogprobsContentDeltaEvent,
    LogprobsContentDoneEvent,
    LogprobsRefusalDeltaEvent,
    LogprobsRefusalDoneEvent,
    ReasoningDeltaEvent,
    ReasoningDoneEvent,
    RefusalDeltaEvent,
    RefusalDoneEvent,
    TextDelta,
)
from rillm.streams.logprobs import ChatCompletionTokenLogprob, ChoiceLogprobs
from rillm.streams.tool_calls import OpenCalls

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from rillm.streams.chunk import Delta, StreamingChoices
    from rillm.streams.events import ChatCompletionStreamEvent
    from rillm.streams.open_call import OpenCall

    Events = Iterator[ChatCompletionStreamEvent]
    TextDeltaT = TypeVar("TextDeltaT", bound=TextDelta)

T = TypeVar("T")


class Part(Generic[T]):
    """What comes in pieces, and how many of them have been told as done."""

    def __init__(self) -> None:
        self.pieces: list[T] = []
        self._told = 0

    @property
    def is_open(self) -> bool:
        """Whether more has come since it was told."""
        return len(self.pieces) > self._told

    def untold(self) -> Sequence[T]:
        """All pieces, if more have come since this was asked last."""
        told, self._told = self._told, len(self.pieces)
        return self.pieces[:] if told < self._told else ()


class ChoiceEvents:
    """What has come of one choice so far."""

    def __init__(self, index: int) -> None:
        self._index = index
        self._reasoning = Part[str]()
        self._content = Part[str]()
        self._refusal = Part[str]()
        self._content_tokens = Part[ChatCompletionTokenLogprob]()
        self._refusal_tokens = Part[ChatCompletionTokenLogprob]()
        self._calls = OpenCalls()
        self._begun = 0  # calls
        self._done: set[int] = set()  # calls

    def of(self, choice: StreamingChoices) -> Iterable[ChatCompletionStreamEvent]:
        """The events of what a chunk brings to the choice: pieces first, then what is done with it."""
        delta = choice.delta
        is_rest = delta.__pydantic_extra__ or delta.tool_calls or choice.logprobs or choice.finish_reason
        if is_rest or self._reasoning.is_open:
            return self._all_of(choice)
        # nearly every chunk
        return (self._piece(ContentDeltaEvent, self._content, delta.content),) if delta.content else ()

    def _all_of(self, choice: StreamingChoices) -> Events:
        delta = choice.delta
        calls, refusal = delta.tool_calls or (), text_in(delta, "refusal")
        if thought := text_in(delta, "reasoning_content"):
            yield self._piece(ReasoningDeltaEvent, self._reasoning, thought)
        if delta.content or refusal or calls:
            yield from self._thoughts_done()
        if delta.content:
            yield self._piece(ContentDeltaEvent, self._content, delta.content)
        if refusal:
            yield self._piece(RefusalDeltaEvent, self._refusal, refusal)
        numbers = self._calls.add(calls)
        for number, fragment in zip(numbers, calls, strict=True):
            yield from self._fragment(self._calls.calls[number], fragment.function.arguments)
        if choice.logprobs and isinstance(choice.logprobs, ChoiceLogprobs):  # others have shapes of their own
            yield from self._tokens(choice.logprobs)
        for number in numbers:
            yield from self._begin(number)
        if choice.finish_reason:
            yield from self._finish()

    def _piece(self, kind: type[TextDeltaT], part: Part[str], text: str) -> TextDeltaT:
        part.pieces.append(text)
        return kind(text, choice_index=self._index, _pieces=part.pieces, _count=len(part.pieces))

    def _fragment(self, call: OpenCall, arguments: str) -> Events:
        if call.type == "function":
            pieces = call.arguments
            yield FunctionToolCallArgumentsDeltaEvent(
                call.name, call.number, arguments, choice_index=self._index, _pieces=pieces, _count=len(pieces)
            )

    def _tokens(self, logprobs: ChoiceLogprobs) -> Events:
        if logprobs.content:
            tokens = self._content_tokens.pieces
            tokens.extend(logprobs.content)
            yield LogprobsContentDeltaEvent(
                logprobs.content, choice_index=self._index, _pieces=tokens, _count=len(tokens)
            )
        if logprobs.refusal:
            tokens = self._refusal_tokens.pieces
            tokens.extend(logprobs.refusal)
            yield LogprobsRefusalDeltaEvent(
                logprobs.refusal, choice_index=self._index, _pieces=tokens, _count=len(tokens)
            )

    def _begin(self, number: int) -> Events:
        """A call that begins ends the text, and the call before it if that is whole: calls may come side by side."""
        if number < self._begun:
            return
        self._begun = number + 1
        yield from self._text_done()
        if number and self._calls.calls[number - 1].is_whole():
            yield from self._call_done(self._calls.calls[number - 1])

    def _finish(self) -> Events:
        yield from self._thoughts_done()
        yield from self._text_done()
        for call in self._calls.calls:
            yield from self._call_done(call)

    def _thoughts_done(self) -> Events:
        if thoughts := self._reasoning.untold():
            yield ReasoningDoneEvent("".join(thoughts), choice_index=self._index)

    def _text_done(self) -> Events:
        if texts := self._content.untold():
            yield ContentDoneEvent("".join(texts), choice_index=self._index)
        if texts := self._refusal.untold():
            yield RefusalDoneEvent("".join(texts), choice_index=self._index)
        if tokens := self._content_tokens.untold():
            yield LogprobsContentDoneEvent([*tokens], choice_index=self._index)
        if tokens := self._refusal_tokens.untold():
            yield LogprobsRefusalDoneEvent([*tokens], choice_index=self._index)

    def _call_done(self, call: OpenCall) -> Events:
        if call.type == "function" and call.number not in self._done:
            self._done.add(call.number)
            arguments = "".join(call.arguments)
            yield FunctionToolCallArgumentsDoneEvent(call.name, call.number, arguments, choice_index=self._index)


def text_in(delta: Delta, name: str) -> str:
    """A text that not every delta has."""
    value = delta.extra.get(name)
    return value if isinstance(value, str) else ""
