"""`record`: keep a stream as a file that can be replayed."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rillm.operators.at_the_end import at_the_end
from rillm.operators.tap_end import isolated
from rillm.streams import cassette
from rillm.streams.clock import Clock
from rillm.streams.stream import Stream

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from os import PathLike

    from reactivex import Observable, abc

    from rillm.operators.operator import Operator
    from rillm.streams.chunk import ModelResponseStream


def record(
    path: str | PathLike[str], notes: Mapping[str, Any] | None = None
) -> Operator[ModelResponseStream, ModelResponseStream]:
    """Write each chunk with its time into a cassette, which `rillm.replay` plays.

        -a-b-c-|
        [ record(path) ]
        -a-b-c-|

    The file is made anew by each subscription, before its source is subscribed to, and is whole up to the latest chunk
    at any time: a process that dies loses nothing that had come. It holds no key, no header and no prompt; what the
    model said is in it. One that can no longer be written is reported to loguru, and the stream goes on.

    Args:
        path: of the file; by convention it ends in `.jsonl`.
        notes: what else to keep in its first line. Values that are a `pydantic.SecretStr`, or have a name like
            "api_key", "token" or "headers", are not shown.

    Errors: `OSError` where the file cannot be made.

    >>> import rillm, tempfile
    >>> path = tempfile.mkdtemp() + "/hello.jsonl"
    >>> said = list(rillm.stream("mock/echo", mock_response="Hello").pipe(rillm.record(path), rillm.text()))
    >>> list(rillm.replay(path).pipe(rillm.text())) == said
    True
    """

    def recorded(source: Observable[ModelResponseStream]) -> Stream[ModelResponseStream]:
        def subscribe(
            observer: abc.ObserverBase[ModelResponseStream], scheduler: abc.SchedulerBase | None = None
        ) -> abc.DisposableBase:
            recording = Recording(path, notes or {}, Clock(scheduler).now)
            add, emit = recording.add, observer.on_next

            def on_next(chunk: ModelResponseStream) -> None:
                add(chunk)
                emit(chunk)

            ended = source.pipe(at_the_end(recording.end))
            return ended.subscribe(on_next, observer.on_error, observer.on_completed, scheduler=scheduler)

        return Stream(subscribe)

    return recorded


class Recording:
    """A file that is being written. Without a buffer: what the system has got, a process that dies cannot lose."""

    def __init__(self, path: str | PathLike[str], notes: Mapping[str, Any], now: Callable[[], float]) -> None:
        self._notes = notes
        self._now = now
        self._begun = now()
        self._last: ModelResponseStream | None = None
        self._is_well = True
        self._file = Path(path).open("wb", buffering=0)  # noqa: SIM115 - closed at the end

    def add(self, chunk: ModelResponseStream) -> None:
        if self._is_well:
            self._is_well = isolated(self._add, chunk)

    def end(self, error: Exception | None, cancelled: bool, _: object) -> None:  # noqa: FBT001 - as it is called
        isolated(self._end, error, cancelled=cancelled)

    def _add(self, chunk: ModelResponseStream) -> None:
        if self._last is None:
            self._write(cassette.head(chunk, self._notes, datetime.now(UTC)))
        self._last = chunk
        self._write(cassette.chunk_line(self._now() - self._begun, chunk))

    def _end(self, error: Exception | None, *, cancelled: bool) -> None:
        with self._file:
            if not self._is_well:
                return
            if self._last is None:
                self._write(cassette.head(None, self._notes, datetime.now(UTC)))
            self._write(cassette.end(self._now() - self._begun, self._last, error, cancelled=cancelled))

    def _write(self, line: bytes) -> None:
        if self._file.write(line) < len(line):
            raise OSError("There was no room for all of a line.")
