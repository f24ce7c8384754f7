"""`replay`: a recorded stream, as it was."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from reactivex.disposable import CompositeDisposable, Disposable, SerialDisposable
from reactivex.scheduler import TimeoutScheduler

from rillm.operators.tap_end import tap_end
from rillm.streams.cassette_steps import steps
from rillm.streams.errors import BadRequestError
from rillm.streams.iterables import Anew, IterableSource
from rillm.streams.stream import Stream, as_stream, from_source

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable
    from os import PathLike

    from reactivex import Observable, abc

    from rillm.streams.cassette_steps import Step
    from rillm.streams.chunk import ModelResponseStream


def replay(
    path: str | PathLike[str],
    speed: float | None = 1.0,
    faults: Iterable[Callable[[Observable[ModelResponseStream]], Observable[ModelResponseStream]]] = (),
) -> Stream[ModelResponseStream]:
    """The chunks of a cassette that `record` has made, each at its time, and the end that the stream had.

    The stream is cold: each subscription plays from the beginning. The file is read as it is played.

    Args:
        path: of the cassette.
        speed: 2.0 plays it in half the time; None or 0 without waiting.
        faults: what is to go wrong, such as `rillm.testing.cut(after=3)`, `stall(…)` or `fail(error, …)`, in order.

    Errors: what the recording ended with; `StreamTruncatedError` after all that is whole, where the cassette was cut
    off or its consumer had left early; `StreamDecodeError` where it is none, or of another version; `OSError` where it
    cannot be read.

    Raises:
        BadRequestError: `speed` is negative.

    >>> import rillm, tempfile
    >>> path = tempfile.mkdtemp() + "/hello.jsonl"
    >>> recorded = rillm.stream("mock/echo", mock_response="Hello").pipe(rillm.record(path))
    >>> said = [chunk.model_dump_json() for chunk in recorded]
    >>> [chunk.model_dump_json() for chunk in rillm.replay(path, speed=None)] == said
    True
    """
    if speed is not None and speed < 0:
        raise BadRequestError(f"speed has to be a factor of at least 0, not {speed!r}.")

    file = Path(path)
    played: Observable[ModelResponseStream]
    at_once = Anew(lambda: IterableSource(blocks(file), may_block=False))
    played = Stream(partial(play, file, speed)) if speed else from_source(at_once)
    for fault in faults:
        played = fault(played)
    return as_stream(played).pipe(tap_end(lambda _: None))


def steps_of(file: Path) -> Generator[Step]:
    """What is in a cassette, read as it is asked for."""
    with file.open("rb") as lines:
        yield from steps(lines, file.name)


def blocks(file: Path) -> Generator[list[ModelResponseStream]]:
    """The chunks, as fast as they are read."""
    for _, chunk, error in steps_of(file):
        if error is not None:
            raise error
        if chunk is not None:
            yield [chunk]


def play(
    file: Path,
    speed: float,
    observer: abc.ObserverBase[ModelResponseStream],
    scheduler: abc.SchedulerBase | None = None,
) -> abc.DisposableBase:
    """Hand each chunk over at its time."""
    clock = scheduler or TimeoutScheduler.singleton()
    begun, coming, timer = clock.now, steps_of(file), SerialDisposable()

    def wait(*_: object) -> None:
        try:
            step = next(coming)
        except Exception as error:  # noqa: BLE001 - the recorded one, or of the file
            observer.on_error(error)
            return
        seconds = step.at / speed - (clock.now - begun).total_seconds()
        timer.disposable = clock.schedule_relative(max(seconds, 0.0), partial(hand_over, step))

    def hand_over(step: Step, *_: object) -> None:
        if step.chunk is not None:
            observer.on_next(step.chunk)
            wait()
        elif step.error is not None:
            observer.on_error(step.error)
        else:
            observer.on_completed()

    wait()
    return CompositeDisposable(timer, Disposable(coming.close))
