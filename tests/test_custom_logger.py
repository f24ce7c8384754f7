"""`CustomLogger`, and the order, the number and the place of all that callbacks are told."""

from __future__ import annotations

import asyncio
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest
from loguru import logger as loguru

import rillm
from rillm import CustomLogger
from tests.kit import wire
from tests.kit.calls import KEY, MESSAGES, MODEL, aopened, cold, opened, to
from tests.kit.leaks import run
from tests.kit.server import Answer, Do, script
from tests.kit.ways import every_way

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.kit.server import Server
    from tests.kit.ways import Way

GOOD = script(wire.frame("Hel") + wire.frame("lo") + wire.finish() + wire.usage() + wire.DONE)
BROKEN = script(wire.frame("Hel"))
REFUSED = Answer((b'{"error": {"message": "no"}}',), status=401)
SILENT = script(wire.frame("Hel"), Do.STALL)


class Recorder(CustomLogger):
    """Remembers what it was told, by which kind of method, and in which thread."""

    def __init__(self) -> None:
        self.told: list[str] = []
        self.events: list[dict[str, Any]] = []
        self.threads: set[int] = set()

    def _note(self, what: str, event: dict[str, Any]) -> None:
        self.told.append(what)
        self.events.append(event)
        self.threads.add(threading.get_ident())

    def log_pre_api_call(self, model: str, messages: Any, kwargs: dict[str, Any]) -> None:
        self._note("pre", {"model": model, "messages": messages, "kwargs": kwargs})

    def log_post_api_call(self, kwargs: Any, response_obj: Any, start_time: Any, end_time: Any) -> None:
        self._note("post", {"kwargs": kwargs, "response_obj": response_obj, "start": start_time, "end": end_time})

    def log_stream_event(self, kwargs: Any, response_obj: Any, start_time: Any, end_time: Any) -> None:
        text = response_obj.choices[0].delta.content
        self._note(f"chunk {text}", {"kwargs": kwargs, "start": start_time, "end": end_time})

    def log_success_event(self, kwargs: Any, response_obj: Any, start_time: Any, end_time: Any) -> None:
        self._note("success", {"kwargs": kwargs, "response_obj": response_obj, "start": start_time, "end": end_time})

    def log_failure_event(self, kwargs: Any, response_obj: Any, start_time: Any, end_time: Any) -> None:
        self._note("failure", {"kwargs": kwargs, "response_obj": response_obj, "start": start_time, "end": end_time})


class Both(Recorder):
    """Has async methods, too."""

    async def async_log_pre_api_call(self, model: str, messages: Any, kwargs: dict[str, Any]) -> None:
        await asyncio.sleep(0)
        self._note("async pre", {"model": model, "messages": messages, "kwargs": kwargs})

    async def async_log_stream_event(self, kwargs: Any, response_obj: Any, start_time: Any, end_time: Any) -> None:
        await asyncio.sleep(0)
        text = response_obj.choices[0].delta.content
        self._note(f"async chunk {text}", {"kwargs": kwargs, "start": start_time, "end": end_time})

    async def async_log_success_event(self, kwargs: Any, response_obj: Any, start_time: Any, end_time: Any) -> None:
        await asyncio.sleep(0.01)
        self._note("async success", {"kwargs": kwargs, "response_obj": response_obj, "s": start_time, "e": end_time})

    async def async_log_failure_event(self, kwargs: Any, response_obj: Any, start_time: Any, end_time: Any) -> None:
        await asyncio.sleep(0.01)
        self._note("async failure", {"kwargs": kwargs, "response_obj": response_obj, "s": start_time, "e": end_time})


def is_async(ask: Way) -> bool:
    return ask.__name__.startswith("a")


def is_stream(ask: Way) -> bool:
    return "whole" not in ask.__name__


CHUNKS = ["chunk Hel", "chunk lo", "chunk None"]


ENDINGS: dict[str, tuple[Answer, list[str], str]] = {
    "good": (GOOD, ["post", *CHUNKS], "success"),
    "broken": (BROKEN, ["post", *CHUNKS[:1]], "failure"),
    "refused": (REFUSED, [], "failure"),
}


@every_way
@pytest.mark.parametrize(("answer", "middle", "ending"), ENDINGS.values(), ids=ENDINGS)
@pytest.mark.parametrize("kind", [Recorder, Both])
def test_each_once_and_in_order(  # noqa: PLR0913, PLR0917 - the case
    server: Server, ask: Way, answer: Answer, middle: list[str], ending: str, kind: type[Recorder]
) -> None:
    logger = kind()
    server.play(answer)
    try:
        ask(server, callbacks=[logger])
    except rillm.RillmError:
        assert ending == "failure"
    told = ["pre", *(one for one in middle if is_stream(ask) or one == "post"), ending]
    if kind is Both and is_async(ask):
        told = [one if one == "post" else f"async {one}" for one in told]
    assert logger.told == told


@every_way
def test_what_is_told(server: Server, ask: Way) -> None:
    logger = Recorder()
    server.play(GOOD)
    ask(server, "openai/gpt-4o-mini", callbacks=[logger], temperature=0.5, metadata={"who": "me"}, user="u1")
    events = dict(zip(logger.told, logger.events, strict=True))
    assert events["pre"]["model"] == "gpt-4o-mini"
    assert events["pre"]["messages"] == MESSAGES
    assert events["post"]["response_obj"] is None
    assert events["post"]["end"] is None
    kwargs = events["success"]["kwargs"]
    response = events["success"]["response_obj"]
    assert response.choices[0].message.content == "Hello"
    assert kwargs["response_cost"] == pytest.approx(7 * 0.15e-6 + 3 * 0.6e-6)
    assert kwargs["log_event_type"] == "successful_api_call"
    assert kwargs["call_type"] == ("acompletion" if ask.__name__ in {"awhole", "astream"} else "completion")
    assert kwargs["stream"] == is_stream(ask)
    assert (kwargs["user"], kwargs["temperature"], kwargs["optional_params"]["temperature"]) == ("u1", 0.5, 0.5)
    assert kwargs["litellm_params"]["metadata"] == {"who": "me"}
    assert kwargs["litellm_params"]["api_base"].startswith(server.url)
    assert (
        kwargs["start_time"] <= kwargs["api_call_start_time"] <= kwargs["completion_start_time"] <= kwargs["end_time"]
    )
    assert kwargs.get("complete_streaming_response") is (response if is_stream(ask) else None)
    assert KEY not in repr(logger.events)
    flat = kwargs["standard_logging_object"]
    assert (flat["status"], flat["model"], flat["total_tokens"], flat["end_user"]) == (
        "success",
        "gpt-4o-mini",
        10,
        "u1",
    )
    assert flat["startTime"] <= flat["completionStartTime"] <= flat["endTime"]
    assert flat["response"]["choices"][0]["message"]["content"] == "Hello"


@every_way
def test_what_is_told_of_a_failure(server: Server, ask: Way) -> None:
    logger = Recorder()
    server.play(REFUSED)
    with pytest.raises(rillm.AuthenticationError) as caught:
        ask(server, callbacks=[logger])
    kwargs = logger.events[-1]["kwargs"]
    assert kwargs["exception"] is caught.value
    assert "AuthenticationError" in kwargs["traceback_exception"]
    assert kwargs["response_cost"] == 0
    flat = kwargs["standard_logging_object"]
    assert flat["status"] == "failure"
    assert flat["error_information"]["error_code"] == "401"
    assert flat["error_information"]["error_class"] == "AuthenticationError"


def leave(server: Server, **params: Any) -> None:
    for _ in opened(server, **params):
        break


def aleave(server: Server, **params: Any) -> None:
    async def main() -> None:
        async with await aopened(server, **params) as chunks:
            async for _ in chunks:
                break

    run(main())


def adrop(server: Server, **params: Any) -> None:
    async def main() -> None:
        async for _ in await aopened(server, **params):
            break
        await asyncio.sleep(0.1)

    run(main())


def time_out(server: Server, **params: Any) -> None:
    async def main() -> None:
        with pytest.raises(TimeoutError):  # noqa: PT012 - the loop is what is tested
            async with asyncio.timeout(0.05):
                async for _ in await aopened(server, **params):
                    pass

    run(main())


def cancel_whole(server: Server, **params: Any) -> None:
    async def main() -> None:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1):
                await rillm.acompletion(MODEL, MESSAGES, **to(server, params))

    run(main())


@pytest.mark.parametrize("go", [leave, aleave, adrop, time_out, cancel_whole])
def test_a_call_that_is_left_is_told_with_what_came(server: Server, go: Callable[..., None]) -> None:
    logger = Both()
    server.play(SILENT)
    go(server, callbacks=[logger])
    prefix = "" if go is leave else "async "
    assert [one for one in logger.told if one.endswith(("success", "failure"))] == [f"{prefix}failure"]
    event = logger.events[-1]
    assert isinstance(event["kwargs"]["exception"], rillm.StreamCancelledError)
    assert event["response_obj"].choices[0].message.content == "Hel"
    assert event["response_obj"].usage.is_estimated


@every_way
def test_functions_in_all_lists(server: Server, ask: Way, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    server.play(GOOD)

    async def later(*_: Any) -> None:
        await asyncio.sleep(0)
        told.append("coroutine")

    def before(kwargs: dict[str, Any]) -> None:
        told.append(f"input {kwargs['log_event_type']}")

    def note(what: str) -> Callable[..., None]:
        def callback(*_: Any) -> None:
            told.append(what)

        return callback

    monkeypatch.setattr(rillm, "input_callback", [before])
    monkeypatch.setattr(rillm, "success_callback", [note("setting"), "langfuse"])
    if is_async(ask):
        monkeypatch.setattr(rillm, "_async_success_callback", [later])
    ask(server, success_callback=[note("call")])
    assert told == ["input pre_api_call", "setting", *(["coroutine"] if is_async(ask) else []), "call"]


def test_a_logger_in_two_lists_is_told_once(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    logger = Recorder()
    for name in ("callbacks", "success_callback", "_async_success_callback"):
        monkeypatch.setattr(rillm, name, [logger])
    server.play(GOOD)
    list(opened(server))
    assert logger.told.count("success") == 1


def test_a_slow_function_does_not_stop_the_event_loop(server: Server) -> None:
    order: list[str] = []

    class Slow(CustomLogger):
        def log_stream_event(self, kwargs: Any, response_obj: Any, start_time: Any, end_time: Any) -> None:
            time.sleep(0.02)
            order.append("chunk")

        def log_success_event(self, kwargs: Any, response_obj: Any, start_time: Any, end_time: Any) -> None:
            time.sleep(0.1)
            order.append("success")

    async def beat(ticks: list[float]) -> None:
        while True:
            ticks.append(time.monotonic())
            await asyncio.sleep(0.005)

    async def main() -> list[float]:
        ticks: list[float] = []
        beating = asyncio.create_task(beat(ticks))
        async for _ in await aopened(server, callbacks=[Slow()]):
            pass
        order.append("loop is over")
        beating.cancel()
        await asyncio.gather(beating, return_exceptions=True)
        return ticks

    server.play(GOOD)
    assert len(run(main())) > 10  # while 160 ms were slept in callbacks
    assert order == ["chunk", "chunk", "chunk", "success", "loop is over"]


def test_a_slow_hook_holds_reading_back(server: Server) -> None:
    """What waits for a slow per-chunk hook stays small: nothing more is read meanwhile."""
    behind: list[int] = []

    class Slow(CustomLogger):
        def __init__(self) -> None:
            self.seen = 0

        async def async_log_stream_event(self, kwargs: Any, response_obj: Any, start_time: Any, end_time: Any) -> None:
            await asyncio.sleep(0.002)
            self.seen += 1

    async def main() -> None:
        logger = Slow()
        taken = 0
        async for _ in await aopened(server, callbacks=[logger]):
            taken += 1
            behind.append(taken - logger.seen)

    steps = [step for number in range(30) for step in (wire.frame(f"{number} "), 0.004)]
    server.play(script(*steps, wire.answer("!")))
    run(main())
    assert max(behind) <= 5


@pytest.fixture
def log() -> Iterator[list[str]]:
    lines: list[str] = []
    loguru.remove()
    handler = loguru.add(lines.append, format="{message}")
    yield lines
    loguru.remove(handler)


class Raises(CustomLogger):
    def log_pre_api_call(self, model: str, messages: Any, kwargs: dict[str, Any]) -> None:
        raise ZeroDivisionError("pre")

    def log_stream_event(self, kwargs: Any, response_obj: Any, start_time: Any, end_time: Any) -> None:
        raise ZeroDivisionError("chunk")

    def log_success_event(self, kwargs: Any, response_obj: Any, start_time: Any, end_time: Any) -> None:
        raise ZeroDivisionError("success")


@every_way
def test_what_a_callback_raises_changes_nothing(server: Server, ask: Way, log: list[str]) -> None:
    logger = Recorder()
    server.play(GOOD)
    assert ask(server, callbacks=[Raises(), logger]) == "Hello"
    assert logger.told[-1] == "success"
    raised = [line for line in log if "ZeroDivisionError" in line]
    assert len(raised) == 2 + (3 if is_stream(ask) else 0)
    assert KEY not in "".join(log)


def test_an_async_callback_of_a_blocking_call_is_reported(server: Server, log: list[str]) -> None:
    class OnlyAsync(CustomLogger):
        async def async_log_success_event(self, kwargs: Any, response_obj: Any, start_time: Any, end_time: Any) -> None:
            raise AssertionError

    server.play(GOOD)
    list(cold(server, callbacks=[OnlyAsync()]))
    assert len([line for line in log if "acompletion" in line]) == 1


def test_a_name_of_an_integration_is_reported(server: Server, log: list[str]) -> None:
    server.play(GOOD)
    list(cold(server, success_callback=["langfuse"]))
    assert any("langfuse" in line for line in log)
