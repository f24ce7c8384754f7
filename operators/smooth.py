"""`smooth`: an answer at an even pace, whatever bursts it comes in."""

from __future__ import annotations

from collections import deque
from math import ceil, isfinite
from threading import RLock
from typing import TYPE_CHECKING, Any, Final

from reactivex import abc
from reactivex.disposable import CompositeDisposable, SerialDisposable
from reactivex.scheduler import TimeoutScheduler

from rillm.operators.chunk_texts import texts_of
from rillm.operators.detected import By, cutter_by
from rillm.operators.recutting import Recutting
from rillm.operators.rewritten import shown
from rillm.streams.chunk import ModelResponseStream
from rillm.streams.errors import BadRequestError
from rillm.streams.stream import Stream

if TYPE_CHECKING:
    from reactivex import Observable

    from rillm.operators.operator import Operator
    from rillm.operators.rewriting import Text

MOST_WAITING: Final = 100  # items for each piece that comes at a time


def smooth(delay: float | None = 0.01, by: By = "word") -> Operator[Text, Text]:
    """Even out bursts: let a text out piece by piece, one every `delay` seconds. Of chunks or of strings.

        -It_comes-_all_at-_once-=stop|
        [ smooth(delay=7) ]
        -It_------comes_-all_---at_----(once,=stop,|)

    Content and reasoning are cut into pieces, those of each choice by themselves. All else keeps its place: tool calls,
    finish and usage chunks come right after the last piece before them. When the source ends, what waits comes at the
    same pace, then the end; before an error it comes at once. Leaving closes the source and drops what waits. A
    retraction takes back the piece that has begun.

    The source is read on meanwhile, so its connection is free as soon as the model is ready; a consumer that is slow
    itself stops the reading, as ever. Where more than 100 pieces wait, two come at a time, where more than 200, three,
    and so on: a text stays about 100 delays behind the fastest model, and what waits stays small.

    Args:
        delay: seconds from one piece to the next; None or 0 lets out each as soon as it is whole.
        by: what a piece is: a "word" as `words` has it, in Chinese and Japanese too; a "line" with its end; all up to
            the end of the first match of a compiled expression; or what a function gives that is called with the text
            that has not been let out: the beginning of it that is a piece, or None to wait for more.

    Errors: `BadRequestError` for arguments that are none of these, and in the stream where `by` gives no beginning of
    the text; whatever `by` raises. What had come is let out before.

    This is the `smoothStream` of Vercel's AI SDK, with its default delay and the contract of its `ChunkDetector`:
    https://ai-sdk.dev/docs/reference/ai-sdk-core/smooth-stream.

    >>> import rillm
    >>> answer = rillm.stream("mock/echo", mock_response="High up, in the snow.")
    >>> list(answer.pipe(rillm.smooth(delay=0.001), rillm.text()))
    ['High ', 'up, ', 'in ', 'the ', 'snow.']
    """
    cutter = cutter_by(by)
    seconds = checked(delay)

    def smoothed(source: Observable[Text]) -> Stream[Text]:
        def subscribe(
            observer: abc.ObserverBase[Text], scheduler: abc.SchedulerBase | None = None
        ) -> abc.DisposableBase:
            if not seconds:
                return source.subscribe(Recutting(cutter, observer, shown), scheduler=scheduler)
            pacing = Pacing(seconds, scheduler or TimeoutScheduler.singleton(), observer)
            pieces = Recutting(cutter, pacing, lambda piece: piece)  # what waits stays small
            return CompositeDisposable(pacing.timer, source.subscribe(pieces, scheduler=scheduler))

        return Stream(subscribe)

    return smoothed


def checked(delay: float | None) -> float:
    """A delay in seconds, 0 for none.

    Raises:
        BadRequestError: it is no time to wait.
    """
    seconds = delay or 0.0
    if not (isfinite(seconds) and seconds >= 0):
        raise BadRequestError(f"The delay has to be a number of seconds, not {delay!r}.")
    return seconds


class Pacing(abc.ObserverBase[Any]):
    """One subscription: what waits, and the timer that runs while nothing more may be let out."""

    def __init__(self, delay: float, clock: abc.SchedulerBase, observer: abc.ObserverBase[Any]) -> None:
        self.timer = SerialDisposable()
        self._queue: deque[Any] = deque()
        self._delay = delay
        self._clock = clock
        self._observer = observer
        self._pauses = False
        self._is_over = False
        self._lock = RLock()  # some schedulers have threads for their timers

    def on_next(self, value: Any) -> None:
        with self._lock:
            self._queue.append(value)
            self._let_out(0 if self._pauses else 1)

    def on_error(self, error: Exception) -> None:
        with self._lock:
            while self._queue:
                self._observer.on_next(shown(self._queue.popleft()))
            self._observer.on_error(error)

    def on_completed(self) -> None:
        with self._lock:
            self._is_over = True
            self._let_out(0 if self._pauses else 1)

    def _let_out(self, pieces: int) -> None:
        """Let out so many pieces, and what stands between and behind them."""
        queue = self._queue
        while queue:
            is_text = has_text(queue[0])
            if is_text and not pieces:
                break
            self._observer.on_next(shown(queue.popleft()))
            if is_text:
                pieces -= 1
                self._pause()
        if self._is_over and not queue:
            self._observer.on_completed()

    def _pause(self) -> None:
        def go_on(*_: object) -> None:
            with self._lock:
                self._pauses = False
                self._let_out(ceil(len(self._queue) / MOST_WAITING))

        if not self._pauses:
            self._pauses = True
            self.timer.disposable = self._clock.schedule_relative(self._delay, go_on)


def has_text(item: Any) -> bool:
    """Whether it is a text, or a chunk that has one."""
    return not isinstance(item, ModelResponseStream) or bool(texts_of(item))
