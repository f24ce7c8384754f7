"""`play`: what an operator makes of a stream, in virtual time."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from reactivex.disposable import BooleanDisposable, Disposable
from reactivex.scheduler import VirtualTimeScheduler

from rillm.streams.stream import Stream, as_stream
from rillm.testing.chunks import read, shown
from rillm.testing.marbles import Event, Kind, draw, parse

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from reactivex import Observable, abc

LONGEST: Final = 1000  # ticks
PRECISION: Final = 6  # digits of a tick that are not noise of floating point


@dataclass
class Played:
    """What came out of an operator.

    Attributes:
        events: items, the error or the end, each with its tick.
        let_go: the tick at which the source ended or was disposed of; None if it goes on. That is when the money stops.
        subscriptions: how often the source was subscribed to.
    """

    events: list[Event] = field(default_factory=list[Event])
    let_go: float | None = None
    subscriptions: int = 0
    names: Mapping[str, Any] = field(default_factory=dict[str, Any], repr=False)
    show: Callable[[Any], str] = field(default=shown, repr=False)
    until: float = field(default=0, repr=False)

    @property
    def items(self) -> list[Any]:
        return [event.item for event in self.events if event.kind is Kind.ITEM]

    @property
    def error(self) -> Exception | None:
        """What ended it, if anything did."""
        return next((event.item for event in self.events if event.kind is Kind.ERROR), None)

    @property
    def marbles(self) -> str:
        """The diagram of what came out; of a stream that goes on, up to the last that came in."""
        is_over = any(event.kind is not Kind.ITEM for event in self.events)
        return draw(
            (event._replace(item=self._name(event.item)) for event in self.events), 0 if is_over else self.until
        )

    @property
    def source(self) -> str:
        """The diagram of the source: `^` where it was subscribed to, `!` where it was let go.

        >>> from reactivex import operators as ops
        >>> play(ops.take(1), "--a-b|").source
        '^-!'
        """
        if not self.subscriptions:
            return ""
        return "^" if self.let_go is None else "^".ljust(round(self.let_go), "-") + "!"

    def _name(self, item: Any) -> str:
        return next((name for name, value in self.names.items() if value is item or value == item), self.show(item))


def play(  # noqa: PLR0913 - by keyword only
    operator: Callable[[Observable[Any]], Observable[Any]],
    marbles: str,
    *,
    values: Mapping[str, Any] | None = None,
    given: Callable[[str], Any] = read,
    error: Exception | None = None,
    tick: float = 1.0,
    leave: float | None = None,
    show: Callable[[Any], str] = shown,
) -> Played:
    """Play a stream, drawn as marbles, through an operator. No time passes.

    Args:
        operator: from an observable to an observable, ours or Rx's; several are one with `reactivex.compose`.
        marbles: what comes in; see `rillm.testing.marbles`.
        values: items by the names that they have in `marbles`, and in what comes out.
        given: makes items of all other names: chunks, as `rillm.testing.chunks.read` does; `str` for texts.
        error: what `X` stands for.
        tick: how long one is, in seconds.
        leave: the tick at which the consumer leaves.
        show: how the items that come out are drawn.

    Raises:
        ValueError: `marbles` is no diagram.
        AssertionError: the operator subscribes to its source on another scheduler than its own.

    >>> import rillm
    >>> from rillm.testing import play
    >>> played = play(rillm.repeat_guard(2), "-the-the-the-|")
    >>> played.marbles, type(played.error).__name__, played.source
    ('-the-the-X', 'RepeatedChunkError', '^--------!')
    """
    stage = Stage(parse(marbles), dict(values or {}), given, error or RuntimeError("X"), tick)
    played = stage.played = Played(names=stage.names, show=show, until=len(marbles))
    subscription = as_stream(operator(Stream(stage.subscribe))).subscribe(
        lambda item: stage.record(Kind.ITEM, item),
        lambda exception: stage.record(Kind.ERROR, exception),
        lambda: stage.record(Kind.END),
        scheduler=stage.clock,
    )
    if leave is not None:

        def left(*_: object) -> None:
            subscription.dispose()

        stage.clock.schedule_relative(leave * tick, left)
    stage.clock.advance_to(LONGEST * tick)
    if stage.is_lost:
        raise AssertionError("the operator does not hand its scheduler to its source")
    return played


@dataclass
class Stage:
    """The clock, and the source, which plays what comes in to each subscription."""

    incoming: list[Event]
    names: dict[str, Any]
    given: Callable[[str], Any]
    error: Exception
    tick: float
    played: Played = field(default_factory=Played)
    clock: VirtualTimeScheduler = field(default_factory=VirtualTimeScheduler)
    is_lost: bool = False

    def now(self) -> float:
        return round(self.clock.to_seconds(self.clock.now) / self.tick, PRECISION)

    def record(self, kind: Kind, item: Any = None) -> None:
        self.played.events.append(Event(self.now(), kind, item))

    def subscribe(
        self, observer: abc.ObserverBase[Any], scheduler: abc.SchedulerBase | None = None
    ) -> abc.DisposableBase:
        if scheduler is not self.clock:
            self.is_lost = True
            observer.on_completed()
            return Disposable()
        self.played.subscriptions += 1
        self.played.let_go = None
        over = BooleanDisposable()
        for event in self.incoming:
            act = partial(self._happen, event, observer, over)
            self.clock.schedule_relative(event.tick * self.tick, act)
        return Disposable(lambda: self._let_go(over))

    def _happen(
        self, event: Event, observer: abc.ObserverBase[Any], over: BooleanDisposable, *_clock_and_state: object
    ) -> None:
        if over.is_disposed:
            return
        if event.kind is Kind.ITEM:
            observer.on_next(self.names[event.item] if event.item in self.names else self.given(event.item))
            return
        self._let_go(over)
        if event.kind is Kind.END:
            observer.on_completed()
        else:
            observer.on_error(self.error)

    def _let_go(self, over: BooleanDisposable) -> None:
        if not over.is_disposed:
            over.dispose()
            self.played.let_go = self.now()
