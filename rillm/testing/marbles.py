"""Marble diagrams: streams drawn in one line, a column a tick.

They are ReactiveX's, for items that are words: https://rxpy.readthedocs.io/en/latest/testing.html

    -       a tick passes
    Hel     an item, at the tick of its first letter; `_` stands for a blank in it
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
BLANK: Final = re.compile(r"\s")
WHY_NOT: Final = {
    "(": "the bracket is not closed, or has another one in it",
    ")": "no bracket is open here",
    ",": "write what comes at once in brackets, as in `(a,b)`",
}


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

    >>> from rillm.testing import parse
    >>> [(event.tick, event.item) for event in parse("-Hi--(you,|)")]
    [(1, 'Hi'), (5, 'you'), (5, None)]
    """
    events: list[Event] = []
    at = 0
    if blank := BLANK.search(marbles):
        raise no_diagram(marbles, blank.start(), "write `_` for a blank in an item")
    while at < len(marbles):
        token = TOKEN.match(marbles, at)
        if token is None:
            raise no_diagram(marbles, at, WHY_NOT[marbles[at]])
        names = token["group"][1:-1].split(",") if token["group"] else [token["one"]] if token["one"] else []
        if any(event.kind is not Kind.ITEM for event in events[-1:]) or not SIGNS.keys().isdisjoint(names[:-1]):
            raise no_diagram(marbles, at, "a stream has nothing after its end")
        events += [event_of(at, name) for name in names]
        at = token.end()
    return events


def no_diagram(marbles: str, column: int, why: str) -> ValueError:
    return ValueError(f"no marble diagram from column {column} on: {why}\n    {marbles}\n    {' ' * column}^")


def event_of(tick: float, name: str) -> Event:
    kind = SIGNS.get(name, Kind.ITEM)
    return Event(tick, kind, name if kind is Kind.ITEM else None)


def draw(events: Iterable[Event], until: float = 0) -> str:
    """The diagram of `events`, whose items are texts; pauses are drawn up to the tick `until`.

    An item that is longer than the time to the next one pushes that out of its column.

    >>> from rillm.testing import Event, Kind, draw
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
