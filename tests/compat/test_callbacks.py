"""Callbacks: section 1.13 of the study."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from tests.kit import wire
from tests.kit.server import Do, Server, script

if TYPE_CHECKING:
    from collections.abc import Iterator

same = pytest.mark.same_as_litellm
better = pytest.mark.better_than_litellm
MESSAGES = [{"role": "user", "content": "Hi"}]
USED = script(wire.frame("Hel") + wire.frame("lo") + wire.finish() + wire.usage() + wire.DONE)
REFUSED = script(b'{"error": {"message": "no"}}', status=401, headers={"Content-Type": "application/json"})
LISTS = ("callbacks", "success_callback", "failure_callback", "input_callback")
LITELLMS_OWN = ("_async_success_callback", "_async_failure_callback")
SECONDS = 2.0  # LiteLLM tells some of it later, in other threads


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    yield server
    server.stop()


@pytest.fixture(autouse=True)
def lists(lib: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*LISTS, *LITELLMS_OWN):
        monkeypatch.setattr(lib, name, [])


def recorder(lib: Any) -> Any:
    base: Any = lib.CustomLogger if lib.__name__ == "rillm" else lib.integrations.custom_logger.CustomLogger
    events: list[tuple[str, dict[str, Any]]] = []

    class Recorder(base):  # type: ignore[misc]  # of either library
        def log_pre_api_call(self, model: Any, messages: Any, kwargs: Any) -> None:
            events.append(("pre", {"model": model, "messages": messages, "kwargs": dict(kwargs)}))

        def log_post_api_call(self, kwargs: Any, response_obj: Any, start_time: Any, end_time: Any) -> None:
            events.append(("post", {"kwargs": dict(kwargs), "response_obj": response_obj, "end_time": end_time}))

        def log_success_event(self, kwargs: Any, response_obj: Any, start_time: Any, end_time: Any) -> None:
            events.append(("success", {"kwargs": dict(kwargs), "response_obj": response_obj, "end_time": end_time}))

        def log_failure_event(self, kwargs: Any, response_obj: Any, start_time: Any, end_time: Any) -> None:
            events.append(("failure", {"kwargs": dict(kwargs), "response_obj": response_obj, "end_time": end_time}))

        async def async_log_success_event(self, kwargs: Any, response_obj: Any, start_time: Any, end_time: Any) -> None:
            events.append(("async success", {"kwargs": dict(kwargs), "response_obj": response_obj, "end": end_time}))

        async def async_log_failure_event(self, kwargs: Any, response_obj: Any, start_time: Any, end_time: Any) -> None:
            events.append(("async failure", {"kwargs": dict(kwargs), "response_obj": response_obj, "end": end_time}))

    logger = Recorder()
    logger.events = events
    return logger


def ask(lib: Any, server: Server, *, ahead: bool, stream: bool = True, **more: Any) -> None:
    params = {"messages": MESSAGES, "api_base": server.url, "api_key": "sk-x", "stream": stream, **more}
    params["max_retries"] = 0

    async def main() -> None:
        answer = await lib.acompletion("openai/gpt-4o-mini", **params)
        if stream:
            async for _ in answer:
                pass
        await settled()

    async def settled() -> None:
        if lib.__name__ == "litellm":
            await asyncio.sleep(SECONDS / 4)

    if ahead:
        asyncio.run(main())
        return
    answer = lib.completion("openai/gpt-4o-mini", **params)
    if stream:
        for _ in answer:
            pass


def settle(lib: Any, seconds: float) -> None:
    """LiteLLM tells some of it later; ours has been told by now."""
    if lib.__name__ == "litellm":
        time.sleep(seconds)


def kinds(logger: Any, expected: list[str]) -> list[str]:
    """What was told, once as much as is expected has been."""
    deadline = time.monotonic() + SECONDS
    while len(logger.events) < len(expected) and time.monotonic() < deadline:
        time.sleep(0.01)
    return [kind for kind, _ in logger.events]


both = pytest.mark.parametrize("ahead", [False, True], ids=["sync", "async"])


@same
@both
def test_a_logger_of_a_stream(lib: Any, server: Server, *, ahead: bool) -> None:
    server.play(USED)
    logger = recorder(lib)
    lib.callbacks = [logger]
    ask(lib, server, ahead=ahead)
    expected = ["pre", "post", "async success" if ahead else "success"]
    assert Counter(kinds(logger, expected)) == Counter(expected)
    told = dict(logger.events)
    kwargs = told[expected[-1]]["kwargs"]
    assert told["post"]["response_obj"] is None
    assert told[expected[-1]]["response_obj"].choices[0].message.content == "Hello"
    assert kwargs["response_cost"] == pytest.approx(7 * 0.15e-6 + 3 * 0.6e-6)
    assert kwargs["stream"] is True
    assert kwargs["model"] == "gpt-4o-mini"
    assert kwargs["messages"] == MESSAGES
    name = "async_complete_streaming_response" if ahead else "complete_streaming_response"
    assert kwargs[name].usage.total_tokens == 10


KEYS = (
    "model", "messages", "optional_params", "litellm_params", "stream", "user", "input", "api_key",
    "original_response", "additional_args", "log_event_type", "call_type", "litellm_call_id", "litellm_trace_id",
    "custom_llm_provider", "start_time", "end_time", "completion_start_time", "api_call_start_time", "cache_hit",
    "response_cost", "standard_logging_object",
)  # fmt: skip
FLAT = (
    "id", "call_type", "stream", "response_cost", "status", "prompt_tokens", "completion_tokens", "total_tokens",
    "startTime", "endTime", "completionStartTime", "response_time", "model", "model_group", "api_base",
    "custom_llm_provider", "cache_hit", "messages", "response", "metadata", "hidden_params", "model_parameters",
    "error_str", "error_information", "request_tags", "end_user", "trace_id",
)  # fmt: skip


@same
@both
def test_the_keys(lib: Any, server: Server, *, ahead: bool) -> None:
    server.play(USED)
    logger = recorder(lib)
    lib.callbacks = [logger]
    ask(lib, server, ahead=ahead, temperature=0.5, user="u1", metadata={"a": 1})
    expected = ["pre", "post", "async success" if ahead else "success"]
    kinds(logger, expected)
    kwargs = dict(logger.events)[expected[-1]]["kwargs"]
    assert [key for key in KEYS if key not in kwargs] == []
    flat = kwargs["standard_logging_object"]
    assert [key for key in FLAT if key not in flat] == []
    assert flat["total_tokens"] == 10
    assert flat["status"] == "success"
    assert kwargs["log_event_type"] == "successful_api_call"
    assert kwargs["call_type"] == ("acompletion" if ahead else "completion")
    assert kwargs["user"] == "u1"
    assert kwargs["optional_params"]["temperature"] == 0.5
    assert kwargs["litellm_params"]["metadata"]["a"] == 1
    assert kwargs["start_time"] <= kwargs["completion_start_time"] <= kwargs["end_time"]


@same
@both
def test_a_call_that_is_refused(lib: Any, server: Server, *, ahead: bool) -> None:
    server.play(REFUSED)
    logger = recorder(lib)
    lib.callbacks = [logger]
    with pytest.raises(lib.AuthenticationError):
        ask(lib, server, ahead=ahead)
    expected = ["pre", "async failure" if ahead else "failure"]
    seen = [kind for kind in kinds(logger, expected) if kind != "post"]
    assert Counter(seen) == Counter(expected)
    kwargs = dict(logger.events)[expected[-1]]["kwargs"]
    assert isinstance(kwargs["exception"], lib.AuthenticationError)
    assert kwargs["response_cost"] == 0
    assert dict(logger.events)[expected[-1]]["response_obj"] is None


@better
def test_a_function_before_the_call(lib: Any, server: Server) -> None:
    server.play(USED)
    told: list[str] = []

    def before(kwargs: dict[str, Any]) -> None:
        told.append(kwargs["log_event_type"])

    lib.input_callback = [before]
    ask(lib, server, ahead=False)
    assert told == ["pre_api_call"]


@better
@both
@pytest.mark.parametrize("stream", [False, True])
def test_a_plain_function_is_called_once(lib: Any, server: Server, *, ahead: bool, stream: bool) -> None:
    server.play(USED)
    costs: list[float | None] = []

    def track(kwargs: dict[str, Any], *_: Any) -> None:
        costs.append(kwargs["response_cost"])

    lib.success_callback = [track]
    ask(lib, server, ahead=ahead, stream=stream)
    settle(lib, 0.1)
    assert costs == [pytest.approx(7 * 0.15e-6 + 3 * 0.6e-6)]


@better
@both
def test_a_stream_that_is_left_is_told(lib: Any, server: Server, *, ahead: bool) -> None:
    server.play(script(wire.frame("Hel"), Do.STALL))
    told: list[Any] = []

    def track(kwargs: dict[str, Any], *_: Any) -> None:
        told.append(kwargs["response_cost"])

    lib.failure_callback = [track]
    params = {"messages": MESSAGES, "api_base": server.url, "api_key": "sk-x", "stream": True}

    async def main() -> None:
        async with await lib.acompletion("openai/gpt-4o-mini", **params) as stream:
            async for _ in stream:
                break

    if ahead:
        asyncio.run(main())
    else:
        for _ in lib.completion("openai/gpt-4o-mini", **params):
            break
    assert len(told) == 1
    assert told[0] > 0


@better
@both
def test_per_chunk_hooks_are_once_a_chunk_and_in_order(lib: Any, server: Server, *, ahead: bool) -> None:
    server.play(USED)
    seen: list[Any] = []
    base: Any = lib.CustomLogger if lib.__name__ == "rillm" else lib.integrations.custom_logger.CustomLogger

    class Hook(base):  # type: ignore[misc]  # of either library
        def log_stream_event(self, kwargs: Any, response_obj: Any, start_time: Any, end_time: Any) -> None:
            seen.append(response_obj.choices[0].delta.content)

    lib.callbacks = [Hook()]
    ask(lib, server, ahead=ahead)
    settle(lib, 0.2)
    assert seen == ["Hel", "lo", None]


@same
@both
def test_what_a_callback_raises_is_swallowed(lib: Any, server: Server, *, ahead: bool) -> None:
    server.play(USED)

    def raises(*_: Any) -> None:
        raise ZeroDivisionError

    lib.success_callback = [raises]
    ask(lib, server, ahead=ahead)
