"""The events of one choice, in the order that the OpenAI SDK has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Generic, TypeVar

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
    made,
)
from rillm.streams.logprobs import ChatCompletionTokenLogprob, ChoiceLogprobs
from rillm.streams.texts import CONTENT, REASONING
from rillm.streams.tool_calls import OpenCalls

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rillm.streams.chunk import StreamingChoices
    from rillm.streams.events import ChatCompletionStreamEvent
    from rillm.streams.open_call import OpenCall

    Events = Iterator[ChatCompletionStreamEvent]

T = TypeVar("T")
# The texts of a delta, in the order of their events.
DELTAS: Final[dict[str, type[ReasoningDeltaEvent | ContentDeltaEvent | RefusalDeltaEvent]]] = {
    REASONING: ReasoningDeltaEvent,
    CONTENT: ContentDeltaEvent,
    "refusal": RefusalDeltaEvent,
}


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
        self._texts = {field: Part[str]() for field in DELTAS}
        self._content_tokens = Part[ChatCompletionTokenLogprob]()
        self._refusal_tokens = Part[ChatCompletionTokenLogprob]()
        self._calls = OpenCalls()
        self._begun = 0  # calls
        self._done: set[int] = set()  # calls

    def of_piece(self, field: str, text: str) -> Sequence[ChatCompletionStreamEvent]:
        """The events of a piece of one of the texts."""
        part = self._texts[field]
        part.pieces.append(text)
        event = made(DELTAS[field], delta=text, choice_index=self._index, _pieces=part.pieces, _count=len(part.pieces))
        if field != REASONING and self._texts[REASONING].is_open:
            return [*self._thoughts_done(), event]
        return (event,)

    def of(self, choice: StreamingChoices) -> Events:
        """The events of what a chunk brings to the choice: pieces first, then what is done with it."""
        delta = choice.delta
        for field in DELTAS:
            text = delta.get(field)
            if text and isinstance(text, str):
                yield from self.of_piece(field, text)
        calls = delta.tool_calls or ()
        if calls:
            yield from self._thoughts_done()
        numbers = self._calls.add(calls)
        for number, fragment in zip(numbers, calls, strict=True):
            yield from self._fragment(self._calls.calls[number], fragment.function.arguments)
        if choice.logprobs and isinstance(choice.logprobs, ChoiceLogprobs):  # others have shapes of their own
            yield from self._tokens(choice.logprobs)
        for number in numbers:
            yield from self._begin(number)
        if choice.finish_reason:
            yield from self._finish()

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
        if thoughts := self._texts[REASONING].untold():
            yield ReasoningDoneEvent("".join(thoughts), choice_index=self._index)

    def _text_done(self) -> Events:
        if texts := self._texts[CONTENT].untold():
            yield ContentDoneEvent("".join(texts), choice_index=self._index)
        if texts := self._texts["refusal"].untold():
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
