from __future__ import annotations

import random
import tracemalloc
from time import monotonic
from typing import TYPE_CHECKING, Any, TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reactivex import Observable
from reactivex import operators as ops
from reactivex.disposable import Disposable

import rillm
from rillm import is_retraction, loop_guard
from rillm.operators.loop_detector import LoopDetector
from rillm.streams.stream import from_source
from rillm.testing import chunk, play
from tests.kit import wire
from tests.kit.calls import MODEL, cold
from tests.kit.cuts import CUTS, cuttings
from tests.kit.server import AT_ONCE, Do, script
from tests.kit.sources import SILENCE, Script, both
from tests.kit.ways import every_stream

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from reactivex import abc

    from tests.kit.server import Server
    from tests.kit.ways import Way

    T = TypeVar("T")
    Collect = Callable[[Any], list[Any]]

SMALL: dict[str, Any] = {"times": 3, "least": 6}
INTRODUCTION = "Let me think about this question for a moment, and then give an answer that is as short as it can be. "


# Marbles


def others(*texts: str) -> Callable[[Any], rillm.Stream[Any]]:
    """Gives one stream after the other, the last one again and again."""
    streams = [rillm.of(*map(chunk, text.split("|"))) for text in texts]
    return lambda _error: streams.pop(0) if len(streams) > 1 else streams[0]


def another(*items: T) -> Callable[[Any], rillm.Stream[T]]:
    return lambda _error: rillm.of(*items)


CASES: dict[str, tuple[Any, str, str, str]] = {
    "error": (loop_guard(**SMALL), "-ha-ha-ha-ha-|", "-ha-ha-(ha,X)", "^------!"),
    "any edges": (loop_guard(**SMALL), "-h-a-hah-aha-|", "-h-a-hah-(aha,X)", "^--------!"),
    "in one chunk": (loop_guard(**SMALL), "-hahahahaha-a-|", "-(hahahahaha,X)", "^!"),
    "later": (loop_guard(**SMALL), "-So_be_it_ha-hahahaha-|", "-So_be_it_ha-(hahahaha,X)", "^------------!"),
    "too few": (loop_guard(**SMALL), "-ha-ha-|", "-ha-ha-|", "^------!"),
    "too short": (loop_guard(times=3, least=8), "-ha-ha-ha-|", "-ha-ha-ha-|", "^---------!"),
    "not often enough": (loop_guard(times=4, least=6), "-hah-hah-hah-|", "-hah-hah-hah-|", "^------------!"),
    "an error passes": (loop_guard(**SMALL), "-ha-ha-X", "-ha-ha-X", "^------!"),
    "stop": (loop_guard(**SMALL, then="stop"), "-ha-ha-ha-ha-|", "-ha-ha-(ha,=length,|)", "^------!"),
    "an end is no loop": (
        loop_guard(**SMALL, then="stop"),
        "-ha-ha-=stop-ha-|",
        "-ha-ha-=stop-ha-|",
        "^---------------!",
    ),
    "in the reasoning": (loop_guard(**SMALL), "-~ha-Oh-~ha-~ha-|", "-~ha-Oh-~ha-(~ha,X)", "^-----------!"),
    "not across channels": (loop_guard(**SMALL), "-~ha-ha-ha-~ha-|", "-~ha-ha-ha-~ha-|", "^--------------!"),
    "another stream": (loop_guard(**SMALL, then=others("O|K")), "-ha-ha-ha-ha-|", "-ha-ha-(ha,(),O,K,|)", "^------!"),
    "another one that loops": (
        loop_guard(**SMALL, then=others("hahaha|ha")),
        "-ha-ha-ha-ha-|",
        "-ha-ha-(ha,(),hahaha,X)",
        "^------!",
    ),
    "a third one": (
        loop_guard(**SMALL, then=others("hohohoho|ho", "OK"), retries=2),
        "-ha-ha-ha-ha-|",
        "-ha-ha-(ha,(),hohohoho,(),OK,|)",
        "^------!",
    ),
    "no other one": (loop_guard(**SMALL, then=others("OK"), retries=0), "-ha-ha-ha-|", "-ha-ha-(ha,X)", "^------!"),
}


@pytest.mark.parametrize(("operator", "incoming", "outgoing", "source"), CASES.values(), ids=CASES)
def test_marbles(operator: Any, incoming: str, outgoing: str, source: str) -> None:
    played = play(operator, incoming)
    assert (played.marbles, played.source) == (outgoing, source)


@pytest.mark.parametrize(
    ("then", "outgoing"),
    [("error", "-ha-ha-(ha,X)"), ("stop", "-ha-ha-(ha,|)"), (another("O", "K"), "-ha-ha-(ha,O,K,|)")],
)
def test_strings(then: Any, outgoing: str) -> None:
    assert play(loop_guard(**SMALL, then=then), "-ha-ha-ha-ha-|", given=str).marbles == outgoing


# What is a loop, and after how many characters it is caught. A text of it goes on for long enough.


def lines(line: Callable[[int], str]) -> str:
    return "".join(map(line, range(600)))[:7000]


def shuffled(*parts: str) -> str:
    """The parts again and again, each time in another order."""
    chance = random.Random(1)  # noqa: S311 - the same in every run
    return lines(lambda _: "".join(chance.sample(parts, len(parts))))


SOON, LATER = 2000, 5000
QUESTION = (
    "The train leaves at five. It arrives at nine. So it takes four hours. No, wait, it stops on the way. I have to "
    "look at the timetable. It says that it stops in Ulm for half an hour. So it does not take four hours, or it does, "
    "and the stop is a part of them. I should ask. Nobody is there. I could look at the timetable. "
)
LOOPS: dict[str, tuple[str, int]] = {
    "one token": (" the" * 1750, SOON),
    "one letter": ("a" * 7000, SOON),
    "two tokens": ("A, " * 2300, SOON),
    "laughter": ("ha" * 3500, SOON),
    "a sentence": ("It's a song about love, and about the idea of love. " * 140, SOON),
    "several sentences": ("I see. Let me try. That is not right. I see that it is not. Let me try again. " * 90, SOON),
    "a line": ("The result is correct.\n" * 300, SOON),
    "a cycle of lines": ("Check the input.\nCheck the output.\n\nIf both are fine, begin again.\n" * 110, SOON),
    "Chinese": ("我想念那座山、山上的雪。" * 600, SOON),
    "Japanese lines": ("はい、そうです。\nいいえ、違います。\n" * 400, SOON),
    "Arabic": ("كان يا ما كان، في قديم الزمان. " * 230, SOON),
    "a long paragraph": (QUESTION * 20, LATER),
    "line ends": ("\n" * 7000, LATER),
    "blanks": (" \t" * 3500, LATER),
    "a rule": ("-" * 7000, LATER),
    "zeros": ("0, " * 2300, LATER),
    "emoji": ("🎉" * 7000, LATER),
    "code": ("    total = total + 1\n" * 320, LATER),
    "statements": ("next();\n" * 900, LATER),
    "objects": ('{"a": 1, "b": null}, ' * 330, LATER),
    "rows": ("| yes | no |\n" * 550, LATER),
    "markup": ("<li>and so on</li>\n" * 360, LATER),
    "a running number": (lines(lambda n: f"Step {n}: Look at the result, and begin again.\n"), LATER),
    "a cycle with running numbers": (lines(lambda n: f"Step {n}: Check it.\nIf not, go to step {n - 1}.\n\n"), LATER),
    "running numbers and others": (lines(lambda n: f"Step {n}: Take the 3 apples, and go back to step 1.\n"), LATER),
    "half an emoji and a running number": (lines(lambda n: f"Step {n}: \ud83d and so on.\n"), LATER),
    "numbers that go up by ten": (lines(lambda n: f"After {10 * n} s I try once more. "), LATER),
    "items of a list": (lines(lambda n: f"{n}. Blue-eared octopus (Aurora)\n"), LATER),
    "running numbers in Chinese": (lines(lambda n: f"第{n}步。检查结果、然后再来一次。\n"), LATER),
    "other white space": (lines(lambda n: "No, let me begin again." + "\n" * (n * n % 5 + 1)), LATER),
    "another order": (shuffled("I see. ", "Let me try. ", "That is not right. ", "So it is 5. ", "Once more. "), LATER),
    "another order, with signs": (shuffled("Wait, x = 5. ", "So 2x = 10. ", "Then $x^2 = 25$. ", "Good. "), LATER),
    "another order of lines": (shuffled("The trees,\n", "the stars,\n", "a single thread of light,\n", "o,\n"), LATER),
    "another order in Chinese": (shuffled("我看看。", "再试一次。", "这不对。", "所以答案是五。"), LATER),
}
# Honest ones of any length: the second without a number.
SQUARES = lines(lambda n: f"{n} times {n} is {n * n}. ")
LETTERS = lines(lambda n: f"{n * n * n} ").translate({ord("0") + digit: ord("a") + digit for digit in range(10)})


def caught(pieces: Sequence[Any], **limits: Any) -> tuple[list[Any], rillm.RepeatedChunkError | None]:
    """What came through, and the error after it."""
    came: list[Any] = []
    try:
        for piece in rillm.of(*pieces).pipe(loop_guard(**limits)):
            came.append(piece)  # noqa: PERF402 - what had come counts
    except rillm.RepeatedChunkError as error:
        return came, error
    return came, None


@pytest.mark.parametrize("introduction", ["", INTRODUCTION, SQUARES[:4321]], ids=["at once", "soon", "later"])
@pytest.mark.parametrize(("text", "within"), LOOPS.values(), ids=LOOPS)
def test_loops(text: str, within: int, introduction: str) -> None:
    came, error = caught([introduction, *text])
    assert error is not None
    assert len(came) - 1 <= within
    assert "in a loop" in str(error)


@pytest.mark.parametrize("cut", CUTS.values(), ids=CUTS)
@pytest.mark.parametrize("text", [text for text, _ in LOOPS.values()], ids=LOOPS)
def test_loops_however_they_are_cut(text: str, cut: Callable[[str], list[str]]) -> None:
    assert str(caught(cut(text))[1]) == str(caught([text])[1]) != "None"


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_loops_are_caught_at_the_same_place(data: st.DataObject) -> None:
    text = INTRODUCTION + data.draw(st.sampled_from([text for text, _ in LOOPS.values()]))
    letters, expected = caught(text)
    came, error = caught(data.draw(cuttings(text)))
    assert str(error) == str(expected)
    assert len("".join(came[:-1])) < len(letters) <= len("".join(came))


HARMLESS: dict[str, str] = {
    "just too short": " the" * 249,
    "just too few": ("x" * 199 + ". ") * 5,
    "rules": "-" * 3999,
    "a countdown": lines(lambda n: f"{600 - n} bottles stand on the wall, and one of them falls. "),
    "data": lines(lambda n: f"At {n}:{n * 37 % 60} the sensor in the hall says {n * 7919 % 1000}. "),
    "another word in each": lines(
        lambda n: f"From the dark {'aeiou'[n // 25 % 5]}l{'aeiou'[n // 5 % 5]}n{'aeiou'[n % 5]}, come.\n"
    )[:3000],
    "numbers": lines(lambda n: f"{n} "),
    "numbers that go up by more and more": lines(lambda n: f"At {n * n} m there is a stone, and on it a lamp. "),
    "words, and then a count": LETTERS[:3900] + lines(lambda n: f"{n}, ")[:100],
    "laughter that ends": "ha" * 300 + LETTERS[:3400],
    "a song with a refrain, five times": "".join(LETTERS[84 * n : 84 * n + 84] + "and so we sing. " for n in range(10))
    * 5,
    "true and false": shuffled("| T ", "| F "),
    "running numbers in code": lines(lambda n: f"INSERT INTO numbers (n) VALUES ({n});\n"),  # noqa: S608 - goes to no database
}


@pytest.mark.parametrize("text", HARMLESS.values(), ids=HARMLESS)
def test_no_loops(text: str) -> None:
    assert caught([text]) == ([text], None)


@pytest.mark.parametrize("text", ["So 1. So 2. So 3. So", "let it be soAND SO ONlet it be so"])
def test_no_loops_where_two_times_are_enough(text: str) -> None:
    assert caught([text], times=2, least=len(text) // 4) == ([text], None)


def test_a_number_may_have_thousands_of_digits() -> None:
    """More than `int` takes."""
    digits = "".join(str(number * number) for number in range(1000))
    text = "".join(f"No {digits if number == 150 else number}. " for number in range(600))
    assert caught([text], least=2000) == ([text], None)


# Where it is: each channel of each choice is a text of its own.


def call(arguments: str) -> rillm.ModelResponseStream:
    return chunk(tool_calls=[{"index": 0, "function": {"arguments": arguments}}])


# What makes a chunk with a text, and where the error says that the text is.
CHANNELS: dict[str, tuple[Callable[[str], rillm.ModelResponseStream], str]] = {
    "content": (chunk, "content"),
    "reasoning": (lambda text: chunk(reasoning=text), "reasoning_content"),
    "reasoning beside content": (lambda text: chunk(".", reasoning=text), "reasoning_content"),
    "content beside reasoning": (lambda text: chunk(text, reasoning="."), "content"),
    "arguments": (call, "tool_calls"),
    "arguments of the old kind": (lambda text: chunk(delta={"function_call": {"arguments": text}}), "tool_calls"),
    "a custom tool": (lambda text: chunk(tool_calls=[{"index": 0, "custom": {"input": text}}]), "tool_calls"),
    "another choice": (lambda text: chunk(text, index=2), "content (choice 2)"),
}


@pytest.mark.parametrize(("make", "where"), CHANNELS.values(), ids=CHANNELS)
def test_channels(make: Callable[[str], rillm.ModelResponseStream], where: str) -> None:
    came, error = caught([make(" the") for _ in range(1000)])
    assert len(came) == 250
    assert f"at the end of its {where} it says ' the' at least 250 times" in str(error)


def test_channels_do_not_hide_each_other() -> None:
    """Two choices that loop in turns, each with honest thoughts and calls between."""
    words = (f"{n * n}" for n in range(9000))
    chunks = [
        made
        for _ in range(300)
        for made in (chunk("ha ", index=1), chunk("no ", index=0), chunk(reasoning=next(words)), call(next(words)))
    ]
    came, error = caught(chunks, least=300)
    assert error is not None
    assert "(choice 1)" in str(error)
    assert sum(choice.index for one in came for choice in one.choices) == 100


def test_calls_that_are_made_again_and_again_are_a_loop() -> None:
    calls = [
        chunk(tool_calls=[{"index": n, "id": f"c{n}", "function": {"name": "f", "arguments": '{"city": "Rome"}'}}])
        for n in range(400)
    ]
    came, error = caught(calls)
    assert error is not None
    assert len(came) <= LATER / len('{"city": "Rome"}')


@pytest.mark.parametrize("then", ["error", "stop"])
def test_what_has_finished_is_no_loop(then: Any) -> None:
    chunks = [chunk("ha", index=1), chunk("hahahaha", finish="stop"), chunk("hahahaha", index=1, finish="stop")]
    assert list(rillm.of(*chunks).pipe(loop_guard(**SMALL, then=then))) == chunks


def test_a_retraction_begins_anew() -> None:
    half = [chunk(" the")] * 200
    assert caught([*half, rillm.retraction(half[0]), *half])[1] is None
    assert caught([*half, *half])[1] is not None


# What is done about it


def test_the_error() -> None:
    stream = rillm.stream("mock/lost", mock_response="again, " * 400, pipeline=[loop_guard()])
    with pytest.raises(rillm.RepeatedChunkError, match="temperature") as raised:
        list(stream)
    error = raised.value
    assert isinstance(error, rillm.InternalServerError)
    assert (error.status_code, error.retryable, error.llm_provider, error.model) == (500, False, "mock", "lost")
    assert error.partial is not None
    assert (error.partial.choices[0].message.content or "").startswith("again, " * 140)
    assert error.partial.choices[0].finish_reason is None
    assert len(str(error)) < 500


def test_the_error_tells_its_call_outside_of_it_too() -> None:
    with pytest.raises(rillm.RepeatedChunkError) as raised:
        list(rillm.stream("mock/lost", mock_response="again, " * 400, pipeline=[]).pipe(loop_guard()))
    assert (raised.value.llm_provider, raised.value.model) == ("mock", "lost")


def test_stop_finishes_each_choice_once_and_leaves_a_note() -> None:
    usage = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}
    chunks = [
        chunk(delta={"role": "assistant"}, index=3),
        chunk("So", index=0),
        chunk(finish="stop", index=0),
        chunk(reasoning="Hm", index=1),
        *(chunk("ha", index=2, usage=usage) for _ in range(9)),
    ]
    guarded = list(rillm.of(*chunks).pipe(loop_guard(**SMALL, then="stop")))
    assert [(one.choices[0].index, one.choices[0].finish_reason) for one in guarded[7:]] == [
        (1, "length"),
        (2, "length"),
        (3, "length"),
    ]
    assert not any("usage" in one.extra for one in guarded[7:])
    response = rillm.stream_chunk_builder(guarded)
    assert response is not None
    assert [choice.finish_reason for choice in response.choices] == ["stop", "length", "length", "length"]
    notes = [choice.message.get("provider_specific_fields") for choice in response.choices]
    assert notes == [None, None, {"loop": {"text": "ha", "times": 3, "field": "content"}}, None]


@both
def test_another_stream_takes_its_place(collect: Collect) -> None:
    lost = Script([chunk("ha")] * 9, SILENCE)
    other = Script([chunk("Good", id="2", model="wise"), chunk(finish="stop", id="2", model="wise")])
    asked: list[tuple[str, int]] = []

    def then(error: rillm.RepeatedChunkError) -> rillm.Stream[rillm.ModelResponseStream]:
        asked.append((error.message, lost.live))
        return from_source(other)

    came = collect(from_source(lost).pipe(loop_guard(**SMALL, then=then)))
    assert [is_retraction(one) for one in came] == [False, False, False, True, False, False]
    assert [(says.startswith("The model is in a loop"), live) for says, live in asked] == [(True, 0)]
    assert (lost.live, other.live) == (0, 0)
    (response,) = collect(rillm.of(*came).pipe(rillm.accumulate()))
    assert (response.id, response.model, response.choices[0].message.content) == ("2", "wise", "Good")


def test_an_error_of_the_function_is_the_error() -> None:
    played = play(loop_guard(**SMALL, then=lambda _: 1 / 0), "-ha-ha-ha-ha-|")  # type: ignore[arg-type, return-value]
    assert (played.marbles, played.source) == ("-ha-ha-(ha,X)", "^------!")
    assert isinstance(played.error, ZeroDivisionError)


def test_what_is_no_stream_is_an_error() -> None:
    played = play(loop_guard(**SMALL, then=lambda _: None), "-ha-ha-ha-|")  # type: ignore[arg-type, return-value]
    assert isinstance(played.error, AttributeError)


class Pushing:
    """Emits all that it has while it is being subscribed to."""

    def __init__(self, *items: Any, error: Exception | None = None) -> None:
        self.subscribed = self.disposed = 0

        def subscribe(observer: abc.ObserverBase[Any], _: object = None) -> abc.DisposableBase:
            self.subscribed += 1
            for item in items:
                observer.on_next(item)
            if error:
                observer.on_error(error)
            else:
                observer.on_completed()
            return Disposable(self._dispose)

        self.observable: Observable[Any] = Observable(subscribe)

    def _dispose(self) -> None:
        self.disposed += 1


@pytest.mark.parametrize(("taken", "asked"), [(1, 0), (2, 1)], ids=["at the loop", "at the retraction"])
def test_who_leaves_gets_nothing_more(taken: int, asked: int) -> None:
    other = Pushing(chunk("no"))
    errors: list[Any] = []

    def then(error: Any) -> Observable[Any]:
        errors.append(error)
        return other.observable

    guarded = rillm.of(chunk("hahahaha"), chunk("ha")).pipe(loop_guard(**SMALL, then=then))
    assert len(list(guarded.pipe(ops.take(taken)))) == taken
    assert (len(errors), other.subscribed) == (asked, 0)


@pytest.mark.parametrize(
    ("then", "expected"),
    [("error", "ha ha ha X"), ("stop", "ha ha ha =length |"), (another(chunk("OK")), "ha ha ha () OK |")],
)
@pytest.mark.parametrize("error", [None, ValueError()])
def test_a_source_that_pushes_while_it_is_subscribed_to(then: Any, expected: str, error: Exception | None) -> None:
    source = Pushing(*(chunk("ha") for _ in range(9)), error=error)

    def instead(_: Any) -> Any:
        return loop_guard(**SMALL, then=then)(source.observable)

    played = play(instead, "-|")
    assert played.marbles == f"({expected.replace(' ', ',')})"
    assert source.disposed == 1


@pytest.mark.parametrize(
    "arguments",
    [{"times": 1}, {"least": 0}, {"retries": -1}, {"then": "retry"}, {"then": None}],
)
def test_wrong_arguments(arguments: dict[str, Any]) -> None:
    with pytest.raises(rillm.BadRequestError, match="loop"):
        loop_guard(**arguments)


@both
def test_two_subscriptions_share_no_state(collect: Collect) -> None:
    chunks = from_source(Script([chunk("the ")] * 200, [chunk(finish="stop")])).pipe(loop_guard())
    assert len(collect(chunks)) == len(collect(chunks)) == 201
    pairs = list(zip(chunks, chunks, strict=True))
    assert len(pairs) == 201


@both
def test_the_source_is_let_go_at_once(collect: Collect) -> None:
    source = Script([chunk("the ")] * 300, SILENCE)
    with pytest.raises(rillm.RepeatedChunkError):
        collect(from_source(source).pipe(loop_guard()))
    assert (source.opened, source.live) == (1, 0)


def test_nothing_is_changed() -> None:
    chunks = [chunk("a"), chunk(reasoning="b"), call("c"), chunk("d", finish="stop"), chunk(finish="stop")]
    assert all(one is other for one, other in zip(rillm.of(*chunks).pipe(loop_guard()), chunks, strict=True))


def test_what_is_kept_does_not_grow() -> None:
    detector = LoopDetector(6, 1000, "content")
    tracemalloc.start()
    try:
        for number in range(50_000):
            assert detector.feed(f"{number * number} ") is None
        kept, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert kept < 50_000


# Over HTTP

LOST = script(*[wire.frame("Let me check. ")] * 200, Do.STALL)


@every_stream
def test_the_socket_is_closed_at_once(server: Server, ask: Way) -> None:
    server.play(LOST)
    with pytest.raises(rillm.RepeatedChunkError) as raised:
        ask(server, pipeline=[loop_guard()])
    assert server.exchange().seconds_to_leave(monotonic()) < AT_ONCE
    assert raised.value.partial is not None
    assert raised.value.partial.choices[0].message.content == "Let me check. " * 72  # the first beyond 1000 characters


@every_stream
def test_the_other_call_is_made_when_the_socket_is_closed(server: Server, ask: Way) -> None:
    server.play(LOST, script(wire.answer("It is 42.")))
    began: list[float] = []

    def then(error: rillm.RepeatedChunkError) -> rillm.Stream[rillm.ModelResponseStream]:
        began.append(monotonic())
        assert error.model == MODEL.removeprefix("openai/")
        return cold(server, temperature=0.8)

    assert ask(server, pipeline=[loop_guard(then=then)]).endswith("Let me check. It is 42.")
    assert server.exchange(0).seconds_to_leave(began[0]) < AT_ONCE
    assert server.exchange(1).request.json["temperature"] == 0.8
