"""`record`: keep a stream as a file that can be replayed."""

from __future__ import annotations

from pathlib import Path
from traceback import format_exc
from typing import TYPE_CHECKING, Any, Final

from reactivex.scheduler import TimeoutScheduler

from rillm.operators.at_the_end import at_the_end
from rillm.streams.cassette import chunk_line, end, failure, head
from rillm.streams.stream import Stream

if TYPE_CHECKING:
    from collections.abc import Mapping
    from os import PathLike
    from typing import TextIO

    from reactivex import Observable, abc

    from rillm.operators.operator import Operator
    from rillm.streams.chunk import ModelResponseStream

PRECISION: Final = 6  # digits of a second


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
            recorder = _Recorder(path, notes or {}, scheduler or TimeoutScheduler.singleton())

            def on_next(chunk: ModelResponseStream) -> None:
                recorder.add(chunk)
                observer.on_next(chunk)

            ended = source.pipe(at_the_end(recorder.end))
            return ended.subscribe(on_next, observer.on_error, observer.on_completed, scheduler=scheduler)

        return Stream(subscribe)

    return recorded


class _Recorder:
    """One recording."""

    def __init__(self, path: str | PathLike[str], notes: Mapping[str, Any], clock: abc.SchedulerBase) -> None:
        self._notes = notes
        self._clock = clock
        self._begun = clock.now
        self._last: ModelResponseStream | None = None
        self._file: TextIO | None = Path(path).open("w", encoding="utf-8", newline="\n")  # noqa: SIM115 - closed at the end

    def add(self, chunk: ModelResponseStream) -> None:
        if self._last is None:
            self._write(head(chunk, self._notes, self._begun))
        self._last = chunk
        self._write(chunk_line(chunk, self._now()))

    def end(self, error: Exception | None, cancelled: bool, _: object) -> None:  # noqa: FBT001 - as it is called
        if self._last is None:
            self._write(head(None, self._notes, self._begun))
        told: dict[str, Any] = {} if error is None else {"error": failure(error)}
        how = "cancelled" if cancelled else "completed" if error is None else "error"
        self._write(end(self._last, self._now(), how, **told))
        if self._file is not None:
            self._file.close()

    def _now(self) -> float:
        return round((self._clock.now - self._begun).total_seconds(), PRECISION)

    def _write(self, text: str) -> None:
        if self._file is None:
            return
        try:
            self._file.write(text)
            self._file.flush()
        except (OSError, ValueError):
            self._file = None
            from loguru import logger  # noqa: PLC0415 - loaded when there is something to say

            logger.error("A recording can not go on; its stream is not affected\n{}", format_exc())
