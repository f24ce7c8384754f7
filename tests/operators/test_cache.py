"""`cache`: what is kept, what comes of it, and what it costs."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
import reactivex
from reactivex import operators as ops
from reactivex.scheduler import VirtualTimeScheduler

import rillm
from rillm.streams.cassette import line
from rillm.streams.model import set_hidden_params
from rillm.streams.stream import from_source
from rillm.testing import chunk, play
from tests.kit.chunks import chunk as chunk_of_choices
from tests.kit.leaks import run
from tests.kit.sources import SILENCE, Script, both, collect
from tests.kit.stores import AsyncBroken, AsyncMemory, Broken, Memory, Waiting, warnings
from tests.wire.test_tables import as_sent, rows

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from rillm import ModelResponseStream, Operator, Store, Stream
    from tests.wire.table import Table

    Collect = Callable[[Any], list[Any]]
    Chunks = Operator[ModelResponseStream, ModelResponseStream]

HELLO = [chunk("Hel"), chunk("lo"), chunk(finish="stop")]
NOTHING: Stream[ModelResponseStream] = rillm.of()
SOURCE = "-Hel-lo-=stop-|"
BACK = {"BACK": rillm.retraction(chunk())}


def cached(store: str | Path | Store, key: str | Callable[[], str] = "k", ttl: float | None = None) -> Chunks:
    return rillm.cache(store, key, ttl)


@pytest.mark.parametrize(
    ("marbles", "again"),
    [
        (SOURCE, "(Hel,lo,=stop,|)"),
        ("-~Hm-Hi-=stop-|", "(~Hm,Hi,=stop,|)"),
        ("-bad-BACK-Hi-=stop-|", "(Hi,=stop,|)"),
        ("-bad-=stop-BACK-Hi-=stop-|", "(Hi,=stop,|)"),
        ("-Hel-lo-=length-|", "(Hel,lo,=length,|)"),
        ("-Hel-lo-|", None),  # who cut it did not finish it
        ("-Hi-=stop-BACK-|", None),
        ("-Hi-=stop-BACK-bad-|", None),
        ("-Hi-=stop-X", None),
        ("-Hel-X", None),
        ("X", None),
        ("|", None),
    ],
)
def test_what_is_kept(marbles: str, again: str | None) -> None:
    store = Memory()
    first = play(cached(store), marbles, values=BACK)
    assert first.marbles == marbles
    assert store.log == (["get", "set"] if again else ["get"])
    second = play(cached(store), marbles, values=BACK)
    assert (second.marbles, bool(second.source)) == ((again, False) if again else (marbles, True))


@pytest.mark.parametrize("leave", [0, 3, 12])
def test_what_its_consumer_leaves_is_not_kept(leave: int) -> None:
    store = Memory()
    played = play(cached(store), SOURCE, leave=leave)
    assert played.source.index("!") == max(leave, 2)  # "(^!)"
    assert store.log == ["get"]


def test_a_choice_that_has_not_finished() -> None:
    store = Memory()
    collect(rillm.of(chunk_of_choices("a", "b"), chunk(finish="stop")).pipe(cached(store)))
    assert store.log == ["get"]


def test_a_loop_is_not_kept() -> None:
    guard: Chunks = rillm.loop_guard(times=3, least=9, then="stop")
    store = Memory()
    looping = "-so_so_-so_s-o_so_-so_so_-|"
    assert "=length" in play(reactivex.compose(guard, cached(store)), looping).marbles
    play(reactivex.compose(cached(store), guard), looping)
    assert "set" not in store.log


@both
def test_the_source_is_asked_once(collect: Collect) -> None:
    source = Script(HELLO)
    store = Memory()
    stream = from_source(source).pipe(cached(store))
    first, second = collect(stream), collect(stream)
    assert [*map(repr, second)] == [*map(repr, first)]
    assert (source.opened, source.live, store.log) == (1, 0, ["get", "set", "get"])


@both
def test_it_is_kept_before_the_end_is_told(collect: Collect) -> None:
    store = Memory()
    collect(rillm.of(*HELLO).pipe(cached(store), ops.do_action(on_completed=lambda: store.log.append("end"))))
    assert store.log == ["get", "set", "end"]


@both
def test_leaving_closes_the_source(collect: Collect) -> None:
    source = Script(HELLO[:1], SILENCE)
    assert len(collect(from_source(source).pipe(cached(Memory()), ops.take(1)))) == 1
    assert (source.opened, source.live) == (1, 0)


def test_what_a_consumer_does_to_a_chunk_is_not_kept() -> None:
    store = Memory()
    for one in rillm.of(chunk("Hello"), chunk(finish="stop")).pipe(cached(store)):
        one.choices[0].delta.content = "spoiled"
    assert collect(NOTHING.pipe(cached(store), rillm.text())) == ["Hello"]


def test_each_hit_is_an_answer_of_its_own() -> None:
    store = Memory()
    collect(rillm.of(*HELLO).pipe(cached(store)))
    hits = [NOTHING.pipe(cached(store)) for _ in range(2)]
    response = collect(rillm.merge(*hits).pipe(rillm.number_choices(), rillm.accumulate()))[0]
    assert [choice.message.content for choice in response.choices] == ["Hello", "Hello"]


# What comes of a hit equals what came.


@rows("answers")
def test_it_is_the_same_answer(table: Table, name: str, expected: dict[str, Any]) -> None:
    store = Memory()
    asked = rillm.decode(table.format, [table.bodies[name]]).pipe(cached(store))
    first, second = collect(asked), collect(NOTHING.pipe(cached(store)))
    for one, other in zip(first, second, strict=True):
        assert (other.model_dump(), other.choices, other.extra) == (one.model_dump(), one.choices, one.extra)
    before, after = (collect(rillm.of(*chunks).pipe(rillm.accumulate()))[0] for chunks in (first, second))
    assert as_sent(after) == as_sent(before) == expected
    assert repr(after.hidden_params.get("usage")) == repr(before.hidden_params.get("usage"))
    used, used_again = (collect(rillm.of(*chunks).pipe(rillm.usage()))[-1] for chunks in (first, second))
    assert used_again == used


@both
def test_usage_comes_when_it_came(collect: Collect) -> None:
    asked = rillm.stream("mock/m", mock_response="High up, in the snow.", stream_options={"include_usage": True})
    stream = asked.pipe(cached(Memory()))
    first, second = collect(stream), collect(stream)
    assert [one.extra for one in second] == [one.extra for one in first]
    assert isinstance(second[-1].usage, rillm.Usage)
    assert collect(stream.pipe(rillm.usage())) == collect(asked.pipe(rillm.usage()))


@pytest.mark.parametrize(
    "hidden",
    [
        {"usage": rillm.Usage(prompt_tokens=7)},  # the rest is estimated
        {"usage": rillm.Usage(completion_tokens=3), "prompt_tokens_estimate": 1000},
        {"usage": rillm.Usage(prompt_tokens=0, completion_tokens=0)},  # a report, if a strange one
        {"prompt_tokens_estimate": 1000},
        {},
    ],
)
def test_what_was_not_reported_is_estimated(hidden: dict[str, Any]) -> None:
    store = Memory()
    chunks = [chunk("Hello"), chunk(finish="stop")]
    for one in chunks:
        set_hidden_params(one, {**hidden})
    whole = rillm.of(*chunks).pipe(cached(store), rillm.accumulate())
    before, after = collect(whole)[0], collect(whole)[0]
    assert after.usage == before.usage
    assert store.log == ["get", "set", "get"]


# What it costs.


def priced() -> Stream[ModelResponseStream]:
    chunks = [chunk("Hello", model="gpt-4o-mini"), chunk(finish="stop", model="gpt-4o-mini")]
    for one in chunks:
        usage = rillm.Usage(prompt_tokens=1000, completion_tokens=10)
        set_hidden_params(one, {"price_provider": "openai", "usage": usage, "response_cost": None})
    return rillm.of(*chunks)


@both
def test_a_hit_costs_nothing(collect: Collect) -> None:
    store = Memory()
    costs: list[rillm.Cost] = []
    endings: list[rillm.Ending] = []
    tapped = priced().pipe(cached(store), rillm.cost_tap(costs.append), rillm.callback_tap([endings.append]))
    (first, *_), (second, *_) = collect(tapped), collect(tapped)
    assert [cost.usd for cost in costs] == [pytest.approx(156e-6), 0.0]
    assert costs[0].usage == costs[1].usage
    assert [bool(one.hidden_params.get("cache_hit")) for one in (first, second)] == [False, True]
    assert second.hidden_params["response_cost"] == 0.0
    assert [ending.response and ending.response.hidden_params.get("cache_hit") for ending in endings] == [None, True]


@pytest.mark.parametrize("limits", [{"usd": 200e-6}, {"output_tokens": 15}])
def test_a_hit_takes_nothing_from_a_budget(limits: dict[str, Any]) -> None:
    store = Memory()
    budget = rillm.Budget(**limits)
    stream = priced().pipe(cached(store), rillm.budget(budget))
    for _ in range(5):
        assert collect(stream.pipe(rillm.text())) == ["Hello"]
    assert budget.spent_output_tokens == 10
    assert budget.spent_usd == pytest.approx(156e-6 if "usd" in limits else 0)


# The key.


@both
def test_no_key_can_be_known(collect: Collect) -> None:
    call = rillm.stream("mock/x", mock_response="Hi")
    for stream in (call.pipe(rillm.limit_tokens(3)), rillm.merge(call, call), call + call, rillm.of(*HELLO)):
        with pytest.raises(rillm.BadRequestError, match=r"key=\.\.\."):
            collect(stream.pipe(rillm.cache(Memory())))


@both
def test_a_key_of_ones_own(collect: Collect) -> None:
    store = Memory()
    names = iter(["a", "b", "a"])
    streams = [rillm.of(chunk(text), chunk(finish="stop")) for text in ("first", "second", "third")]
    said = [collect(one.pipe(cached(store, lambda: next(names)), rillm.text())) for one in streams]
    assert said == [["first"], ["second"], ["first"]]
    assert [*store.answers] == ["a", "b"]


@both
def test_what_the_function_raises(collect: Collect) -> None:
    source = Script(HELLO)
    with pytest.raises(ZeroDivisionError):
        collect(from_source(source).pipe(cached(Memory(), lambda: str(1 // 0))))
    assert source.opened == 0


# How long.


@pytest.mark.parametrize(("ttl", "asked"), [(None, [0]), (1000, [0, 1000, 2000]), (1001, [0, 1999]), (10**6, [0])])
def test_ttl(ttl: float | None, asked: list[int]) -> None:
    clock = VirtualTimeScheduler()
    moments: list[float] = []

    def ask(*_: object) -> Any:
        moments.append(clock.to_seconds(clock.now))
        return rillm.of(*HELLO)

    stream = reactivex.defer(ask).pipe(cached(Memory(), ttl=ttl))
    for moment in (0, 999, 1000, 1999, 2000):
        clock.advance_to(moment)
        said: list[Any] = []
        stream.subscribe(said.append, scheduler=clock)
        clock.advance_by(0.5)
        assert len(said) == len(HELLO)
    assert moments == asked


@pytest.mark.parametrize("ttl", [0, -1])
def test_a_ttl_that_is_none(ttl: float) -> None:
    with pytest.raises(rillm.BadRequestError, match="above 0"):
        rillm.cache(Memory(), ttl=ttl)


# What is broken does not break the stream.

HEAD, CHUNK, END = (
    one.decode()
    for one in (
        line(cassette=1, recorded_at="2026-11-25T05:00:00+00:00", hidden_params={}, notes={}),
        line(at=0, chunk=chunk("Hi").model_dump()),
        line(at=0, end="completed", hidden_params={}),
    )
)


@both
@pytest.mark.parametrize(
    "store",
    [
        *[
            partial(Broken, text.encode())
            for text in (
                "", "\0", "[1]", "<html>", HEAD, HEAD + CHUNK, HEAD + CHUNK + END[:9], HEAD + END.replace("ed", "ing"),
                HEAD.replace("1", "2", 1) + CHUNK + END, HEAD + CHUNK.replace('"choices":[', '"choices":[7,') + END,
                HEAD + CHUNK.replace("chunk", "cake", 1) + "{}\n",
            )
        ],
        partial(Broken, get=True),
        partial(Broken, set=True),
        partial(Broken, get=True, set=True),
    ],
)  # fmt: skip
@pytest.mark.parametrize("ttl", [None, 10**12])
def test_a_broken_store(collect: Collect, store: Callable[[], Broken], ttl: float | None) -> None:
    source = Script(HELLO)
    with warnings() as told:
        assert "".join(collect(from_source(source).pipe(cached(store(), ttl=ttl), rillm.text()))) == "Hello"
    assert source.opened == 1
    assert [one.split(" ", 1)[0] for one in told] == ["WARNING"] * len(told)
    assert 1 <= len(told) <= 2


def test_what_cannot_be_written_down() -> None:
    store = Memory()
    with warnings() as told:
        assert collect(rillm.of("a", "b").pipe(cached(store))) == ["a", "b"]
    assert (store.log, len(told)) == (["get"], 1)


def test_what_can_no_longer_be_written_down() -> None:
    store = Memory()
    with warnings() as told:
        for one in rillm.of(chunk("Hi"), chunk(finish="stop")).pipe(cached(store)):
            one.hidden_params["usage"] = object()
    assert (store.log, len(told)) == (["get"], 1)


# Asynchronous stores.


def test_an_asynchronous_store() -> None:
    source, store = Script(HELLO), AsyncMemory()
    stream = from_source(source).pipe(cached(store), ops.do_action(on_completed=lambda: store.log.append("end")))

    async def main() -> None:
        for _ in range(2):
            assert "".join([piece async for piece in stream.pipe(rillm.text())]) == "Hello"

    run(main())
    assert (source.opened, store.log) == (1, ["get", "set", "end", "get", "end"])
    with pytest.raises(rillm.BadRequestError, match="async for"):
        collect(stream)
    assert source.opened == 1


@pytest.mark.parametrize("store", [AsyncBroken(get=True), AsyncBroken(set=True)])
def test_a_broken_asynchronous_store(store: AsyncBroken) -> None:
    async def main() -> str:
        return "".join([piece async for piece in rillm.of(*HELLO).pipe(cached(store), rillm.text())])

    with warnings() as told:
        assert run(main()) == "Hello"
    assert len(told) == 1


def test_leaving_while_the_store_is_asked() -> None:
    source, store = Script(HELLO), Waiting()

    async def main() -> list[int]:
        asking = from_source(source).pipe(cached(store), ops.take_until(reactivex.timer(0.01)))
        return [store.left async for _ in asking.pipe(ops.concat(reactivex.timer(0.01)))]

    assert run(main()) == [1]
    assert source.opened == 0


def test_a_file_by_its_path(tmp_path: Path) -> None:
    path = tmp_path / "answers.sqlite"
    for store in (path, str(path)):
        source = Script(HELLO)
        assert "".join(collect(from_source(source).pipe(cached(store), rillm.text()))) == "Hello"
        assert source.opened == (store is path)
