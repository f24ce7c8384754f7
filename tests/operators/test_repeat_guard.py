from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

import rillm
from rillm import repeat_guard
from rillm.streams.stream import from_source
from tests.kit.chunks import chunk, texts_of
from tests.kit.sources import Script

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
    ("texts", "passed"),
    [
        ("aaa aaa aaa", 3),
        ("aaa aaa aaa aaa", 3),
        ("aaa aaa bbb bbb aaa aaa", 6),
        ("aaa bbb bbb bbb bbb ccc", 4),
        ("bbb aaa aaa aaa aaa", 4),
    ],
)
def test_rows(texts: str, passed: int) -> None:
    chunks = [chunk(text) for text in texts.split()]
    seen, error = guarded(chunks, 3)
    assert seen == passed
    assert (error is None) == (passed == len(chunks))


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
