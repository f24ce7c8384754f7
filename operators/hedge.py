"""`hedge`: ask a second model where the first is slow to speak."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from reactivex import abc
from reactivex.disposable import CompositeDisposable, SerialDisposable, SingleAssignmentDisposable
from reactivex.scheduler import TimeoutScheduler

from rillm.operators.cost_tap import cost_of
from rillm.streams.accumulator import Accumulator
from rillm.streams.errors import BadRequestError
from rillm.streams.stream import Stream
from rillm.streams.tidy import says_something

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reactivex import Observable

    from rillm.operators.cost_tap import Cost
    from rillm.streams.chunk import ModelResponseStream

LOSERS: Final = "hedge_losers"


def hedge(*streams: Observable[ModelResponseStream], after: float = 0.0) -> Stream[ModelResponseStream]:
    """The stream whose model speaks first. The next one is asked each time that `after` seconds pass in silence.

        -----------Hi-|
        -Ho-|
        [ hedge(after=4) ]
        -----Ho-|

    To speak is to bring text, reasoning or a call: a role or a ping wins nothing. At the first word the others are
    closed. One that fails before it has spoken is out, and the next is asked at once; when all have failed, the error
    is that of the last.

    What the losers cost is in the `_hidden_params["hedge_losers"]` of the chunks and of the response: a `Cost` each,
    None for one of whose call nothing is known since no chunk had come. A model that was asked bills its prompt.

    Args:
        streams: in the order in which they are asked; cold, as those of `rillm.stream` are.
        after: seconds; 0 asks all at once.

    Raises:
        BadRequestError: there is no stream.

    >>> import rillm
    >>> slow = rillm.stream("mock/slow", mock_response="Late", mock_delay=5)
    >>> fast = rillm.stream("mock/fast", mock_response="Hello")
    >>> "".join(rillm.hedge(slow, fast, after=0.01).pipe(rillm.text()))
    'Hello'
    """
    if not streams:
        raise BadRequestError("hedge needs at least one stream.")

    def subscribe(
        observer: abc.ObserverBase[ModelResponseStream], scheduler: abc.SchedulerBase | None = None
    ) -> abc.DisposableBase:
        state = _Hedge(streams, after, observer, scheduler)
        state.ask()
        return state.running

    return Stream(subscribe)


class _Hedge:
    """One subscription: who has been asked, and who has won."""

    def __init__(
        self,
        streams: Sequence[Observable[ModelResponseStream]],
        after: float,
        observer: abc.ObserverBase[ModelResponseStream],
        scheduler: abc.SchedulerBase | None,
    ) -> None:
        self._streams = list(streams)
        self._after = after
        self._scheduler = scheduler
        self._timer = SerialDisposable()
        self._runners: list[_Runner] = []
        self.observer = observer
        self.running = CompositeDisposable(self._timer)
        self.winner: _Runner | None = None

    def ask(self, *_: object) -> None:
        """Ask the next one, and see to it that those after it are asked in time."""
        if self.winner is not None or not self._streams:
            return
        runner = _Runner(self)
        self._runners.append(runner)
        self.running.add(runner.subscription)
        stream = self._streams.pop(0)
        if self._streams:
            clock = self._scheduler or TimeoutScheduler.singleton()
            self._timer.disposable = clock.schedule_relative(self._after, self.ask)
        runner.subscription.disposable = stream.subscribe(runner, scheduler=self._scheduler)

    def win(self, runner: _Runner) -> None:
        self.winner = runner
        self._timer.dispose()
        losers = [other for other in self._runners if other is not runner]
        for loser in losers:
            loser.subscription.dispose()
        if runner.unsaid:
            runner.unsaid[0].hidden_params[LOSERS] = [loser.cost() for loser in losers]
        for chunk in runner.unsaid:
            self.observer.on_next(chunk)

    def fail(self, runner: _Runner, error: Exception) -> None:
        self._runners.remove(runner)
        if not self._runners and not self._streams:
            self.observer.on_error(error)
        else:
            self.ask()


class _Runner(abc.ObserverBase["ModelResponseStream"]):
    """One stream; what it brings waits until it has won."""

    def __init__(self, of: _Hedge) -> None:
        self.subscription = SingleAssignmentDisposable()
        self.unsaid: list[ModelResponseStream] = []
        self._hedge = of

    def on_next(self, value: ModelResponseStream) -> None:
        winner = self._hedge.winner
        if winner is self:
            self._hedge.observer.on_next(value)
        elif winner is None:
            self.unsaid.append(value)
            if says_something(value):
                self._hedge.win(self)

    def on_error(self, error: Exception) -> None:
        if self._hedge.winner is self:
            self._hedge.observer.on_error(error)
        elif self._hedge.winner is None:
            self._hedge.fail(self, error)

    def on_completed(self) -> None:
        if self._hedge.winner is None:
            self._hedge.win(self)
        if self._hedge.winner is self:
            self._hedge.observer.on_completed()

    def cost(self) -> Cost | None:
        accumulator = Accumulator()
        for chunk in self.unsaid:
            accumulator.add(chunk)
        return cost_of(accumulator.response()) if self.unsaid else None
