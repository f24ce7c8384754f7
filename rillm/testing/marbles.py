"""Marble diagrams: streams drawn in one line, a column a tick.

They are ReactiveX's, for items that are words: https://rxpy.readthedocs.io/en/latest/testing.html

    -       a tick passes
    Hel     an item, at the tick of its first letter
    (a,b,|) all at the tick of the bracket
    |       the good end
    X       an error; `#`, as ReactiveX has it, is read as well
"""

from __future__ import annotations

import re
from enum import Enum
from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

TOKEN: Final = re.compile(r"(?P<pause>-+)|(?P<group>\([^()]*\))|(?P<one>\||[^-(),|]+)")


class Kind(Enum):
    """What can happen to a stream; the values are ReactiveX's."""

    ITEM = "N"
    ERROR = "E"
    END = "C"


class Event(NamedTuple):
    """What happened, and at which tick. `item` is the item as it is drawn, or the error."""

    tick: float
    kind: Kind
    item: Any = None


SIGNS: Final = {"|": Kind.END, "X": Kind.ERROR, "#": Kind.ERROR}


def parse(marbles: str) -> list[Event]:
    """The events of a diagram; items are the texts that stand for them.

    Raises:
        ValueError: it cannot be read, or goes on after its end.

    >>> [(event.tick, event.item) for event in parse("-Hi--(you,|)")]
    [(1, 'Hi'), (5, 'you'), (5, None)]
    """
    events: list[Event] = []
    at = 0
    while at < len(marbles):
        token = TOKEN.match(marbles, at)
        if token is None or (events and events[-1].kind is not Kind.ITEM):
            raise ValueError(f"no marble diagram from column {at} on: {marbles!r}")
        if not token["pause"]:
            names = token["group"][1:-1].split(",") if token["group"] else [token["one"]]
            events += [event_of(at, name) for name in names]
        at = token.end()
    return events


def event_of(tick: float, name: str) -> Event:
    kind = SIGNS.get(name, Kind.ITEM)
    return Event(tick, kind, name if kind is Kind.ITEM else None)


def draw(events: Iterable[Event], until: float = 0) -> str:
    """The diagram of `events`, whose items are texts; pauses are drawn up to the tick `until`.

    An item that is longer than the time to the next one pushes that out of its column.

    >>> draw([Event(1, Kind.ITEM, "Hi"), Event(5, Kind.ITEM, "you"), Event(5, Kind.END)])
    '-Hi--(you,|)'
    """
    names = {Kind.END: "|", Kind.ERROR: "X"}
    columns: dict[int, list[str]] = {}
    for event in events:
        columns.setdefault(round(event.tick), []).append(names.get(event.kind) or str(event.item))
    drawn = ""
    for tick, texts in columns.items():
        drawn = drawn.ljust(tick, "-") + (texts[0] if len(texts) == 1 else f"({','.join(texts)})")
    return drawn.ljust(round(until), "-")
