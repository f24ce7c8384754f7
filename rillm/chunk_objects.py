"""Chunks that somebody else has: the objects of an iterator, as a source and a decoder for `normalize`."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any, Final

from pydantic import BaseModel

from rillm.providers.failures import of_exception
from rillm.providers.openai_dialects import tidied_choice
from rillm.streams.any_chunk import as_chunk, with_delta
from rillm.streams.errors import StreamConsumedError, StreamDecodeError
from rillm.streams.json_values import is_object
from rillm.streams.mid_stream import in_stream
from rillm.streams.opened import CONSUMED
from rillm.streams.source import AsyncReading, Reading
from rillm.streams.threaded import aopen_on_thread

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Generator, Mapping, Sequence

    from rillm.streams.chunk import ModelResponseStream

END: Final = object()


class ObjectSource:
    """The items of `objects`, an iterator of either kind or both, and END after them; read once.

    Args:
        objects: None to have `make_call(client=None)` make them, plainly or as a coroutine.
        call: `llm_provider` and `model` of errors.
    """

    def __init__(self, objects: Any, make_call: Callable[..., Any] | None, call: Mapping[str, str]) -> None:
        self.objects = objects
        self._make_call = make_call
        self._call = call
        self._taken = False

    def open(self) -> Reading[Any]:
        self._take()
        if self.objects is None and self._make_call is not None:
            self.objects = self._guarded(lambda make: make(client=None), self._make_call)
        return Reading(self._read(), self.close)

    async def aopen(self) -> AsyncReading[Any]:
        if self.objects is None and self._make_call is not None:
            try:
                made = self._make_call(client=None)
                self.objects = await made if inspect.isawaitable(made) else made
            except Exception as error:
                raise in_stream(of_exception(error, **self._call)) from error
        if not hasattr(self.objects, "__aiter__"):
            return await aopen_on_thread(self.open)
        self._take()
        return AsyncReading(self._aread(), self.aclose, self.close)

    def close(self) -> None:
        """Close what gives the objects, if it can be."""
        closing = getattr(self.objects, "close", None)
        if callable(closing) and not inspect.iscoroutinefunction(closing) and not is_running(self.objects):
            closing()

    async def aclose(self) -> None:
        """As `close`, and wait for it."""
        closing: Callable[[], Awaitable[None]] | None = getattr(self.objects, "aclose", None)
        if callable(closing) and not is_running(self.objects):
            await closing()

    def _take(self) -> None:
        if self._taken:
            raise StreamConsumedError(CONSUMED)
        self._taken = True

    def _guarded(self, step: Callable[[Any], Any], subject: Any) -> Any:
        try:
            return step(subject)
        except StopIteration:
            raise
        except Exception as error:
            raise in_stream(of_exception(error, **self._call)) from error

    def _read(self) -> Generator[Sequence[Any]]:
        objects = self._guarded(iter, self.objects)
        while True:
            try:
                item = self._guarded(next, objects)
            except StopIteration:
                break
            yield (item,)
        yield (END,)

    async def _aread(self) -> AsyncGenerator[Sequence[Any]]:
        iterator: AsyncIterator[Any] = aiter(self.objects)
        while True:
            try:
                item = await anext(iterator)
            except StopAsyncIteration:
                break
            except Exception as error:
                raise in_stream(of_exception(error, **self._call)) from error
            yield (item,)
        yield (END,)


def is_running(objects: Any) -> bool:
    """Whether a generator is being read just now: it ends by itself."""
    return (inspect.isgenerator(objects) and objects.gi_running) or (inspect.isasyncgen(objects) and objects.ag_running)


class ObjectDecoder:
    """From such items to chunks.

    Args:
        calls_decide: whether a choice that brought tool calls ends with "tool_calls", not with "stop".
    """

    finish_ends = True

    def __init__(self, *, calls_decide: bool) -> None:
        self.terminated = False
        self._calls_decide = calls_decide
        self._with_calls: set[int] = set()

    def decode(self, frame: Any) -> Sequence[ModelResponseStream]:
        if frame is END:
            self.terminated = True
            return ()
        chunk = chunk_of(frame)
        for choice in chunk.choices:
            if choice.delta.tool_calls:
                self._with_calls.add(choice.index)
            if self._calls_decide and choice.finish_reason == "stop" and choice.index in self._with_calls:
                choice.finish_reason = "tool_calls"
        return (chunk,)


def chunk_of(item: Any) -> ModelResponseStream:
    """A chunk of our own: of a chunk or whole response (ours, LiteLLM's, the OpenAI SDK's), or of a generic dict.

    Raises:
        StreamDecodeError: it is none of these.
    """
    data: Any = item.model_dump(exclude_none=True, warnings=False) if isinstance(item, BaseModel) else item
    if is_object(data) and "choices" not in data and "text" in data:
        data = of_text(data)
    try:
        values: dict[str, Any] = {key: value for key, value in data.items() if value is not None}
        values["choices"] = [tidied_choice(with_delta(choice)) for choice in values.get("choices", ())]
        values["object"] = "chat.completion.chunk"
        return as_chunk(values)
    except (AttributeError, TypeError, ValueError) as error:
        raise StreamDecodeError(f"The stream holds something else than chunks: a {type(item).__name__}.") from error


def of_text(item: Mapping[str, Any]) -> dict[str, Any]:
    """LiteLLM's generic chunk, `{"text", "is_finished", "finish_reason", "usage", "index", "tool_use"}`, as a chunk."""
    calls = item.get("tool_use")
    delta = {"content": item["text"], **({"tool_calls": [calls]} if calls else {})}
    choice = {"index": item.get("index") or 0, "delta": delta, "finish_reason": item.get("finish_reason") or None}
    return {"choices": [choice], "usage": item.get("usage")}
