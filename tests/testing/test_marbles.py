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


@pytest.mark.parametrize(
    ("marbles", "column", "why"),
    [
        ("-a-|-b", 4, "nothing after its end"),
        ("|-", 1, "nothing after its end"),
        ("-X-", 2, "nothing after its end"),
        ("-(|,a)", 1, "nothing after its end"),
        ("(a", 0, "not closed"),
        ("((a))", 0, "another one in it"),
        ("a)", 1, "no bracket is open"),
        ("a,b", 1, "in brackets"),
        ("-a b-", 2, "`_` for a blank"),
        ("-(a, b)", 4, "`_` for a blank"),
        ("-a\t-", 2, "`_` for a blank"),
    ],
)
def test_what_is_no_diagram(marbles: str, column: int, why: str) -> None:
    with pytest.raises(ValueError, match=f"no marble diagram from column {column} on: .*{why}") as caught:
        parse(marbles)
    assert str(caught.value).splitlines()[1:] == [f"    {marbles}", f"    {' ' * column}^"]


def test_long_items_push_those_after_them() -> None:
    assert draw([Event(1, ITEM, "Hello"), Event(2, ITEM, "you"), Event(12, END)]) == "-Helloyou---|"
