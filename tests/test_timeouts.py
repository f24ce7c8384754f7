"""How long a call may take: each limit is kept in every way of calling, and what was open is closed."""

from __future__ import annotations

import asyncio
from time import monotonic, sleep
from typing import TYPE_CHECKING, Any

import httpx
import pytest

import rillm
from tests.kit import wire
from tests.kit.calls import KEY, MESSAGES, MODEL
from tests.kit.leaks import run
from tests.kit.server import Answer, Do, script
from tests.kit.ways import every_stream, every_way

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.kit.server import Server
    from tests.kit.ways import Way

SHORT = 0.15  # seconds
ROLE = wire.event({**wire.head(), "choices": [{"index": 0, "delta": {"role": "assistant", "content": ""}}]})
PINGS = (b": ping\n\n", 0.05) * 20
WORDS = (wire.frame("a "), 0.05) * 20
NEVER_ANSWERS = Answer(before=Do.STALL)
GOOD = script(wire.answer("Hello"))


@every_way
@pytest.mark.parametrize(
    ("params", "answer", "words"),
    [
        ({"first_token_timeout": SHORT}, NEVER_ANSWERS, "not begun to answer|said nothing"),
        ({"first_token_timeout": SHORT}, script(Do.STALL), "said nothing"),
        ({"first_token_timeout": SHORT}, script(*PINGS), "said nothing"),
        ({"first_token_timeout": SHORT}, script(ROLE, *PINGS), "said nothing"),
        ({"idle_timeout": SHORT}, script(wire.frame("a"), Do.STALL), "stalled"),
        ({"idle_timeout": SHORT}, script(wire.frame("a"), *PINGS), "stalled"),
        ({"total_timeout": SHORT}, NEVER_ANSWERS, "not begun to answer|not complete"),
        ({"total_timeout": SHORT}, script(*WORDS), "not complete"),
        ({"timeout": SHORT}, NEVER_ANSWERS, "did not answer in time"),
        ({"timeout": SHORT}, script(wire.frame("a"), Do.STALL), "stalled"),
        ({"timeout": httpx.Timeout(5, read=SHORT)}, script(wire.frame("a"), Do.STALL), "stalled"),
    ],
)
def test_too_slow(server: Server, ask: Way, params: dict[str, Any], answer: Answer, words: str) -> None:
    server.play(answer)
    with pytest.raises(rillm.Timeout, match=words) as caught:
        ask(server, **params)
    moment = monotonic()
    assert caught.value.status_code == 408
    assert server.exchange().seconds_to_leave(moment) < 1


@every_way
@pytest.mark.parametrize(
    "params",
    [
        {"first_token_timeout": 1.0, "idle_timeout": SHORT * 2, "total_timeout": 5.0},
        {"idle_timeout": SHORT * 2},
        {"timeout": SHORT * 2},
        {"timeout": 10, "stream_timeout": 5},
    ],
)
def test_fast_enough(server: Server, ask: Way, params: dict[str, Any]) -> None:
    server.play(script(ROLE, 0.05, wire.frame("a"), 0.1, wire.frame("b"), 0.1, wire.answer("c")))
    assert ask(server, **params) == "abc"


@every_stream
def test_what_had_come_is_there(server: Server, ask: Way) -> None:
    server.play(script(wire.frame("Hel"), Do.STALL))
    with pytest.raises(rillm.Timeout) as caught:
        ask(server, idle_timeout=SHORT)
    assert caught.value.partial is not None
    assert caught.value.partial.choices[0].message.content == "Hel"


@every_stream
def test_stream_timeout_is_for_streams(server: Server, ask: Way) -> None:
    server.play(script(wire.frame("a"), Do.STALL))
    with pytest.raises(rillm.Timeout):
        ask(server, stream_timeout=SHORT, timeout=60)


def test_stream_timeout_is_for_streams_only(server: Server) -> None:
    server.play(script(wire.frame("a"), 2 * SHORT, wire.answer("b")))
    response = rillm.completion("openai/gpt", MESSAGES, api_base=server.url, api_key=KEY, stream_timeout=SHORT)
    assert response.choices[0].message.content == "ab"


@every_way
def test_the_setting(server: Server, ask: Way, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rillm, "request_timeout", SHORT)
    server.play(NEVER_ANSWERS)
    with pytest.raises(rillm.Timeout, match="did not answer in time"):
        ask(server)


@every_way
def test_a_slow_first_token_is_tried_again(server: Server, ask: Way) -> None:
    server.play(script(*PINGS), GOOD)
    assert ask(server, first_token_timeout=SHORT, max_retries=1) == "Hello"


@every_way
def test_the_total_is_for_all_tries(server: Server, ask: Way) -> None:
    server.play(Answer((b"{}",), status=503, headers={"Retry-After": "5"}))
    began = monotonic()
    with pytest.raises(rillm.ServiceUnavailableError):
        ask(server, total_timeout=1, max_retries=5)
    assert monotonic() - began < 4
    assert len(server.exchanges) == 1


@every_way
@pytest.mark.parametrize("params", [{"first_token_timeout": SHORT}, {"idle_timeout": SHORT}, {"total_timeout": SHORT}])
def test_it_tells_its_call(server: Server, ask: Way, params: dict[str, Any]) -> None:
    server.play(script(ROLE, Do.STALL))
    with pytest.raises(rillm.Timeout) as caught:
        ask(server, **params)
    assert (caught.value.llm_provider, caught.value.model) == ("openai", "gpt-test")


def slow_reader(server: Server) -> list[str | None]:
    texts: list[str | None] = []
    for chunk in rillm.completion(MODEL, MESSAGES, stream=True, api_base=server.url, api_key=KEY, idle_timeout=SHORT):
        texts.append(chunk.choices[0].delta.content)
        sleep(2 * SHORT if texts == ["a"] else 0)
    return texts


def slow_areader(server: Server) -> list[str | None]:
    async def main() -> list[str | None]:
        texts: list[str | None] = []
        params: dict[str, Any] = {"api_base": server.url, "api_key": KEY, "idle_timeout": SHORT}
        async for chunk in await rillm.acompletion(MODEL, MESSAGES, stream=True, **params):
            texts.append(chunk.choices[0].delta.content)
            await asyncio.sleep(2 * SHORT if texts == ["a"] else 0)
        return texts

    return run(main())


def blocking_areader(server: Server) -> list[str | None]:
    async def main() -> list[str | None]:
        texts: list[str | None] = []
        params: dict[str, Any] = {"api_base": server.url, "api_key": KEY, "idle_timeout": SHORT}
        async for chunk in await rillm.acompletion(MODEL, MESSAGES, stream=True, **params):
            texts.append(chunk.choices[0].delta.content)
            sleep(2 * SHORT if texts == ["a"] else 0)  # noqa: ASYNC251 - as some consumers do
        return texts

    return run(main())


@pytest.mark.parametrize("reader", [slow_reader, slow_areader, blocking_areader])
def test_a_slow_consumer_is_no_stall(server: Server, reader: Callable[[Server], list[str | None]]) -> None:
    """What came while it was busy is there, and is seen before the clock is."""
    server.play(script(wire.frame("a"), 0.02, wire.frame("b"), 0.02, wire.frame("c"), wire.finish(), wire.DONE))
    assert reader(server) == ["a", "b", "c", None]
