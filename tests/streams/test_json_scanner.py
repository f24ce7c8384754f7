from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rillm.streams.json_grammar import ARRAY, OBJECT, NotJsonError, unescaped
from rillm.streams.json_scanner import JsonScanner, Visitor
from tests.kit.cuts import cut_everywhere
from tests.kit.json_texts import cut_texts, documents

LENIENT = json.JSONDecoder(strict=False)


class Reader(Visitor):
    """Notes what it is told, and where values begin and end."""

    def __init__(self, blind: str = "") -> None:
        self.events: list[Any] = []
        self._blind = blind

    def begin(self, kind: str, at: int) -> bool:
        self.events.append((kind, at))
        return kind not in self._blind

    def name(self, name: str) -> None:
        self.events.append(name)

    def end(self, at: int) -> None:
        self.events.append(at)


def scanned(pieces: list[str], blind: str = "", **options: Any) -> tuple[list[Any], bool, int]:
    reader = Reader(blind)
    scanner = JsonScanner(reader, **options)
    for piece in pieces:
        scanner.feed(piece)
    return reader.events, scanner.is_complete, scanner.end


# A text, and what is seen in it.
SEEN: dict[str, list[Any]] = {
    "[]": [("[", 0), 2],
    ' Sure: {"a" : 1}, {': [("{", 7), "a", ("0", 14), 15, 16],
    '```json\n["a", -1.5e3 ,null]```': [("[", 8), ('"', 9), 12, ("0", 14), 20, ("0", 22), 26, 27],
    '{"a\\"\\u00e9":{"b":"]"}}': [("{", 0), 'a"é', ("{", 13), "b", ('"', 18), 21, 22, 23],
    '["\\\\", "\\ud83d\\ude00"]': [("[", 0), ('"', 1), 5, ('"', 7), 21, 22],
    "[NaN,-Infinity]": [("[", 0), ("0", 1), 4, ("0", 5), 14, 15],
}


@pytest.mark.parametrize(("text", "events"), SEEN.items())
def test_seen(text: str, events: list[Any]) -> None:
    for pieces in cut_everywhere(text):
        assert scanned(pieces)[:2] == (events, True)


@pytest.mark.parametrize(
    ("text", "blind", "events"),
    [
        ('[{"a":["}"]}, 1]', OBJECT, [("[", 0), ("{", 1), 12, ("0", 14), 15, 16]),
        ('[{"a" 1 "\\"}"}]', OBJECT, [("[", 0), ("{", 1), 14, 15]),
        ("[tru, {x}]", OBJECT + "0", [("[", 0), ("0", 1), 4, ("{", 6), 9, 10]),
        ('["a', ARRAY, [("[", 0)]),
    ],
)
def test_what_is_not_looked_into_is_taken_on_trust(text: str, blind: str, events: list[Any]) -> None:
    for pieces in cut_everywhere(text):
        assert scanned(pieces, blind)[0] == events


@pytest.mark.parametrize(
    "text",
    [
        *("[,", "[1,]", "[1 2]", "[tru]", "[01]", "[1.]", "[+1]", "[-]", "[.5]", "[1:2]", "[}", "[1}", "[nan]", "['a'"),
        *("{]", "{a", '{"a"]', '{"a",', '{"a":}', '{"a":,', '{"a":1,}', '{"a":1 "b"', "{1:2", '{"\\x":1', "{{"),
    ],
)
def test_what_is_no_json(text: str) -> None:
    for pieces in cut_everywhere(text + " "):
        with pytest.raises(NotJsonError):
            scanned(pieces)


@pytest.mark.parametrize(
    ("text", "options", "is_complete"),
    [
        ('[see] {"a":1}', {"opening": OBJECT}, True),
        ("{0} [1]", {"opening": ARRAY}, True),
        ("nothing", {}, False),
        (' \n{"a":1}', {"passes_over": False}, True),
    ],
)
def test_where_it_begins(text: str, options: dict[str, Any], is_complete: bool) -> None:  # noqa: FBT001 - a case
    for pieces in cut_everywhere(text):
        assert scanned(pieces, **options)[1] is is_complete


def test_where_it_may_not_begin() -> None:
    with pytest.raises(NotJsonError):
        scanned(["Sure: {}"], passes_over=False)


@given(cut_texts(documents()))
def test_any_cutting_is_seen_alike(case: tuple[Any, str, list[str]]) -> None:
    _value, text, pieces = case
    assert scanned(pieces) == scanned([text])


@given(cut_texts(documents()))
def test_values_are_what_python_reads(case: tuple[Any, str, list[str]]) -> None:
    """Each value begins and ends where Python's parser says."""
    value, text, pieces = case
    events, is_complete, end = scanned(pieces)
    assert is_complete
    assert json.loads(text[:end]) == value
    begun: list[int] = []
    for event in events:
        match event:
            case (_, int(start)):
                begun.append(start)
            case int():
                assert LENIENT.raw_decode(text, begun.pop())[1] == event
            case _:
                pass


@given(
    st.text(alphabet='[]{},:"1a. \nxtrue-', max_size=12).map("[".__add__) | st.text(alphabet='{}[]:,"1 ', max_size=9)
)
def test_it_is_complete_where_python_says_so(text: str) -> None:
    start = min((at for at in map(text.find, "[{") if at >= 0), default=0)
    try:
        end = LENIENT.raw_decode(text, start)[1]
    except ValueError:
        end = 0
    try:
        _events, is_complete, found = scanned([*text])
    except NotJsonError:
        is_complete, found = False, 0
    if start < len(text) and text[start : start + 1] in {"[", "{"}:
        assert (is_complete, found) == (end > 0, end)


@pytest.mark.parametrize("blind", ["", OBJECT])
def test_how_deep_it_is_does_not_matter(blind: str) -> None:
    text = '{"a":[' * 10_000 + "]}" * 10_000
    assert scanned([text], blind)[1:] == scanned([*text], blind)[1:] == (True, len(text))


@given(st.text())
def test_unescaped(text: str) -> None:
    assert unescaped(json.dumps(text)[1:-1]) == unescaped(json.dumps(text, ensure_ascii=False)[1:-1]) == text
