"""Edges where a consumer, a callback or an argument is easily forgotten: each case once."""

from __future__ import annotations

import asyncio
import io
from typing import TYPE_CHECKING, Any

import pytest
from loguru import logger
from reactivex import operators as ops

import rillm
from rillm.providers.openai_request import plain
from rillm.target import plain_messages

if TYPE_CHECKING:
    from collections.abc import Callable

HELLO = [{"role": "user", "content": "Hello"}]


def cold(text: str = "a b c", **params: Any) -> rillm.Stream[rillm.ModelResponseStream]:
    return rillm.stream("mock/x", HELLO, mock_response=text, **params)


def test_closing_one_consumer_leaves_the_others_alone() -> None:
    base = cold()
    outer: list[str | None] = []
    for chunk in base:
        outer.append(chunk.choices[0].delta.content)
        with base.pipe(rillm.text()) as other:
            next(other)
    assert outer == ["a", " b", " c", None]


def test_operators_that_schedule_on_the_current_thread_are_served_while_pushed() -> None:
    seen: list[str] = []
    replayed = cold().pipe(rillm.text(), ops.replay(), ops.ref_count())
    replayed.subscribe(seen.append, on_completed=lambda: seen.append("|"))
    assert seen == ["a", " b", " c", "|"]


def test_a_key_does_not_get_into_the_log() -> None:
    def broken(*_: Any) -> None:
        raise ValueError("a bug of the user's")

    shown = io.StringIO()
    sink = logger.add(shown)
    try:
        rillm.completion("mock/x", HELLO, api_key="sk-hush", success_callback=[broken])
    finally:
        logger.remove(sink)
    assert "a bug of the user's" in shown.getvalue()
    assert "sk-hush" not in shown.getvalue()


def dropped() -> None:
    rillm.completion("mock/x", HELLO, stream=True)


def closed() -> None:
    rillm.completion("mock/x", HELLO, stream=True).close()


def aclosed() -> None:
    async def main() -> None:
        await (await rillm.acompletion("mock/x", HELLO, stream=True)).aclose()

    asyncio.run(main())


@pytest.mark.parametrize("leave", [dropped, closed, aclosed])
def test_a_stream_that_nobody_read_ends_in_one_callback(
    leave: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []

    def teller(word: str) -> Callable[..., None]:
        def tell(*_: object) -> None:
            told.append(word)

        return tell

    monkeypatch.setattr(rillm, "success_callback", [teller("success")])
    monkeypatch.setattr(rillm, "cancel_callback", [teller("cancelled")])
    leave()
    assert told == ["cancelled"]


def test_a_failure_is_told_before_the_call_raises(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[object] = []

    def tell(kwargs: dict[str, Any], *_: object) -> None:
        told.append(kwargs["exception"])

    monkeypatch.setattr(rillm, "failure_callback", [tell])

    async def main() -> None:
        failure = rillm.RateLimitError("slow down")
        with pytest.raises(rillm.RateLimitError):
            await rillm.acompletion("mock/x", HELLO, stream=True, mock_response=failure)
        assert told == [failure]

    asyncio.run(main())


def test_a_cancelled_anext_is_not_taken_for_the_end() -> None:
    async def main() -> None:
        stream = cold(mock_chunk_delay=5).pipe(rillm.text())
        assert await anext(stream) == "a"
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(anext(stream), 0.01)
        with pytest.raises(rillm.StreamCancelledError):
            await anext(stream)

    asyncio.run(main())


def test_two_streams_in_a_row_are_a_stream() -> None:
    assert list(cold("a").pipe(rillm.text()) + cold("b").pipe(rillm.text())) == ["a", "b"]


def test_tool_calls_of_a_response_can_be_sent_back() -> None:
    calls = [{"id": "call_1", "type": "function", "function": {"name": "f", "arguments": "{}"}}]
    message = rillm.completion("mock/x", HELLO, mock_response="", mock_tool_calls=calls).choices[0].message
    assert plain({"role": "assistant", "tool_calls": message.tool_calls})["tool_calls"][0]["id"] == "call_1"


def test_a_message_of_a_response_can_be_sent_back() -> None:
    message = rillm.completion("mock/x", HELLO, mock_response="Hi").choices[0].message
    assert plain_messages((message,)) == [{"content": "Hi", "role": "assistant"}]


@pytest.mark.parametrize("messages", [None, "Hello", 5, [("user", "Hello")]])
def test_what_is_no_list_of_messages(messages: Any) -> None:
    with pytest.raises(rillm.BadRequestError, match="messages"):
        rillm.completion("mock/x", messages)


def test_messages_of_any_iterable_are_sent() -> None:
    messages: Any = iter(HELLO)
    answer = rillm.completion("mock/echo", messages)
    assert answer.choices[0].message.content == "Hello"


@pytest.mark.parametrize("limit", [0, -1, "many"])
def test_a_limit_that_is_none(limit: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rillm, "REPEATED_STREAMING_CHUNK_LIMIT", limit)
    with pytest.raises(rillm.BadRequestError, match="limit"):
        rillm.completion("mock/x", HELLO)
