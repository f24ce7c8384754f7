from __future__ import annotations

import pytest

from rillm.testing import Event, Kind, draw, parse

ITEM, END, ERROR = Kind.ITEM, Kind.END, Kind.ERROR


@pytest.mark.parametrize(
    ("marbles", "events"),
    [
        ("", []),
        ("---", []),
        ("|", [Event(0, END)]),
        ("--X", [Event(2, ERROR)]),
        ("-Hel--lo|", [Event(1, ITEM, "Hel"), Event(6, ITEM, "lo"), Event(8, END)]),
        ("-(a,b)-(c,|)", [Event(1, ITEM, "a"), Event(1, ITEM, "b"), Event(7, ITEM, "c"), Event(7, END)]),
        ("-Xa-X", [Event(1, ITEM, "Xa"), Event(4, ERROR)]),
    ],
)
def test_diagrams_that_are_read_and_drawn(marbles: str, events: list[Event]) -> None:
    assert parse(marbles) == events
    assert draw(events, len(marbles)) == marbles


def test_the_other_sign_of_an_error() -> None:
    assert parse("-#") == [Event(1, ERROR)]


@pytest.mark.parametrize("marbles", ["-a-|-b", "|-", "-X-", "(a", "a)", "a,b", "((a))"])
def test_what_is_no_diagram(marbles: str) -> None:
    with pytest.raises(ValueError, match="no marble diagram from column"):
        parse(marbles)


def test_long_items_push_those_after_them() -> None:
    assert draw([Event(1, ITEM, "Hello"), Event(2, ITEM, "you"), Event(12, END)]) == "-Helloyou---|"
