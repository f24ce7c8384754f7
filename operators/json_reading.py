"""`json_reading`: what operators on the JSON of an answer have in common; not public."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Protocol, TypeVar

from reactivex import abc
from reactivex.disposable import BooleanDisposable, CompositeDisposable

from rillm.streams.errors import RillmError
from rillm.streams.partial_response import partial_response
from rillm.streams.stream import Stream
from rillm.streams.tool_calls import OpenCalls

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from reactivex import Observable

    from rillm.operators.operator import Operator
    from rillm.streams.chunk import Delta, ModelResponseStream
    from rillm.streams.response import ModelResponse

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

END: Final = object()


class Reader(Protocol[T_co]):
    """One text, as it comes."""

    def read(self, text: str) -> Iterator[T_co]:
        """What this piece brings, made as it is taken. An exception ends the stream."""
        ...

    def lack(self, reason: str | None) -> Exception | None:
        """What is wrong if this was all; `reason` is why the model finished, None if it did not."""
        ...

    def came(self) -> str:
        """The text so far, as far as it was kept."""
        ...


def json_reading(make: Callable[[], Reader[T]], index: int, tool: str | None) -> Operator[ModelResponseStream | str, T]:
    """Emit what a reader makes of texts, of the content of a choice of chunks, or of the first call of a tool."""

    def read(source: Observable[ModelResponseStream | str]) -> Stream[T]:
        def subscribe(observer: abc.ObserverBase[T], scheduler: abc.SchedulerBase | None = None) -> abc.DisposableBase:
            reading = Reading(make(), observer, index, tool)
            return CompositeDisposable(source.subscribe(reading, scheduler=scheduler), reading.left)

        return Stream(subscribe)

    return read


class Reading(abc.ObserverBase["ModelResponseStream | str"]):
    """One subscription. When its consumer has `left`, or an error has come, what follows is not looked at."""

    def __init__(self, reader: Reader[Any], observer: abc.ObserverBase[Any], index: int, tool: str | None) -> None:
        self.left = BooleanDisposable()
        self._reader = reader
        self._observer = observer
        self._index = index
        self._tool = tool
        self._calls = OpenCalls()
        self._chunk: ModelResponseStream | None = None
        self._reason: str | None = None

    def on_next(self, value: ModelResponseStream | str) -> None:
        if isinstance(value, str):
            self._read(value)
            return
        for choice in value.choices:
            if choice.index == self._index:
                self._chunk = value
                if text := choice.delta.content if self._tool is None else self._arguments(choice.delta):
                    self._read(text)
                self._reason = choice.finish_reason or self._reason

    def on_error(self, error: Exception) -> None:
        if not self.left.is_disposed:
            self._observer.on_error(error)

    def on_completed(self) -> None:
        if self.left.is_disposed:
            return
        if error := self._reader.lack(self._reason):
            self._fail(error)
        else:
            self._observer.on_completed()

    def _read(self, text: str) -> None:
        items = self._reader.read(text)
        while not self.left.is_disposed:
            try:
                item = next(items, END)
            except Exception as error:  # noqa: BLE001 - validators are somebody else's code
                self._fail(error)
                return
            if item is END:
                return
            self._observer.on_next(item)

    def _fail(self, error: Exception) -> None:
        self.left.dispose()
        chunk = self._chunk
        if chunk and isinstance(error, RillmError):
            error.told(chunk.hidden_params.get("custom_llm_provider") or "", chunk.model or "")
            error.partial = self._partial(chunk)
        self._observer.on_error(error)

    def _partial(self, chunk: ModelResponseStream) -> ModelResponse | None:
        if self._tool is not None:
            calls = [call.closed() for call in self._calls.calls]
            return partial_response(chunk, self._index, tool_calls=calls)
        came = self._reader.came()
        return partial_response(chunk, self._index, content=came) if came else None

    def _arguments(self, delta: Delta) -> str:
        fragments = delta.tool_calls or ()
        numbers = self._calls.add(fragments)
        first = next((call.number for call in self._calls.calls if call.name == self._tool), None)
        pairs = zip(fragments, numbers, strict=True)
        return "".join(fragment.function.arguments for fragment, number in pairs if number == first)
