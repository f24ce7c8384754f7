from __future__ import annotations

import re
import threading
from collections import Counter
from time import monotonic
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reactivex import Observable
from reactivex import operators as ops
from reactivex.disposable import Disposable
from reactivex.scheduler import NewThreadScheduler, VirtualTimeScheduler
from reactivex.subject import Subject

import rillm
from rillm.streams.stream import from_source
from rillm.testing import chunk, play
from rillm.testing.chunks import plain, shown
from tests.kit import wire
from tests.kit.calls import aopened, opened
from tests.kit.cuts import cuttings, of_texts
from tests.kit.leaks import LONGEST, run
from tests.kit.server import AT_ONCE, Do, script
from tests.kit.sources import SILENCE, Script, both

if TYPE_CHECKING:
    from collections.abc import Callable

    from reactivex import abc

    from tests.kit.server import Server

    Collect = Callable[[Any], list[Any]]

CALL: list[dict[str, Any]] = [{"index": 0, "id": "1", "function": {"name": "f", "arguments": "{}"}}]
USAGE: dict[str, Any] = {"usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}}
VALUES = {
    "role": chunk(delta={"role": "assistant"}),
    "call": chunk(tool_calls=CALL),
    "usage": chunk(**USAGE),
    "nothing": rillm.ModelResponseStream(choices=[], **USAGE),
    "thought": chunk("a b", reasoning="h m"),
    "last": chunk("a b", finish="stop"),
    "calling": chunk("a b", tool_calls=CALL),
    "first": chunk("a b", delta={"role": "assistant"}),
    "other": chunk("o p q", index=1),
    "empty": chunk(""),
    "undo": rillm.retraction(chunk()),
    "otherstop": chunk(finish="stop", index=1),
}


@pytest.mark.parametrize(
    ("incoming", "outgoing"),
    [
        # a burst is let out one by one, then the end comes at once
        ("-a_b_c_d--|", "-a_-b_-c_-(d,|)"),
        ("-a_b_-c_d_-----------|", "-a_---b_-c_----------(d_,|)"),
        # what comes slowly is not held up
        ("-a_-----b_-----c_----|", "--------a_-----b_----(c_,|)"),
        ("-abc-d-|", "-------(abcd,|)"),
        # the end waits for what waits, an error does not
        ("-a_b_c_d_e|", "-a_-b_-c_-d_-(e,|)"),
        ("-a_b_c_d_e--X", "-a_-b_-c_-d_(e,X)"),
        ("-a_b_c_d_e-X", "-a_-b_-c_-d_(e,X)"),
        ("-a_b_c_d_e_f---", "-a_-b_-c_-d_-e_"),
        ("-a_b-X", "-a_--(b,X)"),
        ("-|", "-|"),
        ("-X", "-X"),
        # all else keeps its place, right after the last piece before it
        ("-role-a_b_c-=stop-----|", "-role-a_-b_-(c,=stop)-|"),
        ("-a_b_c-=stop-usage-|", "-a_-b_-(c,=stop)usage|"),
        ("-a_b_c-call-d_e------|", "-a_-b_-(c,call)d_----(e,|)"),
        ("-a_b_c-nothing-------|", "-a_-b_-(c,nothing)---|"),
        ("-call-call-=stop|", "-call-call-=stop|"),
        ("-a-empty-a-empty-|", "---empty---empty-(aa,|)"),  # a chunk that brings nothing parts no word
        # reasoning as well, and what it ends with comes before the answer
        ("-~a_b_c-d_e_f-------------|", "-~a_~b_-~c-d_-e_----------(f,|)"),
        ("-~a_b-c_d-~e_f------------|", "-~a_--~b-c_-d--~e_--------(~f,|)"),
        # a retraction takes back what is no piece yet
        ("-a_b-undo-c|", "-a_--undo--(c,|)"),
        # chunks with text and more
        ("-thought---------|", "-~h_~m-a_--------(b,|)"),
        ("-first---|", "-(role,a_)(b,|)"),
        ("-last-----------|", "-a_-(b,=stop)---|"),
        ("-calling------|", "-a_-(b,call)--|"),
        # each choice by itself, in the order in which they come
        ("-a_b_c-other-=stop-otherstop---|", "-a_-b_-o_-p_-(c,=stop)(q,otherstop)|"),
    ],
)
def test_one_piece_in_three_ticks(incoming: str, outgoing: str) -> None:
    assert play(rillm.smooth(3), incoming, values=VALUES).marbles == outgoing


@pytest.mark.parametrize(
    ("operator", "incoming", "outgoing"),
    [
        (rillm.smooth(2, "line"), "-ab_cd-ef↵gh↵-i|", "-------ab_cdef↵gh↵(i,|)"),
        (rillm.smooth(2, "line"), "-a↵↵b-↵c----|", "-a↵↵--b↵----(c,|)"),
        (rillm.smooth(2, re.compile(";")), "-ab;cd-ef;-gh|", "-ab;---cdef;-(gh,|)"),
        (rillm.smooth(2, re.compile("^a|b")), "-abab----|", "-a-b-a-b-|"),
        (rillm.smooth(2, lambda text: text[:2] if len(text) > 2 else None), "-abcde-f|", "-abcd---(ef,|)"),
        (rillm.smooth(2), "-你好世界-！----|", "-你-好-世-----(界！,|)"),
        (rillm.smooth(None), "-a_b_c----d_|", "-(a_,b_)----(cd_,|)"),
        (rillm.smooth(0, "line"), "-a↵b↵c----d|", "-(a↵,b↵)---(cd,|)"),
    ],
)
def test_pieces(operator: rillm.Operator[Any, Any], incoming: str, outgoing: str) -> None:
    assert play(operator, incoming).marbles == outgoing
    assert play(operator, incoming, given=plain).marbles == outgoing


@pytest.mark.parametrize(
    ("words", "at_a_time", "most_ticks"),
    [
        (100, [1, 1, 1], 100),
        (101, [1, 1, 1], 101),
        (103, [1, 2, 1], 102),
        (400, [1, 4, 4], 260),
        (10000, [1, 100, 99], 600),
    ],
)
def test_the_pace_quickens_where_much_waits(words: int, at_a_time: list[int], most_ticks: int) -> None:
    """The text is let out in the time of 100 pieces, and a little more for each time that it is longer."""
    burst = chunk("word " * words)
    played = play(rillm.smooth(1), "-burst-|", values={"burst": burst})
    assert len(played.items) == words
    counts = Counter(event.tick for event in played.events[:words])
    assert [*counts] == [1 + tick for tick in range(len(counts))]
    assert [*counts.values()][:3] == at_a_time
    assert [*counts.values()][-50:] == [1] * 50
    assert len(counts) <= most_ticks


@pytest.mark.parametrize(
    ("leave", "outgoing", "source"),
    [(3, "-a_---------", "^--!"), (5, "-a_-b_------", "^----!"), (11, "-a_-b_-c_-d_", "^----------!")],
)
def test_leaving(leave: float, outgoing: str, source: str) -> None:
    played = play(rillm.smooth(3), "-a_b_c_d_e_f_g_-----|", leave=leave)
    assert played.marbles.rstrip("-") == outgoing.rstrip("-")
    assert played.source == source


def test_leaving_drops_the_timer() -> None:
    clock = VirtualTimeScheduler()
    source: Subject[str] = Subject()
    subscription = rillm.as_stream(source).pipe(rillm.smooth(3)).subscribe(scheduler=clock)
    source.on_next("a b c ")
    subscription.dispose()
    clock.start()
    assert clock.clock == 3  # when it would have been due; running, it would have set the next


def giving(wrong: Callable[[str], str]) -> Callable[[str], str | None]:
    def detect(text: str) -> str | None:
        if "!" in text:
            return wrong(text)
        return text[:1] if len(text) > 1 else None

    return detect


@pytest.mark.parametrize(
    ("by", "kind"),
    [
        (giving(lambda text: {"known": "a"}[text]), KeyError),
        (giving(lambda _: ""), rillm.BadRequestError),
        (giving(lambda _: "x"), rillm.BadRequestError),
        (giving(lambda text: text + "x"), rillm.BadRequestError),
    ],
)
def test_a_function_that_fails(by: Callable[[str], str | None], kind: type[Exception]) -> None:
    played = play(rillm.smooth(3, by), "-abc-d!e-f-|")
    assert played.marbles == "-a--b(cd!e,X)"
    assert played.source == "^----!"
    assert isinstance(played.error, kind)


def test_a_function_that_failed_is_not_called_again() -> None:
    shown: list[str] = []

    def detect(text: str) -> str:
        shown.append(text)
        return ""

    def subscribe(observer: abc.ObserverBase[str], _scheduler: object = None) -> abc.DisposableBase:
        for text in "abc":
            observer.on_next(text)
        return Disposable()

    pieces: list[str] = []
    smoothed = rillm.smooth(None, detect)(Observable(subscribe))
    with pytest.raises(rillm.BadRequestError):
        smoothed.do_action(pieces.append).run()
    assert (shown, pieces) == (["a"], ["a"])


def test_what_comes_in_one_chunk_with_a_text_that_fails_is_let_out() -> None:
    seen: list[Any] = []
    both_texts = rillm.of(chunk("c"), chunk("d!", reasoning="ab")).pipe(rillm.smooth(None, giving(lambda _: "")))
    with pytest.raises(rillm.BadRequestError):
        both_texts.do_action(seen.append).run()
    assert [shown(one) for one in seen] == ["c", "~a", "~b", "d!"]


def test_the_text_before_one_that_fails_is_let_out() -> None:
    played = play(rillm.smooth(None, giving(lambda _: "")), "-~ab-c!-|")
    assert played.marbles == "-~a--(~b,c!,X)"


def test_an_expression_that_finds_nothing() -> None:
    played = play(rillm.smooth(1, re.compile(r"(?=b)")), "-ab-|")
    assert isinstance(played.error, rillm.BadRequestError)
    assert played.marbles == "-(ab,X)"


@pytest.mark.parametrize("delay", [-1, float("nan"), float("inf")])
def test_delays_that_are_none(delay: float) -> None:
    with pytest.raises(rillm.BadRequestError, match="delay"):
        rillm.smooth(delay)


@pytest.mark.parametrize("by", ["sentence", "", None, 5, re.compile(""), re.compile(r"\s*")])
def test_pieces_that_are_none(by: Any) -> None:
    with pytest.raises(rillm.BadRequestError):
        rillm.smooth(by=by)


LOGPROBS: dict[str, Any] = {"content": [{"token": " 7 8", "logprob": -1.0, "bytes": None, "top_logprobs": []}]}
RICH = [
    chunk(delta={"role": "assistant"}),
    chunk(reasoning="let me think"),
    chunk("one two", reasoning=" about it"),
    chunk(" three four", system_fingerprint="f"),
    chunk("uno dos tres", index=1),
    chunk(" five six", **USAGE),
    rillm.ModelResponseStream(choices=[{"delta": {"content": " 7 8"}, "logprobs": LOGPROBS}]),
    chunk(" nine ten", tool_calls=CALL),
    chunk(delta={"refusal": "no"}),
    chunk(" cuatro cinco", index=1, finish="length"),
    chunk(" eleven twelve", finish="stop"),
    chunk(**USAGE),
]


def test_nothing_is_lost() -> None:
    """What the chunks add up to is what it was."""
    copies = [one.model_copy(deep=True) for one in RICH]
    smoothed = list(rillm.of(*RICH).pipe(rillm.smooth(None)))
    assert copies == RICH
    assert rillm.stream_chunk_builder(smoothed) == rillm.stream_chunk_builder(copies)
    assert len(smoothed) > len(RICH)


@given(st.text("ab \n。好", min_size=1).flatmap(lambda text: st.tuples(st.just(text), cuttings(text))))
def test_any_cutting(case: tuple[str, list[str]]) -> None:
    text, cut = case
    for smoothed, whole in [
        (rillm.smooth(None), rillm.words()),
        (rillm.smooth(None, "line"), rillm.lines(keep_ends=True)),
    ]:
        pieces = [*rillm.of(text).pipe(whole)]
        assert [*rillm.of(*cut).pipe(smoothed)] == pieces
        assert [*of_texts(cut).pipe(smoothed, rillm.text())] == pieces


def test_a_piece_is_of_the_last_chunk_that_brought_some_of_it() -> None:
    smoothed = rillm.of(chunk("a b", id="1"), chunk("c d", id="2"), chunk(finish="stop", id="3")).pipe(
        rillm.smooth(None)
    )
    assert [(one.id, one.choices[0].delta.content) for one in smoothed] == [
        ("1", "a "),
        ("2", "bc "),
        ("2", "d"),
        ("3", None),
    ]


@pytest.mark.parametrize(
    "beside",
    [
        {"finish_reason": "stop"},
        {"logprobs": LOGPROBS},
        {"stop_sequence": "b"},
        {"delta": {"role": "assistant"}},
        {"delta": {"tool_calls": CALL}},
        {"delta": {"function_call": {"name": "f", "arguments": "{}"}}},
        {"delta": {"audio": {"data": "AA=="}}},
        {"delta": {"provider_specific_fields": {"a": 1}}},
        {"delta": {"refusal": "no"}},
        {},
    ],
)
def test_what_comes_beside_a_text_stays_in_its_chunk(beside: dict[str, Any]) -> None:
    def rich(content: str | None) -> rillm.ModelResponseStream:
        choice = {**beside, "delta": {"content": content, **beside.get("delta", {})}}
        return rillm.ModelResponseStream(id="1", created=1, choices=[choice], **({} if beside else USAGE))

    smoothed = list(rillm.of(rich("a b")).pipe(rillm.smooth(None)))
    assert sorted(one.choices[0].delta.content or "" for one in smoothed) == ["", "a ", "b"]
    assert rich(None) in smoothed


def test_a_chunk_of_two_choices_is_taken_apart() -> None:
    two = rillm.ModelResponseStream(choices=[{"delta": {"content": "a\n"}}, {"index": 1, "delta": {"content": "b"}}])
    smoothed = list(rillm.of(two).pipe(rillm.smooth(None, "line")))
    assert [(one.choices[0].index, one.choices[0].delta.content) for one in smoothed] == [(0, "a\n"), (1, "b")]
    assert [len(one.choices) for one in smoothed] == [1, 1]


def test_a_chunk_that_is_one_piece_is_handed_on_as_it_is() -> None:
    lines = [chunk("a line\n", delta={"role": "assistant"}), chunk("another\n")]
    smoothed = list(rillm.of(*lines).pipe(rillm.smooth(None, "line")))
    assert all(same is line for same, line in zip(smoothed, lines, strict=True))


def test_so_is_one_that_ends_a_thought() -> None:
    thought, line = chunk(reasoning="Hm"), chunk("a line\n")
    smoothed = list(rillm.of(thought, line).pipe(rillm.smooth(None, "line")))
    assert smoothed == [thought, line]
    assert smoothed[1] is line


@both
def test_the_same_by_for_and_async_for(collect: Collect) -> None:
    script = Script([chunk("one two "), chunk("three")], [chunk(" four"), chunk(finish="stop")])
    smoothed = from_source(script).pipe(rillm.smooth(0.001))
    first, again = collect(smoothed), collect(smoothed)
    assert first == again
    assert [one.choices[0].delta.content for one in first] == ["one ", "two ", "three ", "four", None]
    assert (script.opened, script.live) == (2, 0)


@both
def test_an_error_comes_after_what_had_come(collect: Collect) -> None:
    pieces: list[str] = []
    smoothed = rillm.concat(rillm.of("one two three"), from_source(Script(ValueError("X")))).pipe(rillm.smooth(60))
    with pytest.raises(ValueError, match="X"):
        collect(smoothed.do_action(pieces.append))
    assert pieces == ["one ", "two ", "three"]


@both
@pytest.mark.parametrize("delay", [60, 0.001])
def test_leaving_in_mid_queue_closes_the_source(collect: Collect, delay: float) -> None:
    script = Script([chunk("one two three")], SILENCE)
    assert len(collect(from_source(script).pipe(rillm.smooth(delay), ops.take(1)))) == 1
    assert script.live == 0


def test_a_slow_consumer_stops_the_reading() -> None:
    """Each time that it asks, a piece is due: nothing is read before what waits is gone."""
    script = Script(*([chunk("one two three four ")] for _ in range(100)))
    smoothed = from_source(script).pipe(rillm.smooth(1e-9))
    for number, _ in enumerate(smoothed):
        assert script.read <= number / 4 + 5
    assert script.read == 100


def test_a_slow_consumer_stops_the_reading_on_a_loop() -> None:
    async def main() -> None:
        script = Script(*([chunk("one two three four ")] for _ in range(100)))
        number = 0
        async for _ in from_source(script).pipe(rillm.smooth(1e-9)):
            assert script.read <= number / 4 + 5
            number += 1
        assert script.read == 100

    run(main())


@pytest.mark.usefixtures("nothing_left")
def test_timers_on_threads_keep_the_order() -> None:
    words = [f"{number} " for number in range(200)]
    pieces: list[str] = []
    over = threading.Event()
    source = from_source(Script(*([word] for word in words)))
    source.pipe(rillm.smooth(1e-6)).subscribe(pieces.append, on_completed=over.set, scheduler=NewThreadScheduler())
    assert over.wait(LONGEST)
    assert pieces == words


@pytest.mark.usefixtures("nothing_left")
def test_no_two_pieces_come_at_a_time() -> None:
    events: list[str] = []
    second, third, over = threading.Event(), threading.Event(), threading.Event()

    def look(piece: str) -> None:
        events.append(piece)
        if piece == "b ":
            second.set()
            third.wait(0.05)
            events.append("seen")
        third.set() if piece == "c " else None

    source: Subject[str] = Subject()
    smoothed = rillm.as_stream(source).pipe(rillm.smooth(1e-6))
    smoothed.subscribe(look, on_completed=over.set, scheduler=NewThreadScheduler())
    source.on_next("a b c d ")
    assert second.wait(LONGEST)
    source.on_next("e")
    source.on_completed()
    assert over.wait(LONGEST)
    assert events == ["a ", "b ", "seen", "c ", "d ", "e"]


BURST = script(wire.frame("one two three four five "), Do.STALL)


@pytest.mark.usefixtures("no_garbage_collection")
@pytest.mark.parametrize("taken", [1, 2])
def test_leaving_closes_the_connection(server: Server, taken: int) -> None:
    server.play(BURST)
    pieces = iter(opened(server).pipe(rillm.smooth(0.02), rillm.text()))
    assert [next(pieces) for _ in range(taken)] == ["one ", "two "][:taken]
    left = monotonic()
    del pieces
    assert server.exchange().seconds_to_leave(left) < AT_ONCE


@pytest.mark.usefixtures("async_engine", "no_garbage_collection")
@pytest.mark.parametrize("taken", [1, 2])
def test_leaving_closes_the_connection_on_a_loop(server: Server, taken: int) -> None:
    async def main() -> float:
        pieces = aiter((await aopened(server)).pipe(rillm.smooth(0.02), rillm.text()))
        assert [await anext(pieces) for _ in range(taken)] == ["one ", "two "][:taken]
        left = monotonic()
        del pieces
        return left

    server.play(BURST)
    left = run(main())
    assert server.exchange().seconds_to_leave(left) < AT_ONCE


@pytest.mark.parametrize("taken", [1, 2])
def test_closing_drops_what_waits(server: Server, taken: int) -> None:
    server.play(BURST)
    pieces = opened(server).pipe(rillm.smooth(0.02), rillm.text())
    seen: list[str] = []
    for text in pieces:
        seen.append(text)
        if len(seen) == taken:
            left = monotonic()
            pieces.close()
            assert server.exchange().seconds_to_leave(left) < AT_ONCE
    assert seen == ["one ", "two "][:taken]
