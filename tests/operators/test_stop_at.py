"""`stop_at`: where it stops, however the text is cut, and that the connection is closed then and there."""

from __future__ import annotations

import re
from time import monotonic
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reactivex import Observable
from reactivex.disposable import Disposable

import rillm
from rillm import stop_at
from rillm.operators.literals import Literals
from rillm.operators.stop_at import Stop
from rillm.streams.stream import from_source
from rillm.testing import chunk, play
from rillm.testing.chunks import plain
from tests.kit import wire
from tests.kit.calls import aopened, cold, opened, texts
from tests.kit.cuts import cut_everywhere, cuttings, most_remembered, said
from tests.kit.leaks import run
from tests.kit.server import AT_ONCE, Do, script
from tests.kit.sources import SILENCE, Script, both

if TYPE_CHECKING:
    from collections.abc import Callable

    from reactivex import abc

    from rillm import ModelResponseStream
    from rillm.testing.probes import Step
    from tests.kit.server import Server

    Collect = Callable[[Any], list[Any]]


@pytest.mark.parametrize(
    ("operator", "before", "after", "source"),
    [
        # The text before it goes out, then the finish, and the source is let go at that moment.
        (stop_at("."), "-One-two.Th-ree-|", "-One-(two,=stop,|)", "^----!"),
        (stop_at("."), "-One-.-Two-|", "-One-(=stop,|)", "^----!"),
        (stop_at("."), "-.-One-|", "-(=stop,|)", "^!"),
        (stop_at(".", "!"), "-Oh!-One.-|", "-(Oh,=stop,|)", "^!"),
        (stop_at("."), "-One-two-=stop-|", "-One-two-=stop-|", "^--------------!"),
        (stop_at("."), "-One-two-=length-|", "-One-two-=length-|", "^----------------!"),
        (stop_at("."), "-One-two-|", "-One-two-|", "^--------!"),
        (stop_at("."), "-One-X", "-One-X", "^----!"),
        # Only what may be the beginning of one is held back.
        (stop_at("</s>"), "-a<-/s-x-<-/s>b-|", "-a-----</sx(=stop,|)", "^----------!"),
        (stop_at("</s>"), "-a<-b--=stop-|", "-a--<b-=stop-|", "^------------!"),
        (stop_at("</s>"), "-a<------=stop----|", "-a-------(<,=stop)|", "^-----------------!"),
        (stop_at("</s>"), "-a</--|", "-a----(</,|)", "^-----!"),
        (stop_at("</s>"), "-a</--X", "-a----(</,X)", "^-----!"),
        (stop_at("aab"), "-a-a-ab-c|", "-----(a,=stop,|)", "^----!"),
        (stop_at("\n\n"), "-One↵-↵Two-|", "-One--(=stop,|)", "^-----!"),
        # The sequence itself, too.
        (stop_at(".", include=True), "-One-two.Th-|", "-One-(two.,=stop,|)", "^----!"),
        (stop_at(".", include=True), "-One-.-Two-|", "-One-(.,=stop,|)", "^----!"),
        (stop_at("</s>", include=True), "-a<-/s>b-|", "-a--(</s>,=stop,|)", "^---!"),
        # The first place, and there the longest.
        (stop_at("b", "ab"), "-xab-|", "-(x,=stop,|)", "^!"),
        (stop_at("abcd", "bc"), "-xabc-d-|", "-x----(=stop,|)", "^-----!"),
        (stop_at("abcd", "bc"), "-xabc-e-|", "-x----(a,=stop,|)", "^-----!"),
        (stop_at("abcd", "bc"), "-xabc-X", "-x----(a,X)", "^-----!"),
        (stop_at("abcd", "bc"), "-xabc-=length-|", "-x----(a,=stop,|)", "^-----!"),
        (stop_at("ab", "abc"), "-xab-c-|", "-(x,=stop,|)", "^!"),
        (stop_at("ab", "abc", include=True), "-xab-cd-|", "-x---(abc,=stop,|)", "^----!"),
        (stop_at("ab", "abc", include=True), "-xab-x-|", "-x---(ab,=stop,|)", "^----!"),
        # Reasoning is not searched.
        (stop_at("."), "-~Hm.--~so-One.-|", "-~Hm.--~so-(One,=stop,|)", "^----------!"),
    ],
)
def test_marbles(operator: Callable[[Any], Any], before: str, after: str, source: str) -> None:
    played = play(operator, before)
    assert (played.marbles, played.source) == (after, source)
    if not {"=", "~"} & {*before}:
        strings = play(operator, before, given=plain)
        assert (strings.marbles.replace("(|)", "|"), strings.source) == (of_strings(after), source)


def of_strings(marbles: str) -> str:
    """The same without a finish."""
    return re.sub(r"\(\|\)", "|", marbles.replace(",=stop", "").replace("=stop,", ""))


SEQUENCES = st.lists(st.text("ab<", min_size=1, max_size=4), min_size=1, max_size=3)


def up_to(sequences: list[str], text: str, *, include: bool) -> str:
    """What `stop_at` leaves of a whole text."""
    found = re.search("|".join(map(re.escape, sorted(sequences, key=len, reverse=True))), text)
    return text if found is None else text[: found.end() if include else found.start()]


@given(st.data(), SEQUENCES, st.text("ab<c", max_size=20), st.booleans())
def test_the_cut_does_not_matter(data: st.DataObject, sequences: list[str], text: str, include: bool) -> None:  # noqa: FBT001 - given
    operator = stop_at(*sequences, include=include)
    assert said(operator, data.draw(cuttings(text))) == up_to(sequences, text, include=include)


@pytest.mark.parametrize("include", [False, True])
@pytest.mark.parametrize("text", ["Hello</s>you", "a</s></s>", "</s", "</</s>", "no"])
def test_every_cut(text: str, include: bool) -> None:  # noqa: FBT001 - a parameter
    expected = up_to(["</s>"], text, include=include)
    assert {said(stop_at("</s>", include=include), pieces) for pieces in cut_everywhere(text)} == {expected}


def test_what_does_not_stop_is_not_touched() -> None:
    chunks = [chunk("One"), chunk(""), chunk(reasoning="Hm."), chunk(" <two"), chunk("3", usage={"total_tokens": 1})]
    assert all(map(is_, rillm.of(*chunks).pipe(stop_at("</s>", ".")), chunks))


def is_(one: object, other: object) -> bool:
    return one is other


def test_what_it_remembers_is_bounded() -> None:
    stop = Stop(Literals(["aab", "a" * 20 + "c"]), lambda: None, include=False)
    assert most_remembered(stop, ["aaaaaaa"] * 1000) <= 20


# Choices

BOTH = rillm.ModelResponseStream(choices=[{"delta": {"content": "a."}}, {"index": 1, "delta": {"content": "x"}}])


@pytest.mark.parametrize(
    ("chunks", "out", "read"),
    [
        # One stops, the other goes on; nothing more of the first comes.
        (
            [chunk("a"), chunk("x", index=1), chunk("b.c"), chunk("d"), chunk("y.z", index=1), chunk("w", index=1)],
            ["0:a", "1:x", "0:b", "0=stop", "1:y", "1=stop"],
            5,
        ),
        # The other one finishes by itself.
        (
            [chunk("x", index=1), chunk("a."), chunk(finish="stop"), chunk(finish="length", index=1), chunk("w")],
            ["1:x", "0:a", "0=stop", "1=length"],
            4,
        ),
        # One has finished before.
        (
            [chunk("x", index=1), chunk("a"), chunk(finish="length", index=1), chunk("b."), chunk("c")],
            ["1:x", "0:a", "1=length", "0:b", "0=stop"],
            4,
        ),
        # A role or a thought is a beginning, too.
        (
            [chunk(delta={"role": "assistant"}, index=1), chunk("a."), chunk("x.", index=1), chunk("b")],
            ["1", "0:a", "0=stop", "1:x", "1=stop"],
            3,
        ),
        (
            [chunk(reasoning="Hm", index=1), chunk("a."), chunk(finish="stop", index=1)],
            ["1", "0:a", "0=stop", "1=stop"],
            3,
        ),
        # Both in one chunk.
        ([BOTH, BOTH, chunk("y.", index=1), chunk("b")], ["0:a 1:x", "0=stop", "1:x", "1:y", "1=stop"], 3),
        # What stands in the chunk that finishes is searched as well.
        ([chunk("a.b", finish="length"), chunk("c")], ["0:a", "0=stop"], 1),
        ([chunk("x", index=1), chunk("a.b", finish="length"), chunk("y", index=1)], ["1:x", "0:a", "0=stop", "1:y"], 3),
        # Nothing of a stopped choice comes, be it a call or a thought; the usage of all does.
        (
            [
                chunk("x", index=1),
                chunk("a."),
                chunk(reasoning="Hm"),
                chunk(tool_calls=[{"index": 0, "function": {"name": "f", "arguments": ""}}]),
                rillm.ModelResponseStream(choices=[], usage={"total_tokens": 3}),
            ],
            ["1:x", "0:a", "0=stop", "usage"],
            5,
        ),
    ],
)
def test_choices(chunks: list[ModelResponseStream], out: list[str], read: int) -> None:
    copies = [one.model_copy(deep=True) for one in chunks]
    source = Script(*([one] for one in copies))
    assert [said_by(one) for one in from_source(source).pipe(stop_at("."))] == out
    assert (source.read, source.live) == (read, 0)
    assert copies == chunks


def test_what_follows_the_sequence_is_gone_when_its_choice_finishes() -> None:
    chunks = [chunk("x", index=1), chunk("a.b."), chunk(finish="stop"), chunk("y", index=1)]
    out = ["1:x", "0:a.", "0=stop", "1:y"]
    assert [said_by(one) for one in rillm.of(*chunks).pipe(stop_at(".", include=True))] == out


def test_what_is_taken_back_has_not_stopped() -> None:
    chunks = [chunk("x", index=1), chunk("a.b"), rillm.retraction(chunk("x")), chunk("c"), chunk(".d")]
    out = ["1:x", "0:a", "0=stop", "0", "0:c", "0=stop"]
    assert [said_by(one) for one in rillm.of(*chunks).pipe(stop_at("."))] == out


def said_by(one: ModelResponseStream) -> str:
    parts = [
        f"{choice.index}"
        + (f":{choice.delta.content}" if choice.delta.content else "")
        + (f"={choice.finish_reason}" if choice.finish_reason else "")
        for choice in one.choices
    ]
    return " ".join(parts) or "usage"


# Letting go


@both
def test_the_source_is_closed(collect: Collect) -> None:
    steps: list[Step[Any]] = [[chunk("One"), chunk(".")], SILENCE]
    source = Script(*steps)
    assert texts(collect(from_source(source).pipe(stop_at(".")))) == "One"
    assert (source.read, source.live) == (1, 0)


@both
def test_a_consumer_who_leaves(collect: Collect) -> None:
    source = Script([chunk("One")], SILENCE)
    assert len(collect(from_source(source).pipe(stop_at("."), rillm.as_stream, first))) == 1
    assert source.live == 0


def first(stream: Any) -> Any:
    return stream.take(1)


@pytest.mark.parametrize("items", [[chunk("One."), chunk("Two")], ["One.", "Two"]])
def test_a_source_that_emits_while_it_is_subscribed_to(items: list[Any]) -> None:
    disposed: list[bool] = []

    def subscribe(observer: abc.ObserverBase[Any], _: object = None) -> abc.DisposableBase:
        for item in items:
            observer.on_next(item)
        observer.on_error(ValueError("too late"))
        return Disposable(lambda: disposed.append(True))

    seen: list[Any] = []
    stop_at(".")(Observable(subscribe)).subscribe(seen.append)
    assert "".join(one if isinstance(one, str) else texts([one]) for one in seen) == "One"
    assert disposed == [True]


def test_it_lets_go_before_the_last_text_is_handed_on() -> None:
    source = Script([chunk("One.")], SILENCE)
    live: list[int] = []
    from_source(source).pipe(stop_at(".")).subscribe(lambda _: live.append(source.live))
    assert live == [0, 0]


def test_two_subscriptions_share_nothing() -> None:
    stream = from_source(Script([chunk("a<")], [chunk("/s>b")])).pipe(stop_at("</s>"))
    assert [texts(pair) for pair in zip(*zip(stream, stream, strict=True), strict=True)] == ["a", "a"]


def ask(server: Server) -> tuple[list[ModelResponseStream], float]:
    chunks = list(cold(server).pipe(stop_at("</s>")))
    return chunks, monotonic()


def ask_opened(server: Server) -> tuple[list[ModelResponseStream], float]:
    chunks = list(opened(server).pipe(stop_at("</s>")))
    return chunks, monotonic()


def aask(server: Server) -> tuple[list[ModelResponseStream], float]:
    async def main() -> tuple[list[ModelResponseStream], float]:
        chunks = [one async for one in (await aopened(server)).pipe(stop_at("</s>"))]
        return chunks, monotonic()

    return run(main())


@pytest.mark.usefixtures("no_garbage_collection")
@pytest.mark.parametrize("way", [ask, ask_opened, aask], ids=lambda way: way.__name__)
def test_the_connection_is_closed_at_once(
    server: Server, way: Callable[[Server], tuple[list[ModelResponseStream], float]]
) -> None:
    gate = server.gate()
    server.play(script(wire.frame("One"), wire.frame(" two<"), wire.frame("/s> three"), gate, wire.frame("four")))
    chunks, moment = way(server)
    assert texts(chunks) == "One two"
    assert [one.choices[0].finish_reason for one in chunks if one.choices[0].finish_reason] == ["stop"]
    exchange = server.exchange()
    assert exchange.seconds_to_leave(moment) < AT_ONCE
    sent = exchange.sent
    gate.open()
    assert exchange.over.wait(1)
    assert exchange.sent == sent


@both
def test_what_accumulates(server: Server, collect: Collect) -> None:
    server.play(script(wire.frame("One two. "), wire.frame("Three"), wire.finish(), wire.usage(9, 9), wire.DONE))
    stream = cold(server).pipe(stop_at(". "), rillm.accumulate())
    [response] = collect(stream)
    assert (response.choices[0].message.content, response.choices[0].finish_reason) == ("One two", "stop")
    assert response.usage.completion_tokens == 2
    assert response.usage.get("estimated")


@pytest.mark.parametrize(("in_pipeline", "told"), [(True, "success"), (False, "cancelled")])
def test_what_the_callbacks_are_told(server: Server, *, in_pipeline: bool, told: str) -> None:
    server.play(script(wire.frame("One."), Do.STALL))
    calls: list[str] = []

    def success(*_: object) -> None:
        calls.append("success")

    def cancelled(*_: object) -> None:
        calls.append("cancelled")

    params: dict[str, Any] = {"success_callback": [success], "cancel_callback": [cancelled]}
    if in_pipeline:
        list(cold(server, pipeline=[stop_at(".")], **params))
    else:
        list(cold(server, **params).pipe(stop_at(".")))
    assert calls == [told]


@pytest.mark.parametrize("sequences", [(), ("",), ("a", ""), (None,), (1,), (["a"],), (b"a",)])
def test_no_sequences(sequences: Any) -> None:
    with pytest.raises(rillm.BadRequestError, match="stop_at takes texts"):
        stop_at(*sequences)
