"""What real clients make of `to_sse`'s frames, over loopback; and what a client that leaves means to the provider."""

from __future__ import annotations

import asyncio
from time import monotonic
from typing import TYPE_CHECKING, Any

import openai
import pytest

import rillm
from rillm.streams.stream import from_source
from rillm.testing import chunk
from tests.kit import wire
from tests.kit.calls import KEY, cold
from tests.kit.frames import ANSWER, FORMATS
from tests.kit.leaks import run
from tests.kit.server import AT_ONCE, LONGEST, Do, script
from tests.kit.sources import Script

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.kit.server import Server

BETTER = [chunk("Yes", id="2"), chunk(finish="stop", id="2")]


def play(server: Server, format_: Any, *steps: Any, heartbeat: float | None = None) -> None:
    """Have the server answer with the frames of a stream of chunks, each as a block of its own."""
    stream = from_source(Script(*steps)).pipe(rillm.to_sse(format_, heartbeat))
    server.play(script(*stream))


@pytest.fixture
def openai_client(server: Server) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=server.url, api_key=KEY, max_retries=0) as client:
        yield client


@pytest.fixture
def anthropic_client(server: Server) -> Iterator[Any]:
    anthropic: Any = pytest.importorskip("anthropic", reason="the anthropic SDK is not installed")
    with anthropic.Anthropic(base_url=server.url.removesuffix("/v1"), api_key=KEY, max_retries=0) as client:
        yield client


HI: Any = [{"role": "user", "content": "Hi"}]
ASKED: dict[str, Any] = {"model": "m", "messages": HI, "max_tokens": 9}


def test_openai(server: Server, openai_client: openai.OpenAI) -> None:
    play(server, "openai", ANSWER)
    with openai_client.chat.completions.stream(model="m", messages=HI) as events:
        done = [event.name for event in events if event.type == "tool_calls.function.arguments.done"]
        completion = events.get_final_completion()
    assert done == ["add", "now"]
    message = completion.choices[0].message
    assert (completion.id, completion.model, message.content) == ("chatcmpl-test", "test", "Hello ü\u2028\n")
    assert [(call.id, call.function.arguments) for call in message.tool_calls or ()] == [("c1", '{"x": 1}'), ("c2", "")]
    assert getattr(message, "thinking_blocks", None) == [
        {"type": "thinking", "thinking": "Hm", "signature": "sig", "index": 0}
    ]
    assert completion.choices[0].finish_reason == "tool_calls"
    assert completion.usage is not None
    assert completion.usage.total_tokens == 10


def test_openai_several_choices(server: Server, openai_client: openai.OpenAI) -> None:
    ends = [chunk(finish="stop"), chunk(finish="content_filtered", index=1)]
    play(server, "openai", [chunk("a"), chunk("b", index=1), *ends])
    with openai_client.chat.completions.stream(model="m", messages=HI, n=2) as events:
        choices = events.until_done().get_final_completion().choices
    assert [(one.message.content, one.finish_reason) for one in choices] == [("a", "stop"), ("b", "content_filtered")]


def test_openai_error(server: Server, openai_client: openai.OpenAI) -> None:
    play(server, "openai", [chunk("Hi")], rillm.RateLimitError("Later."))
    said: list[str | None] = []
    with pytest.raises(openai.APIError, match=r"Later\.") as caught:  # noqa: PT012 - the loop is what is tested
        for one in openai_client.chat.completions.create(model="m", messages=HI, stream=True):
            said.append(one.choices[0].delta.content)  # noqa: PERF401 - the list is looked at after the error
    assert said == ["Hi"]
    assert caught.value.code == "429"


def test_openai_retraction(server: Server, openai_client: openai.OpenAI) -> None:
    """A client that does not know it reads on, and shows both texts."""
    play(server, "openai", [chunk("No"), rillm.retraction(chunk("No")), *BETTER])
    chunks = [*openai_client.chat.completions.create(model="m", messages=HI, stream=True)]
    assert [one.choices[0].delta.content for one in chunks] == ["No", None, "Yes", None]


def test_anthropic(server: Server, anthropic_client: Any) -> None:
    play(server, "anthropic", ANSWER)
    with anthropic_client.messages.stream(**ASKED) as stream:
        message = stream.get_final_message()
    assert (message.id, message.model, message.stop_reason) == ("chatcmpl-test", "test", "tool_use")
    assert [block.to_dict() for block in message.content] == [
        {"type": "thinking", "thinking": "Hm", "signature": "sig"},
        {"type": "text", "text": "Hello ü\u2028\n"},
        {"type": "tool_use", "id": "c1", "name": "add", "input": {"x": 1}},
        {"type": "tool_use", "id": "c2", "name": "now", "input": {}},
    ]
    assert (message.usage.input_tokens, message.usage.cache_read_input_tokens, message.usage.output_tokens) == (5, 2, 3)


def test_anthropic_error(server: Server, anthropic_client: Any) -> None:
    play(server, "anthropic", [chunk("Hi")], rillm.ServiceUnavailableError("Busy."))
    with anthropic_client.messages.stream(**ASKED) as stream:
        events = iter(stream)
        assert [next(events).type for _ in range(3)] == ["message_start", "content_block_start", "content_block_delta"]
        next(events)  # the SDK's own event of a text
        with pytest.raises(Exception, match=r"overloaded_error.*Busy"):
            next(events)


@pytest.mark.parametrize("format_", ["openai", "anthropic"])
def test_pings_are_passed_over(server: Server, format_: Any, openai_client: openai.OpenAI, request: Any) -> None:
    play(server, format_, 0.03, [chunk("Hi")], 0.03, [chunk(finish="stop")], heartbeat=0.01)
    if format_ == "openai":
        chunks = [*openai_client.chat.completions.create(model="m", messages=HI, stream=True)]
        assert [one.choices[0].delta.content for one in chunks] == ["Hi", None]
        return
    with request.getfixturevalue("anthropic_client").messages.stream(**ASKED) as stream:
        assert stream.get_final_text() == "Hi"


# A client that leaves


@pytest.mark.parametrize("format_", FORMATS)
def test_leaving_closes_the_providers_socket(server: Server, format_: Any) -> None:
    server.play(script(wire.frame("a"), Do.STALL))
    for _ in cold(server).pipe(rillm.to_sse(format_)):
        break
    assert server.exchange().seconds_to_leave(monotonic()) < AT_ONCE


async def answer_on(server: Server, client: Any) -> float:
    """A web server that hands a stream on to one client, which does as it likes; the time at which that was over."""

    async def hand_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        assert reader
        async for frame in cold(server).pipe(rillm.to_sse(heartbeat=0.01)):
            writer.write(frame)
            try:
                await writer.drain()
            except ConnectionError:
                break
        writer.close()

    async with await asyncio.start_server(hand_on, "127.0.0.1", 0) as web:
        return float(await client(*await asyncio.open_connection(*web.sockets[0].getsockname())))


def test_a_heartbeat_finds_out_that_a_client_has_left_a_silent_model(server: Server) -> None:
    async def client(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> float:
        assert (await reader.readuntil(b"\n\n")).startswith((b"data:", b": ping"))
        writer.close()
        await writer.wait_closed()
        moment = monotonic()
        await asyncio.to_thread(server.exchange().left.wait, LONGEST)
        return moment

    server.play(script(wire.frame("a"), Do.STALL))
    moment = run(answer_on(server, client))
    assert server.exchange().seconds_to_leave(moment) < 1
