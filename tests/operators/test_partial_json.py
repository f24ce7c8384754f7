from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import AfterValidator, AliasChoices, BaseModel, ConfigDict, Discriminator, Field, RootModel, TypeAdapter
from pydantic_core import from_json
from reactivex import Subject
from reactivex import operators as ops
from reactivex.scheduler import ImmediateScheduler
from typing_extensions import TypedDict

import rillm
from rillm.streams.stream import from_source
from rillm.testing import chunk, play
from tests.kit.cuts import cut_everywhere, cuttings, of_texts
from tests.kit.json_texts import cut_texts, documents
from tests.kit.sources import SILENCE, Script, both

if TYPE_CHECKING:
    from collections.abc import Callable

    from rillm import ModelResponseStream, Partial


class Step(BaseModel):
    text: str
    minutes: int = Field(default=1, ge=0, validation_alias=AliasChoices("mins", "minutes"))


class Recipe(BaseModel):
    title: str
    steps: list[Step] = []
    served: date | None = None
    like: Recipe | None = None


class Open(BaseModel):
    model_config = ConfigDict(extra="allow", strict=True)
    kind: Literal["open"] = Field(alias="sort")
    tags: set[str] = Field(default_factory=set)
    count: int = 0


class Shut(BaseModel):
    kind: Literal["shut"] = Field(alias="sort")
    text: str


class Twice(BaseModel):
    once: int
    twice: int = Field(default_factory=lambda came: came["once"] * 2)


class Names(RootModel[list[str]]): ...


class Movie(TypedDict, total=False):
    name: str
    year: int


@dataclass
class Point:
    x: int
    name: str = "here"
    tags: list[str] = field(default_factory=list[str])


DICT = dict[str, Any]
Door = Annotated[Open | Shut, Discriminator("kind")]


def partials(type_: Any, *pieces: str) -> list[Partial[Any]]:
    return list(rillm.of(*pieces).pipe(rillm.partial_json(type_)))


def so_far(type_: Any, text: str) -> Any:
    """What is shown when this much has come; nothing comes after it."""
    seen: list[Partial[Any]] = []
    rillm.of(text).pipe(rillm.partial_json(type_)).subscribe(seen.append, lambda _: None)
    return seen[-1].value if seen else "nothing"


# A type, how far the JSON has come, and what is shown of it.
SHOWN: list[tuple[Any, str, Any]] = [
    # texts from the first letter on, all else when it is whole
    (dict, '{"a', {}),
    (dict, '{"a":', {}),
    (dict, '{"a":"', {"a": ""}),
    (dict, '{"a":"x\\', {"a": "x"}),
    (dict, '{"a":"x\\u00', {"a": "x"}),
    (dict, '{"a":"x\\u00e9', {"a": "xé"}),
    (dict, '{"a":"x\\ud83d\\ude0', {"a": "x"}),
    (dict, '{"a":"x\\ud83d\\ude00', {"a": "x\U0001f600"}),
    (dict, '{"a":12', {}),
    (dict, '{"a":12 ', {"a": 12}),
    (dict, '{"a":true', {}),
    (dict, '{"a":[1,{"b":[2,[', {"a": [1, {"b": [2, []]}]}),
    (dict, '{"a":1,"a":"x', {"a": "x"}),
    (list, '["a\nb\\tc', ["a\nb\tc"]),
    (Any, 'Sure: [{"a":nul', [{}]),
    (list, "{[", []),
    (dict, "[{", {}),
    # models
    (Recipe, "{", Recipe.model_construct(title=None)),
    (Recipe, '{"title": "So', Recipe.model_construct(title="So")),
    (Recipe, '{"steps": [{"text": "Bo', Recipe.model_construct(title=None, steps=[Step.model_construct(text="Bo")])),
    (Step, '{"mins": 3,', Step.model_construct(text=None, minutes=3)),
    (Step, '{"minutes": 3,', Step.model_construct(text=None, minutes=3)),
    (Recipe, '{"served": "2024-01-0', Recipe.model_construct(title=None)),
    (Recipe, '{"served": "2024-01-02"', Recipe.model_construct(title=None, served=date(2024, 1, 2))),
    (Recipe, '{"like": {"title": "S', Recipe.model_construct(title=None, like=Recipe.model_construct(title="S"))),
    (Recipe, '{"other": [1', Recipe.model_construct(title=None)),
    (Open, '{"tags": ["a", "b', Open.model_construct(kind=None, tags={"a", "b"})),
    (Open, '{"sort": "ope', Open.model_construct(kind=None, tags=set())),
    (Open, '{"more": [1, "x', Open.model_construct(kind=None, tags=set(), more=[1, "x"])),
    (Open, '{"count": "5",', Open.model_construct(kind=None, tags=set())),
    (Twice, '{"once": 1,', Twice.model_construct(once=1, twice=None)),
    (Names, '["Kim", "L', Names.model_construct(["Kim", "L"])),
    # values that are none of their type: as before they closed, or away
    (Step, '{"text": 5, "mins": -1,', Step.model_construct(text=None)),
    (list[Step], '[{"text": "Boil", "mins": -1}', [Step.model_construct(text="Boil")]),
    (list[Annotated[str, Field(min_length=3)]], '["ab"', ["ab"]),
    (list[int], '[1, "x", 3 ', [1, None, 3]),
    # other types
    (list[Step | None], '[null, {"text": "B', [None, Step.model_construct(text="B")]),
    (set[Step], '[{"text": "B', set()),
    (tuple[int, str], '[1, "a', (1, "a")),
    (tuple[int, ...], "[1, 2, 3 ", (1, 2, 3)),
    (dict[int, str], '{"1": "a", "2": "b', {1: "a", 2: "b"}),
    (Movie, '{"name": "Up', {"name": "Up"}),
    (Point, '{"name": "the', Point(None, "the")),  # type: ignore[arg-type]
    (list[Door], '[{"sort": "open"', [Open.model_construct(kind="open", tags=set())]),
    (list[Door], '[{"sort": "shut", "text": "No', [Shut.model_construct(kind="shut", text="No")]),
    (list[Door], '[{"text": "No', []),
    (list[Step | Point], '[{"text": "No', []),
    (list[Step | Point], '[{"text": "No"}', [Step(text="No")]),
    (list[Literal["ab"]], '["a', []),
]


@pytest.mark.parametrize(("type_", "text", "value"), SHOWN)
def test_what_is_shown(type_: Any, text: str, value: Any) -> None:
    shown = so_far(type_, text)
    assert (type(shown), shown) == (type(value), value)


def test_fields_that_came_are_set() -> None:
    assert so_far(Step, '{"mins": 1, "text": "').model_fields_set == {"text", "minutes"}
    assert so_far(Step, '{"text": "').model_fields_set == {"text"}
    assert so_far(Step, '{"text": "').model_dump() == {"text": "", "minutes": 1}


def test_defaults_are_nobody_elses() -> None:
    first, second = partials(Recipe, "{", '"title": "', '"}')[:2]
    first.value.steps.append(Step(text=""))
    assert second.value.steps == []


DOC = '{"title": "S\\u00f6", "steps": [{"text": "a\\\\", "mins": 3}, {"text": "b"}], "served": "2024-01-02"}'


def test_one_for_each_piece_that_changes_something() -> None:
    pieces = ["Here: ", '{"ti', 'tle"', ":", ' "S', "o", '"', " ,", '"steps": [1', "2", "]", "}", "```"]
    assert [one.json for one in partials(dict, *pieces)] == [
        {},
        {"title": "S"},
        {"title": "So"},
        {"title": "So"},
        {"title": "So", "steps": []},
        {"title": "So", "steps": [12]},
        {"title": "So", "steps": [12]},
    ]


def test_any_cutting_ends_alike() -> None:
    for pieces in cut_everywhere(DOC):
        *others, last = partials(Recipe, *pieces)
        assert (last.value, last.is_complete) == (Recipe.model_validate_json(DOC), True)
        assert not any(one.is_complete for one in others)


@pytest.mark.parametrize(("type_", "text"), [(Recipe, DOC), (list[Door], '[{"text": "No", "sort": "shut"}]')])
def test_what_was_seen_does_not_change(type_: Any, text: str) -> None:
    early = [(one, repr(one.value)) for one in partials(type_, *text)]
    late = partials(type_, *text)
    assert [repr(one.value) for one, _ in early] == [text for _, text in early]
    assert [repr(one.value) for one in reversed(late)] == [text for _, text in reversed(early)]


@given(cut_texts(documents()))
def test_json_so_far_is_what_pydantic_reads_in_the_beginning(case: tuple[Any, str, list[str]]) -> None:
    value, text, pieces = case
    seen: list[Partial[Any]] = []
    source: Subject[str] = Subject()
    rillm.partial_json(TypeAdapter(Any))(source).subscribe(seen.append, scheduler=ImmediateScheduler())
    prefix = ""
    for piece in pieces:
        known = len(seen)
        source.on_next(piece)
        prefix += piece
        for one in seen[known:]:
            assert one.json == reading(prefix)
            assert one.value == one.json
    assert seen[-1].is_complete
    assert seen[-1].value == value == from_json(text)


def reading(prefix: str) -> Any:
    """Pydantic's, without a number or literal at the end: it would take it for whole."""
    is_text = re.sub(r"\\.", "", prefix, flags=re.DOTALL).count('"') % 2
    return from_json(prefix if is_text else re.sub(r"[-+.\w]+\Z", "", prefix), allow_partial="trailing-strings")


RECIPES = st.recursive(
    st.builds(
        Recipe,
        title=st.text(max_size=5),
        steps=st.lists(st.builds(Step, text=st.text(max_size=5), minutes=st.integers(0, 99)), max_size=3),
        served=st.none() | st.dates(),
        like=st.none(),
    ),
    lambda recipes: recipes.flatmap(lambda one: recipes.map(lambda like: one.model_copy(update={"like": like}))),
    max_leaves=4,
)


@given(RECIPES.flatmap(lambda one: cuttings(one.model_dump_json(by_alias=True)).map(lambda pieces: (one, pieces))))
def test_a_model_fills(case: tuple[Recipe, list[str]]) -> None:
    """Every field that is there is what it will be, or the beginning of it."""
    recipe, pieces = case
    *others, last = [one.value for one in partials(Recipe, *pieces)]
    assert last == recipe
    for one in others:
        assert isinstance(one, Recipe)
        assert recipe.title.startswith(one.title or "")
        assert len(one.steps) <= len(recipe.steps)
        assert one.steps[:-1] == recipe.steps[: len(one.steps) - 1 if one.steps else 0]
        assert one.served in {None, recipe.served}


def test_what_has_closed_is_validated_once_while_the_rest_is_open() -> None:
    validated: list[int] = []

    def noted(number: int) -> int:
        validated.append(number)
        return number

    text = str([*range(1000)])
    for one in partials(list[Annotated[int, AfterValidator(noted)]], *text):
        assert one.value[:1] in ([], [0])
    assert len(validated) == 999 + 1000


def test_what_is_not_looked_at_is_not_validated() -> None:
    validated: list[int] = []

    def noted(number: int) -> int:
        validated.append(number)
        return number

    partials(list[Annotated[int, AfterValidator(noted)]], *"[1, 2, 3]")
    assert validated == [1, 2, 3]


def test_validators_that_want_all_of_it_do_not_see_a_part() -> None:
    class Range(BaseModel):
        low: int
        high: int
        _width: int = 0

        def model_post_init(self, _context: Any, /) -> None:
            self._width = self.high - self.low

    *others, last = partials(Range, '{"low": 1,', '"high": 3', "}")
    assert [(one.value.low, one.value.high) for one in others] == [(1, None)]
    assert last.value.model_dump() == {"low": 1, "high": 3}


@pytest.mark.parametrize(
    ("type_", "text", "kind", "words"),
    [
        (Recipe, '{"title": 5}', rillm.JSONSchemaValidationError, "no Recipe.*title: .*valid string, not 5"),
        (Recipe, '{"steps": []}', rillm.JSONSchemaValidationError, "title: Field required"),
        (list[Step], '[{"text": "", "mins": -1}]', rillm.JSONSchemaValidationError, "0.mins: .*greater.*not -1"),
        (Recipe, '{"title" 5', rillm.JSONSchemaValidationError, "no JSON: .*'5' cannot stand at character 9"),
        (
            Recipe,
            "I cannot do that.",
            rillm.JSONSchemaValidationError,
            "no JSON in the answer. Received: 'I cannot do that.'",
        ),
        (Recipe, "", rillm.JSONSchemaValidationError, "no JSON in the answer"),
        (Recipe, '{"title": "So', rillm.StreamTruncatedError, "cut off.*So.*stop"),
        (list, "[" * 101, rillm.JSONSchemaValidationError, "more than 100 levels deep"),
        (list, "[" * 10_000 + "]" * 10_000, rillm.JSONSchemaValidationError, "more than 100 levels deep"),
        (list[float], '["\\ud83d"]', rillm.JSONSchemaValidationError, "hex escape"),
    ],
)
def test_errors(type_: Any, text: str, kind: type[rillm.RillmError], words: str) -> None:
    with pytest.raises(kind, match=words) as caught:
        list(of_texts([*text]).pipe(rillm.partial_json(type_)))
    partial = caught.value.partial
    assert (partial.choices[0].message.content if partial else "") == text[: len(text) if len(text) < 1000 else 101]
    assert caught.value.model == "test"


def test_the_most_levels() -> None:
    (last,) = partials(list, "[" * 100 + "]" * 100)
    assert last.is_complete


@pytest.mark.parametrize(("finish", "retryable"), [("length", False), (None, True)])
def test_whether_to_try_again(finish: str | None, *, retryable: bool) -> None:
    chunks = [chunk('{"title": "So'), *([chunk(finish=finish)] if finish else [])]
    with pytest.raises(rillm.StreamTruncatedError) as caught:
        list(rillm.of(*chunks).pipe(rillm.partial_json(Recipe)))
    assert caught.value.retryable is retryable


def test_an_invalid_answer_shows_itself() -> None:
    with pytest.raises(rillm.JSONSchemaValidationError) as caught:
        partials(Recipe, 'So: {"title": 5}.')
    assert (caught.value.raw_response, caught.value.schema) == ('{"title": 5}', "Recipe")


def test_what_pydantic_does_not_know() -> None:
    with pytest.raises(rillm.BadRequestError, match="Pydantic cannot read JSON into"):
        rillm.partial_json(st.SearchStrategy)


def called(arguments: str, index: int, name: str | None = None) -> ModelResponseStream:
    return chunk(tool_calls=[{"index": index, "id": name, "function": {"name": name, "arguments": arguments}}])


def test_the_arguments_of_a_tool() -> None:
    chunks = [called('{"a"', 0, "other"), called("", 1, "save"), called(":1}", 0), called('{"text": "B', 1)]
    chunks += [called('oil"}', 1), called('{"text": "No"}', 2, "save"), chunk(finish="tool_calls")]
    steps = list(rillm.of(*chunks).pipe(rillm.partial_json(Step, tool="save")))
    assert [one.value.text for one in steps] == ["B", "Boil"]


def test_another_choice() -> None:
    chunks = [chunk("["), chunk("{", index=1), chunk("1]"), chunk("}", index=1)]
    assert [one.value for one in rillm.of(*chunks).pipe(rillm.partial_json(DICT, index=1))] == [{}, {}]


@pytest.mark.parametrize(
    ("came", "out", "let_go"),
    [
        ('-{--------------------"a":1-}-=stop-|', "-Partial({},_...)-----------Partial({'a':_1})|", 36),
        ("-{-X", "-Partial({},_...)X", 3),
        ("-{-;-}-|", "-Partial({},_...)X", 3),
        ("-no-|", "----X", 4),
    ],
)
def test_marbles(came: str, out: str, let_go: float) -> None:
    made = play(rillm.partial_json(DICT), came)
    assert (made.marbles, made.let_go) == (out, let_go)


@both
def test_leaving_closes_the_source(collect: Callable[[Any], list[Any]]) -> None:
    source = Script(['{"a": "x', "y"], SILENCE)
    (first,) = collect(from_source(source).pipe(rillm.partial_json(DICT), ops.take(1)))
    assert first.value == {"a": "x"}
    assert source.live == 0
