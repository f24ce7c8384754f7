from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, TypeAdapter, ValidationError
from reactivex import Observable
from reactivex import operators as ops
from reactivex.disposable import Disposable
from reactivex.scheduler import ImmediateScheduler

import rillm
from rillm.streams.json_elements import ElementTexts
from rillm.streams.json_values import is_array, is_object
from rillm.streams.stream import from_source
from rillm.testing import chunk, play
from tests.kit import wire
from tests.kit.calls import cold
from tests.kit.cuts import cut_everywhere, of_texts
from tests.kit.json_texts import VALUES, cut_texts, documents
from tests.kit.server import AT_ONCE, Do, script
from tests.kit.sources import SILENCE, Script, both

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.kit.server import Server


class Step(BaseModel):
    text: str


NESTED = '{"n": 1, "result": {"more": [0], "items": [1, 2]}, "items": [3]}'
CHAPTERS = '{"chapters": [{"steps": [1]}, {}, {"steps": [2, 3]}], "steps": [4]}'


@pytest.mark.parametrize(
    ("path", "type_", "text", "elements"),
    [
        ("", int, "[1, 2,3]", [1, 2, 3]),
        ("$", int, "[]", []),
        ("", str, 'Here (see {0}): ["a\\"]", "\\u00e9"] and [', ['a"]', "é"]),
        ("", Step, '```json\n[{"text": "a"}, {"text": "}"}]\n```', [Step(text="a"), Step(text="}")]),
        ("", list[list[int]], "[[[1], []], []]", [[[1], []], []]),
        ("items", int, NESTED, [3]),
        ("result.items", int, NESTED, [1, 2]),
        ("$.result.items", int, NESTED, [1, 2]),
        ("result.*", int, NESTED, [0, 1, 2]),
        ("chapters.*.steps", int, CHAPTERS, [1, 2, 3]),
        ("chapters.2.steps", int, CHAPTERS, [2, 3]),
        ("*", int, "[[1], 2, {}, [3]]", [1, 3]),
        ("*.0", int, "[0, [[1], [2]], [[3]]]", [1, 3]),
        ("1", int, "[[1], [2]]", [2]),
        ("a", bool | None, '{"a": [true, null], "a": [false]}', [True, None, False]),
        ("a", float, '{"a": [1, 2.5e3]} {"a": [3]}', [1, 2500]),
        ('a"b', int, '{"a\\"b": [1]}', [1]),
    ],
)
def test_elements(path: str, type_: Any, text: str, elements: list[Any]) -> None:
    for pieces in cut_everywhere(text):
        assert list(rillm.of(*pieces).pipe(rillm.json_elements(path, type_))) == elements


@pytest.mark.parametrize(
    ("path", "came", "out"),
    [
        ("", "-[-1-2--1]-=stop-|", "--------121------|"),
        ("", "-[1-]-X", "----1-X"),
        ("", '-["a"-"b"]-|', "-a----X"),
        ("a", '-{"a":["x"-]-}-|', "-x-------------|"),
        ("a", '-{"a":["x"]-|', "-x----------|"),
        ("a", '-{"a":["x"-|', "-x---------X"),
        ("a", '-{"a":"x"-}-|', "------------X"),
        ("a", "-no-|", "----X"),
    ],
)
def test_marbles(path: str, came: str, out: str) -> None:
    assert play(rillm.json_elements(path, TypeAdapter(Any)), came).marbles == out


BAD = '{"a": [1, "x", 3, tru, {"b" 4}, 5]}'


@pytest.mark.parametrize("pieces", [[BAD], [*BAD]])
def test_invalid_elements(pieces: list[str]) -> None:
    noted: list[tuple[type[Exception], str]] = []

    def note(error: ValidationError, text: str) -> None:
        noted.append((type(error), text))

    source = rillm.of(*pieces)
    assert list(source.pipe(rillm.json_elements("a", int, on_invalid="skip"))) == [1, 3, 5]
    assert list(source.pipe(rillm.json_elements("a", int, on_invalid=note))) == [1, 3, 5]
    assert noted == [(ValidationError, text) for text in ('"x"', "tru", '{"b" 4}')]
    numbers = source.pipe(rillm.json_elements("a", int))
    assert next(numbers) == 1
    with pytest.raises(
        rillm.JSONSchemaValidationError, match=r"Element 2 of an array at 'a' is no int: .*valid integer.*'x'"
    ) as caught:
        next(numbers)
    assert caught.value.raw_response == '"x"'


def test_an_error_of_the_function_ends_the_stream() -> None:
    def fail(_error: ValidationError, _text: str) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        list(rillm.of(BAD).pipe(rillm.json_elements("a", int, on_invalid=fail)))


def test_after_an_error_nothing_is_looked_at() -> None:
    noted: list[str] = []

    def fail(_error: ValidationError, text: str) -> None:
        noted.append(text)
        raise ZeroDivisionError

    def subscribe(observer: Any, _scheduler: object = None) -> Disposable:
        for piece in ('["x"', ', "y"', ', "z"'):
            observer.on_next(piece)
        return Disposable()

    errors: list[Exception] = []
    elements = rillm.json_elements("", int, on_invalid=fail)
    elements(Observable(subscribe)).subscribe(on_error=errors.append, scheduler=ImmediateScheduler())
    assert ([*map(type, errors)], noted) == ([ZeroDivisionError], ['"x"'])


@pytest.mark.parametrize(
    ("path", "text", "kind", "words"),
    [
        ("items", "I cannot do that.", rillm.JSONSchemaValidationError, "There is no JSON .* Received: 'I cannot"),
        ("items", '{"item": [], "b": 1}', rillm.JSONSchemaValidationError, "outermost value has item, b"),
        ("a.items", '{"a": {"x": 1, "y": 2}, "b": 1}', rillm.JSONSchemaValidationError, "a has x, y"),
        ("a.items", '{"a": {"items": null}}', rillm.JSONSchemaValidationError, "a has items"),
        ("a.items", "{}", rillm.JSONSchemaValidationError, "outermost value has no members"),
        ("items", '{"items" [1]}', rillm.JSONSchemaValidationError, "no JSON: .*at character 9"),
        ("items", '{"items": [1, 2', rillm.StreamTruncatedError, "cut off after element 1 of"),
        ("items", '{"item', rillm.StreamTruncatedError, "cut off"),
        ("*", "[[1], [", rillm.StreamTruncatedError, "cut off"),
        ("*", "[[1]", rillm.StreamTruncatedError, "cut off"),
    ],
)
def test_errors(path: str, text: str, kind: type[rillm.RillmError], words: str) -> None:
    with pytest.raises(kind, match=words) as caught:
        list(of_texts([*text], "length").pipe(rillm.json_elements(path, int)))
    assert caught.value.model == "test"
    assert not caught.value.retryable


def test_a_broken_connection_may_be_tried_again() -> None:
    with pytest.raises(rillm.StreamTruncatedError) as caught:
        list(rillm.of("[1, ").pipe(rillm.json_elements("", int)))
    assert caught.value.retryable


@pytest.mark.parametrize(
    ("args", "options"),
    [(("a..b", int), {}), (("a.", int), {}), (("a", st.SearchStrategy), {}), (("a", int), {"on_invalid": "drop"})],
)
def test_wrong_arguments(args: tuple[Any, ...], options: dict[str, Any]) -> None:
    with pytest.raises(rillm.BadRequestError):
        rillm.json_elements(*args, **options)


def alone(values: list[Any]) -> Any:
    return values


def within(values: list[Any]) -> Any:
    return {"x": 1, "a": {"c": values, "b": values}, "d": [values]}


@pytest.mark.parametrize(("path", "document"), [("", alone), ("a.b", within)])
@given(data=st.data())
def test_any_cutting_gives_what_python_reads(
    path: str, document: Callable[[list[Any]], Any], data: st.DataObject
) -> None:
    values = data.draw(st.lists(VALUES, max_size=5))
    _value, _text, pieces = data.draw(cut_texts(st.just(document(values))))
    assert list(rillm.of(*pieces).pipe(rillm.json_elements(path, TypeAdapter(Any)))) == values


@given(cut_texts(documents()), st.text(alphabet='abc {}[]"', max_size=6))
def test_each_text_is_exactly_that_of_the_element(case: tuple[Any, str, list[str]], after: str) -> None:
    value, text, pieces = case
    elements = ElementTexts(["*"])
    texts = [one for piece in [*pieces, after] for one in elements.feed(piece)]
    inner: list[Any] = [*value.values()] if is_object(value) else value
    assert [*map(json.loads, texts)] == [element for array in inner if is_array(array) for element in array]
    assert all(one in text and one == one.strip() for one in texts)


def test_it_keeps_nothing_but_the_open_element() -> None:
    elements = ElementTexts(["a"])
    kept: list[int] = []
    for piece in ['{"b": "', *["long "] * 100, '", "c": [', *["1, "] * 100, '1], "a": [', *['"x", '] * 100, '"y']:
        elements.feed(piece)
        kept.append(sum(map(len, elements.held)))
    assert max(kept) == 2


def test_how_deep_an_element_is() -> None:
    deep = "[" * 10_000 + "]" * 10_000
    elements = rillm.json_elements("", TypeAdapter(Any), on_invalid="skip")
    assert list(rillm.of(f"[1, {deep}, 2]").pipe(elements)) == [1, 2]


def test_the_arguments_of_a_tool() -> None:
    def called(arguments: str) -> rillm.ModelResponseStream:
        return chunk(tool_calls=[{"index": 0, "id": "a", "function": {"name": "save", "arguments": arguments}}])

    chunks = [chunk('{"a": [0]}'), called('{"a": [1'), called(", 2]"), called("}"), chunk(finish="tool_calls")]
    assert list(rillm.of(*chunks).pipe(rillm.json_elements("a", int, tool="save"))) == [1, 2]


FIVE = [f'{{"text": "{number}"}}, ' for number in range(5)]


@both
@pytest.mark.parametrize("block", [["[", *FIVE], ["[" + "".join(FIVE) + '{"text": 6}, 7']])
def test_leaving_closes_the_source(collect: Callable[[Any], list[Any]], block: list[str]) -> None:
    noted: list[str] = []
    source = Script(block, SILENCE)
    operator = rillm.json_elements("", Step, on_invalid=lambda _, text: noted.append(text))
    assert [one.text for one in collect(from_source(source).pipe(operator, ops.take(5)))] == [*"01234"]
    assert source.live == 0
    assert noted == []


def test_leaving_stops_the_model(server: Server) -> None:
    server.play(script(wire.frame('{"steps": ['), *map(wire.frame, FIVE), Do.STALL))
    steps = cold(server).pipe(rillm.json_elements("steps", Step), ops.take(5))
    assert [one.text for one in steps] == [*"01234"]
    assert server.exchange().left.wait(AT_ONCE)
