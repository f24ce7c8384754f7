"""`play`: what an operator makes of streams, in virtual time."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from reactivex.disposable import BooleanDisposable, Disposable
from reactivex.scheduler import VirtualTimeScheduler

from rillm.streams.stream import Stream, as_stream
from rillm.testing.chunks import read, shown
from rillm.testing.marbles import Event, Kind, parse
from rillm.testing.played import Played, Visits
from rillm.testing.ways import applied

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from reactivex import Observable, abc

LONGEST: Final = 1000  # ticks
PRECISION: Final = 6  # digits of a tick that are not noise of floating point


def play(  # noqa: PLR0913 - by keyword only
    operator: Callable[..., Observable[Any]],
    *marbles: str,
    values: Mapping[str, Any] | None = None,
    given: Callable[[str], Any] = read,
    error: Exception | None = None,
    tick: float = 1.0,
    leave: float | None = None,
    show: Callable[[Any], str] = shown,
) -> Played:
    """Play streams, drawn as marbles, through an operator. No time passes.

    Args:
        operator: from an observable to an observable, ours or Rx's; several are one with `reactivex.compose`. A
            function of several streams gets as many as are drawn.
        marbles: what comes in; see `rillm.testing.marbles`. Each is cold: it plays from its beginning to everyone who
            subscribes.
        values: items by the names that they have in `marbles`, and in what comes out.
        given: makes items of all other names: chunks, as `rillm.testing.chunks.read` does; `str` for texts.
        error: what `X` stands for.
        tick: how long one is, in seconds.
        leave: the tick at which the consumer leaves.
        show: how the items that come out are drawn.

    Raises:
        ValueError: `marbles` is no diagram.
        TypeError: what `operator` makes is no observable.
        AssertionError: the operator subscribes to a source on another scheduler than its own.

    >>> import rillm
    >>> from rillm.testing import play
    >>> played = play(rillm.repeat_guard(2), "-the-the-the-|")
    >>> played.marbles, type(played.error).__name__, played.source
    ('-the-the-X', 'RepeatedChunkError', '^--------!')

    Several streams:

    >>> played = play(rillm.race, "---slow-|", "-fast---|")
    >>> played.marbles, played.sources
    ('-fast---|', ['^!', '^-------!'])
    """
    stage = Stage(dict(values or {}), given, error or RuntimeError("X"), tick)
    inputs = [Cold(parse(one), stage) for one in marbles]
    made = applied(operator, *(Stream(one.subscribe) for one in inputs))
    played = Played(
        visits=[one.visits for one in inputs],
        names=stage.names,
        show=show,
        until=max(map(len, marbles), default=0),
    )

    def record(kind: Kind, item: Any = None) -> None:
        played.events.append(Event(stage.now(), kind, item))

    subscription = as_stream(made).subscribe(
        partial(record, Kind.ITEM), partial(record, Kind.ERROR), partial(record, Kind.END), scheduler=stage.clock
    )
    if leave is not None:
        stage.at(leave, subscription.dispose)
    stage.clock.advance_to(LONGEST * tick)
    if any(one.is_lost for one in inputs):
        raise AssertionError("the operator does not hand its scheduler to its source")
    return played


@dataclass
class Stage:
    """The clock, and what the names in a diagram stand for."""

    names: dict[str, Any]
    given: Callable[[str], Any]
    error: Exception
    tick: float
    clock: VirtualTimeScheduler = field(default_factory=VirtualTimeScheduler)

    def now(self) -> float:
        return round(self.clock.to_seconds(self.clock.now) / self.tick, PRECISION)

    def at(self, tick: float, action: Callable[[], None]) -> None:
        """Have something done, so many ticks from now."""

        def act(*_clock_and_state: object) -> None:
            action()

        self.clock.schedule_relative(tick * self.tick, act)

    def item(self, name: str) -> Any:
        return self.names[name] if name in self.names else self.given(name)


@dataclass
class Cold:
    """A stream that came in."""

    events: list[Event]
    stage: Stage
    visits: Visits = field(default_factory=Visits)
    is_lost: bool = False

    def subscribe(
        self, observer: abc.ObserverBase[Any], scheduler: abc.SchedulerBase | None = None
    ) -> abc.DisposableBase:
        if scheduler is not self.stage.clock:
            self.is_lost = True
            observer.on_completed()
            return Disposable()
        self.visits.begin(self.stage.now())
        over = BooleanDisposable()
        for event in self.events:
            self.stage.at(event.tick, partial(self._happen, event, observer, over))
        return Disposable(partial(self._let_go, over))

    def _happen(self, event: Event, observer: abc.ObserverBase[Any], over: BooleanDisposable) -> None:
        if over.is_disposed:
            return
        if event.kind is Kind.ITEM:
            observer.on_next(self.stage.item(event.item))
            return
        self._let_go(over)
        if event.kind is Kind.END:
            observer.on_completed()
        else:
            observer.on_error(self.stage.error)

    def _let_go(self, over: BooleanDisposable) -> None:
        if not over.is_disposed:
            over.dispose()
            self.visits.end(self.stage.now())
