"""What `play` gives: what came out, when, and when the streams that came in were let go."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from rillm.testing.chunks import shown
from rillm.testing.marbles import Event, Kind, draw

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


@dataclass
class Visits:
    """When somebody was subscribed to a stream that came in.

    Attributes:
        begun: the tick of the first subscription; None if there was none.
        let_go: the tick at which the last one ended or was disposed of; None while there is one.
        times, open: how many there have been, and how many there are.
    """

    begun: float | None = None
    let_go: float | None = None
    times: int = 0
    open: int = 0

    def begin(self, tick: float) -> None:
        self.begun = tick if self.begun is None else self.begun
        self.times += 1
        self.open += 1
        self.let_go = None

    def end(self, tick: float) -> None:
        self.open -= 1
        self.let_go = None if self.open else tick

    def __str__(self) -> str:
        """A diagram: `^` where it was subscribed to, `!` where it was let go."""
        if self.begun is None:
            return ""
        begun = "-" * round(self.begun)
        if self.let_go is None:
            return f"{begun}^"
        if round(self.let_go) == round(self.begun):
            return f"{begun}(^!)"
        return f"{begun}^".ljust(round(self.let_go), "-") + "!"


@dataclass(repr=False)
class Played:
    """What came out of an operator.

    Attributes:
        events: items, the error or the end, each with its tick.
        visits: when the streams that came in were subscribed to, in their order.
    """

    events: list[Event] = field(default_factory=list[Event])
    visits: list[Visits] = field(default_factory=list[Visits])
    names: Mapping[str, Any] = field(default_factory=dict[str, Any])
    show: Callable[[Any], str] = shown
    until: float = 0

    @property
    def items(self) -> list[Any]:
        """What came out before the end."""
        return [event.item for event in self.events if event.kind is Kind.ITEM]

    @property
    def error(self) -> Exception | None:
        """What ended it, if anything did."""
        return next((event.item for event in self.events if event.kind is Kind.ERROR), None)

    @property
    def marbles(self) -> str:
        """The diagram of what came out; of a stream that goes on, up to the last that came in."""
        is_over = any(event.kind is not Kind.ITEM for event in self.events)
        return draw(map(self._named, self.events), 0 if is_over else self.until)

    @property
    def source(self) -> str:
        """The diagram of the source: `^` where it was subscribed to, `!` where it was let go. Then the money stops.

        >>> from reactivex import operators as ops
        >>> from rillm.testing import play
        >>> play(ops.take(1), "--a-b|").source
        '^-!'
        """
        return str(self.visits[0])

    @property
    def sources(self) -> list[str]:
        """The same of each stream that came in."""
        return [str(one) for one in self.visits]

    @property
    def let_go(self) -> float | None:
        """The tick at which the source ended or was disposed of; None if it goes on."""
        return self.visits[0].let_go

    @property
    def subscriptions(self) -> int:
        """How often the source was subscribed to."""
        return self.visits[0].times

    def __repr__(self) -> str:
        return f"Played({self.marbles!r}, sources={self.sources})"

    def _named(self, event: Event) -> Event:
        if event.kind is not Kind.ITEM:
            return event
        item = event.item
        name = next((name for name, value in self.names.items() if value is item or value == item), None)
        return event._replace(item=self.show(item) if name is None else name)
