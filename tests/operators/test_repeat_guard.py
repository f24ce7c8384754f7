from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

import rillm
from rillm import repeat_guard
from rillm.streams.stream import from_source
from rillm.testing import play
from tests.kit.chunks import chunk, texts_of
from tests.kit.sources import SILENCE, Script, both

if TYPE_CHECKING:
    from collections.abc import Callable

    Collect = Callable[[Any], list[Any]]

MESSAGES: list[Any] = []
LENIENT = 10


def guarded(chunks: list[rillm.ModelResponseStream], limit: int | None = None) -> tuple[int, Exception | None]:
    """How many chunks come through, and the error after them."""
    seen = 0
    try:
        for _ in from_source(Script(chunks)).pipe(repeat_guard(limit)):
            seen += 1
    except rillm.RepeatedChunkError as error:
        return seen, error
    return seen, None


@pytest.mark.parametrize(
    ("comes", "goes", "source"),
    [
        ("-aaa-aaa-aaa-|", "-aaa-aaa-aaa-|", "^------------!"),
        ("-aaa-aaa-aaa-aaa-|", "-aaa-aaa-aaa-X", "^------------!"),
        ("-aaa-aaa-bbb-bbb-aaa-aaa-|", "-aaa-aaa-bbb-bbb-aaa-aaa-|", "^------------------------!"),
        ("-aaa-bbb-bbb-bbb-bbb-ccc-|", "-aaa-bbb-bbb-bbb-X", "^----------------!"),
        ("-bbb-aaa-aaa-aaa-aaa-|", "-bbb-aaa-aaa-aaa-X", "^----------------!"),
        ("-(aaa,aaa,aaa,aaa,|)", "-(aaa,aaa,aaa,X)", "^!"),
        ("-aaa-=stop-aaa-~Hm-aaa-aaa-|", "-aaa-=stop-aaa-~Hm-aaa-X", "^----------------------!"),
        ("-aaa-aaa-X", "-aaa-aaa-X", "^--------!"),
        ("-aaa-aaa--", "-aaa-aaa--", "^"),
    ],
)
def test_rows(comes: str, goes: str, source: str) -> None:
    played = play(repeat_guard(3), comes)
    assert (played.marbles, played.source) == (goes, source)
    if goes.endswith("X") and not comes.endswith("X"):
        assert isinstance(played.error, rillm.RepeatedChunkError)


@both
def test_each_subscription_counts_by_itself(collect: Collect) -> None:
    stream = from_source(Script([chunk("same")] * 3)).pipe(repeat_guard(3))
    assert len(collect(stream)) == len(collect(stream)) == 3


def test_a_limit_that_is_asked_for_is_asked_once_a_subscription() -> None:
    limits = iter([2, 3])
    stream = rillm.of(*[chunk("same")] * 9).pipe(repeat_guard(lambda: next(limits)))
    seen = [play(lambda: stream).items for _ in range(2)]
    assert [len(items) for items in seen] == [2, 3]


@pytest.mark.parametrize("limit", [0, -1, "many", 1.5])
def test_what_is_no_limit(limit: Any) -> None:
    with pytest.raises(rillm.BadRequestError, match="a number of at least 1"):
        list(rillm.of(chunk("a")).pipe(repeat_guard(limit)))


def test_leaving_and_failing_let_go_of_the_source() -> None:
    script = Script([chunk("same")] * 9, SILENCE)
    with pytest.raises(rillm.RepeatedChunkError):
        list(from_source(script).pipe(repeat_guard(3)))
    for _ in from_source(script).pipe(repeat_guard(3)):
        break
    assert (script.opened, script.live) == (2, 0)


@pytest.mark.parametrize("text", ["the same", "word", "aaa", "日本語", "1.5", "- item"])
def test_texts_that_count(text: str) -> None:
    assert guarded([chunk(text)] * 20, 5)[0] == 5


@pytest.mark.parametrize(
    "text",
    ["a", "ab", " ", "\n", "    ", "\t\t\t\t", "---", "-----", "***", "| |", "|---|---|", "====", "\n\n\n", "...."],
)
def test_texts_that_count_ten_times_less(text: str) -> None:
    assert guarded([chunk(text)] * 5 * LENIENT, 5) == (5 * LENIENT, None)
    seen, error = guarded([chunk(text)] * (5 * LENIENT + 1), 5)
    assert seen == 5 * LENIENT
    assert error is not None


@pytest.mark.parametrize("between", [chunk(""), chunk(None), chunk(None, finish="stop")])
def test_chunks_without_text_neither_count_nor_break_a_row(between: rillm.ModelResponseStream) -> None:
    seen, error = guarded([chunk("same"), between] * 10, 3)
    assert error is not None
    assert seen == 6
    assert guarded([between] * 500, 3)[1] is None


def test_each_choice_for_itself() -> None:
    chunks = [chunk("same", str(number) * 3) for number in range(9)]
    seen, error = guarded(chunks, 5)
    assert (seen, error is None) == (5, False)
    assert guarded([chunk("one", "two"), chunk("two", "one")] * 50, 1)[1] is None


def test_the_default() -> None:
    assert guarded([chunk("same")] * 100) == (100, None)
    assert guarded([chunk("same")] * 101)[0] == 100


def test_the_error() -> None:
    error = guarded([chunk("same " * 100)] * 9, 3)[1]
    assert isinstance(error, rillm.InternalServerError)
    assert (error.status_code, error.retryable) == (500, False)
    assert "repeating the same chunk" in str(error)
    assert len(str(error)) < 400


def test_the_guard_of_a_call(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = rillm.stream("mock/loop", mock_response=["same"] * 20)
    assert texts_of(list(stream))[:-1] == ["same"] * 20
    monkeypatch.setattr(rillm, "REPEATED_STREAMING_CHUNK_LIMIT", 3)  # read when it is consumed
    with pytest.raises(rillm.RepeatedChunkError) as caught:
        list(stream)
    assert (caught.value.llm_provider, caught.value.model) == ("mock", "loop")
    assert caught.value.partial is not None
    assert caught.value.partial.choices[0].message.content == "same" * 3
    assert caught.value.partial.choices[0].finish_reason is None
    with pytest.raises(rillm.RepeatedChunkError):
        rillm.completion("mock/loop", MESSAGES, mock_response=["same"] * 20)


def test_a_call_without_guard() -> None:
    assert len(list(rillm.stream("mock/loop", mock_response=["same"] * 200, pipeline=[]))) == 201


@pytest.mark.parametrize(("value", "limit"), [("7", "7"), (None, "100")])
def test_the_limit_of_the_environment(value: str | None, limit: str) -> None:
    code = "import rillm; print(rillm.REPEATED_STREAMING_CHUNK_LIMIT)"
    environment = {} if value is None else {"REPEATED_STREAMING_CHUNK_LIMIT": value}
    done = subprocess.run(  # noqa: S603 - our own code
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment
    )
    assert done.stdout.strip() == limit
