"""An answer as a row of parts, each opened and closed, as Anthropic and Vercel's AI SDK have it; not public."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar, Literal
from uuid import uuid4

from rillm.operators.sse_part import Part, only_text, thoughts
from rillm.operators.tool_calls import as_fragments, goes_on, is_whole
from rillm.streams.accumulator import Accumulator
from rillm.streams.chunk import ModelResponseStream
from rillm.streams.errors import BadRequestError, StreamDecodeError
from rillm.streams.retraction import is_retraction
from rillm.streams.tool_calls import OpenCalls
from rillm.streams.usage import completed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from rillm.operators.sse_part import Kind, Thought
    from rillm.streams.chunk import StreamingChoices
    from rillm.streams.function import ChatCompletionDeltaToolCall
    from rillm.streams.open_call import OpenCall
    from rillm.streams.usage import Usage


class PartsWriter(ABC):
    """The frames of one answer: how its parts follow each other. How each is written is its format's own.

    A text and a thought end where another part begins. So does a call whose arguments are whole by then; others wait
    for the end of the answer: some servers send calls side by side.
    """

    ping: bytes
    format: ClassVar[str]

    def __init__(self) -> None:
        self._came = Accumulator()
        self._has_begun = False
        self.finish_reason: str | None = None
        self.fields: dict[str, Any] = {}  # what is told of the finish
        self._part: Part | None = None  # the text or the thought that is open
        self.calls = OpenCalls()
        self._open: dict[int, Part] = {}  # calls by their number
        self._begun: set[int] = set()  # calls by their number
        self._ids: set[str] = set()  # of calls
        self._parts = 0

    @abstractmethod
    def head(self, chunk: ModelResponseStream) -> Iterable[bytes]:
        """What comes before the first part."""

    @abstractmethod
    def opening(self, part: Part) -> bytes: ...

    @abstractmethod
    def piece(self, part: Part, text: str) -> bytes: ...

    @abstractmethod
    def signature(self, part: Part, signature: str) -> bytes: ...

    @abstractmethod
    def redacted(self, part: Part, secret: str) -> Iterable[bytes]:
        """A whole thought of which the client sees nothing."""

    @abstractmethod
    def closing(self, part: Part) -> bytes: ...

    @abstractmethod
    def retracted(self) -> Iterable[bytes]:
        """What takes back all parts so far."""

    @abstractmethod
    def tail(self, reason: str) -> Iterable[bytes]:
        """What comes after the last part; `reason` is OpenAI's finish_reason."""

    @abstractmethod
    def failure(self, error: Exception) -> Sequence[bytes]: ...

    def chunk(self, chunk: ModelResponseStream) -> Sequence[bytes]:
        self._came.add(chunk)
        part = self._part
        if part is not None and part.kind == "text" and (text := only_text(chunk)):
            return (self.piece(part, text),)  # nearly every chunk
        head = () if self._has_begun else self.head(chunk)
        self._has_begun = True
        return [*head, *self._all_of(chunk)]

    def end(self) -> Sequence[bytes]:
        head = () if self._has_begun else self.head(ModelResponseStream())
        implied = "tool_calls" if self.calls.calls else "stop"
        return [*head, *self._close_all(), *self.tail(self.finish_reason or implied)]

    def usage(self) -> Usage:
        """As reported so far, else an estimate."""
        return completed(self._came.usage, self._came.estimated_usage)

    def _all_of(self, chunk: ModelResponseStream) -> Iterator[bytes]:
        if is_retraction(chunk):
            yield from self._take_back()
            return
        for choice in chunk.choices:
            if choice.index:
                raise BadRequestError(f"{self.format} has one choice: take one with rillm.choice(index).")
            yield from self._of(choice)

    def _of(self, choice: StreamingChoices) -> Iterator[bytes]:
        delta = choice.delta
        if delta.__pydantic_extra__:
            for thought in thoughts(delta):
                yield from self._thought(thought)
        if delta.content:
            yield from self._text("text", delta.content)
        if refusal := delta.extra.get("refusal"):
            yield from self._text("text", refusal)
        if fragments := delta.tool_calls or as_fragments(delta.function_call):
            for fragment, number in zip(fragments, self.calls.add(fragments), strict=True):
                yield from self._fragment(fragment, self.calls.calls[number])
        if choice.finish_reason:
            self.finish_reason = choice.finish_reason
            self.fields = delta.provider_specific_fields or {}
            yield from self._close_all()

    def _take_back(self) -> Iterator[bytes]:
        if self._parts:
            yield from self.retracted()
        self.finish_reason, self._part = None, None
        self.fields = {}
        self.calls = OpenCalls()
        for numbers_or_ids in (self._begun, self._open, self._ids):
            numbers_or_ids.clear()

    def _next(self, kind: Kind, call: OpenCall | None = None) -> Part:
        self._parts += 1
        return Part(kind, self._parts - 1, call)

    def _text(self, kind: Literal["text", "thinking"], text: str) -> Iterator[bytes]:
        if self._part is None or self._part.kind != kind:
            yield from self._close_part()
            yield from self._close_calls()
            self._part = self._next(kind)
            yield self.opening(self._part)
        if text:
            yield self.piece(self._part, text)

    def _thought(self, thought: Thought) -> Iterator[bytes]:
        if thought.redacted:
            yield from self._close_part()
            yield from self.redacted(self._next("thinking"), thought.redacted)
            return
        yield from self._text("thinking", thought.text)
        if thought.signature and self._part is not None:
            yield self.signature(self._part, thought.signature)
            yield from self._close_part()

    def _fragment(self, fragment: ChatCompletionDeltaToolCall, call: OpenCall) -> Iterator[bytes]:
        if call.number in self._begun and call.number not in self._open:
            if goes_on(call, fragment):
                raise StreamDecodeError(f"The call {call.name!r} went on after its end.")
            return
        if not call.name:
            return  # it may still come
        if call.number not in self._open:
            yield from self._close_part()
            yield from self._close_calls()
            yield self._begin(call)
        if call.name != self._open[call.number].name:
            raise StreamDecodeError(f"The name of the call {call.name!r} came in pieces.")
        yield from self._arguments(call)

    def _begin(self, call: OpenCall) -> bytes:
        part = self._open[call.number] = self._next("call", call)
        part.name = call.name
        part.id = call.id if call.id and call.id not in self._ids else f"call_{uuid4().hex}"
        self._ids.add(part.id)
        self._begun.add(call.number)
        return self.opening(part)

    def _arguments(self, call: OpenCall) -> Iterator[bytes]:
        part = self._open[call.number]
        new, part.pieces = call.arguments[part.pieces :], len(call.arguments)
        for text in new:
            yield self.piece(part, text)

    def _close_part(self) -> Iterator[bytes]:
        if self._part is not None:
            part, self._part = self._part, None
            yield self.closing(part)

    def _close_calls(self) -> Iterator[bytes]:
        """Close those that are whole, when something else is written."""
        for number in [*self._open]:
            if is_whole(self.calls.calls[number]):
                yield self.closing(self._open.pop(number))

    def _close_all(self) -> Iterator[bytes]:
        yield from self._close_part()
        for call in self.calls.calls:
            if call.number not in self._begun:  # it has no name
                yield self._begin(call)
                yield from self._arguments(call)
        for number in [*self._open]:
            yield self.closing(self._open.pop(number))
