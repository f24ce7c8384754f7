"""A call ends in exactly one terminal callback, by the time its loop has ended."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from loguru import logger
from reactivex import operators as ops

import rillm
from tests.kit import wire
from tests.kit.calls import KEY, MESSAGES, MODEL, aask, aopened, ask, cold, opened, to
from tests.kit.leaks import run
from tests.kit.server import Answer, Do, script

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from tests.kit.server import Server

GOOD = script(wire.frame("Hello") + wire.finish() + wire.usage() + wire.DONE)
BROKEN = script(wire.frame("Hello"))
LIMITED = Answer((b'{"error": {"message": "slow down"}}',), status=429)
SILENT = script(wire.frame("Hello"), Do.STALL)


class Told:
    """What the callbacks were called with."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, dict[str, Any], Any, Any, Any]] = []

    def listen(self, role: str) -> Callable[..., None]:
        def callback(kwargs: dict[str, Any], response: Any, start: datetime, end: datetime) -> None:
            self.calls.append((role, kwargs, response, start, end))

        return callback

    @property
    def roles(self) -> list[str]:
        return [role for role, *_ in self.calls]


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Told:
    told = Told()
    for role in ("success", "failure", "cancel"):
        monkeypatch.setattr(rillm, f"{role}_callback", [told.listen(role)])
    return told


def whole(server: Server) -> None:
    rillm.completion(MODEL, MESSAGES, **to(server, {}))


def awhole(server: Server) -> None:
    run(rillm.acompletion(MODEL, MESSAGES, stream=False, **to(server, {})))


def iterate(server: Server) -> None:
    list(cold(server))


def aiterate(server: Server) -> None:
    async def main() -> None:
        async for _ in cold(server):
            pass

    run(main())


def stream(server: Server) -> None:
    ask(server)


def astream(server: Server) -> None:
    aask(server)


every_way = pytest.mark.parametrize("call", [whole, awhole, iterate, aiterate, stream, astream])


@every_way
def test_success(server: Server, told: Told, call: Callable[[Server], None]) -> None:
    server.play(GOOD)
    call(server)
    ((role, kwargs, response, start, end),) = told.calls
    assert role == "success"
    assert response.choices[0].message.content == "Hello"
    assert response.usage.total_tokens == 10
    assert start <= kwargs["completion_start_time"] <= end
    assert kwargs["model"] == "gpt-test"
    assert kwargs["messages"] == MESSAGES
    assert KEY not in repr(kwargs)
    assert "exception" not in kwargs


@every_way
def test_failure_in_mid_stream(server: Server, told: Told, call: Callable[[Server], None]) -> None:
    server.play(BROKEN)
    with pytest.raises(rillm.StreamTruncatedError) as caught:
        call(server)
    ((role, kwargs, response, *_),) = told.calls
    assert role == "failure"
    assert kwargs["exception"] is caught.value
    assert response is caught.value.partial
    assert response.usage.is_estimated


@every_way
def test_failure_at_the_call(server: Server, told: Told, call: Callable[[Server], None]) -> None:
    server.play(LIMITED)
    with pytest.raises(rillm.RateLimitError) as caught:
        call(server)
    ((role, kwargs, response, *_),) = told.calls
    assert (role, response) == ("failure", None)
    assert kwargs["exception"] is caught.value
    assert kwargs["response_cost"] == 0


def leave(server: Server) -> None:
    for _ in opened(server):
        break


def leave_cold(server: Server) -> None:
    for _ in cold(server):
        break


def take(server: Server) -> None:
    list(cold(server).pipe(ops.take(1)))


def aleave(server: Server) -> None:
    async def main() -> None:
        async with await aopened(server) as stream:
            async for _ in stream:
                break

    run(main())


def time_out(server: Server) -> None:
    async def main() -> None:
        with pytest.raises(TimeoutError):  # noqa: PT012 - the loop is what is tested
            async with asyncio.timeout(0.05):
                async for _ in await aopened(server):
                    pass

    run(main())


leaving = pytest.mark.parametrize("call", [leave, leave_cold, take, aleave, time_out])


@leaving
def test_cancelled(server: Server, told: Told, call: Callable[[Server], None]) -> None:
    server.play(SILENT)
    call(server)
    ((role, kwargs, response, *_),) = told.calls
    assert role == "cancel"
    assert isinstance(kwargs["exception"], rillm.StreamCancelledError)
    assert response.choices[0].message.content == "Hello"
    assert response.choices[0].finish_reason is None
    assert response.usage.is_estimated


@leaving
def test_cancelled_without_cancel_callbacks(
    server: Server, told: Told, monkeypatch: pytest.MonkeyPatch, call: Callable[[Server], None]
) -> None:
    monkeypatch.setattr(rillm, "cancel_callback", [])
    server.play(SILENT)
    call(server)
    ((role, kwargs, *_),) = told.calls
    assert role == "failure"
    assert isinstance(kwargs["exception"], rillm.StreamCancelledError)


def test_it_is_over_before_the_loop_is(server: Server, told: Told) -> None:
    server.play(GOOD)
    for chunk in opened(server):
        assert bool(told.roles) == bool(chunk.choices[0].finish_reason)


def test_a_second_reader_is_no_call(server: Server, told: Told) -> None:
    server.play(GOOD)
    stream = opened(server)
    list(stream)
    with pytest.raises(rillm.StreamConsumedError):
        list(stream)
    assert told.roles == ["success"]


def test_each_subscription_is_a_call(server: Server, told: Told) -> None:
    server.play(BROKEN, GOOD)
    assert len(list(cold(server).pipe(ops.retry(2)))) == 3
    assert told.roles == ["failure", "success"]


def test_callbacks_of_the_call(server: Server, told: Told) -> None:
    server.play(GOOD)
    ask(server, success_callback=[told.listen("mine")], failure_callback=[told.listen("not this")])
    assert told.roles == ["success", "mine"]
    assert "success_callback" not in server.exchange().request.json


@pytest.mark.parametrize("model", ["gpt-4o-mini", "gpt-unheard-of"])
def test_cost(told: Told, model: str) -> None:
    rillm.completion(f"openai/{model}", MESSAGES, mock_response="Hello", api_key=KEY)
    ((_, kwargs, response, *_),) = told.calls
    assert (kwargs["response_cost"] is None) == (model == "gpt-unheard-of")
    assert kwargs["response_cost"] == response.hidden_params["response_cost"]


def test_rates_of_nothing_cost_nothing(told: Told) -> None:
    rates: dict[str, Any] = {"input_cost_per_token": 0.0, "output_cost_per_token": 0.0}
    rillm.completion("openai/gpt-4o-mini", MESSAGES, mock_response="Hello", api_key=KEY, **rates)
    ((_, kwargs, *_),) = told.calls
    assert kwargs["response_cost"] == 0


@pytest.mark.parametrize(
    "params",
    [
        {"api_key": "sk-secret"},
        {"model_list": [{"litellm_params": {"api_key": "sk-secret"}}]},
        {"extra_body": {"api_key": "sk-secret", "kept": 1}},
        {"extra_headers": {"x-key": "sk-secret"}},
        {"fallbacks": [{"model": "mock/other", "api_key": "sk-secret"}]},
    ],
)
def test_callbacks_are_not_shown_secrets(told: Told, params: dict[str, Any]) -> None:
    rillm.completion("mock/x", MESSAGES, mock_response="Hello", **params)
    ((_, kwargs, *_),) = told.calls
    assert "sk-secret" not in repr(kwargs)
    assert kwargs["extra_body"] == ({"kept": 1} if "extra_body" in params else {})


def test_a_function_hears_the_same_whoever_else_listens() -> None:
    class Logger(rillm.CustomLogger):
        def log_stream_event(self, *_: Any, **__: Any) -> None: ...

    heard: list[str] = []

    def listen(kwargs: dict[str, Any], *_: Any) -> None:
        heard.append(kwargs["log_event_type"])

    list(rillm.completion("mock/x", MESSAGES, stream=True, mock_response="a b", callbacks=[listen, Logger()]))
    assert heard == ["pre_api_call", "successful_api_call"]


@pytest.fixture
def log() -> Iterator[list[str]]:
    lines: list[str] = []
    logger.remove()
    handler = logger.add(lines.append, format="{message}")
    yield lines
    logger.remove(handler)


@pytest.mark.parametrize("answer", [GOOD, BROKEN])
def test_a_callback_raises(server: Server, told: Told, log: list[str], answer: Answer) -> None:
    def raises(*_: Any) -> None:
        raise ZeroDivisionError

    server.play(answer)
    after = [told.listen("after")]
    params = {f"{role}_callback": [raises, *after] for role in ("success", "failure")}
    try:
        list(cold(server, **params))
    except rillm.StreamTruncatedError:
        assert answer is BROKEN
    assert told.roles[-1] == "after"
    assert len([line for line in log if "ZeroDivisionError" in line]) == 1


def test_a_coroutine_as_callback(server: Server) -> None:
    async def main() -> list[str]:
        seen: list[str] = []

        async def callback(*_: Any) -> None:
            await asyncio.sleep(0)
            seen.append("called")

        async for _ in cold(server, success_callback=[callback]):
            pass
        await asyncio.sleep(0.01)
        return seen

    server.play(GOOD)
    assert run(main()) == ["called"]
