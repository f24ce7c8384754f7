"""`CustomStreamWrapper`: LiteLLM's class over any iterator of chunks."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import httpx
import pytest

import rillm
from rillm import CustomStreamWrapper, Logging
from tests.kit.chunks import chunk, texts_of
from tests.kit.leaks import run

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

HI = [chunk("Hel"), chunk("lo"), chunk(None, finish="stop")]
OPENAI_SDK = {"id": "1", "object": "chat.completion.chunk", "created": 1, "model": "m"}


def logging() -> Logging:
    return Logging("gpt-4o-mini", [{"role": "user", "content": "Hi"}], True, "completion", 0.0, "call-1")  # noqa: FBT003


def wrapper(objects: Any, model: str = "gpt-4o-mini", **params: Any) -> CustomStreamWrapper:
    given: dict[str, Any] = {"logging_obj": logging(), "custom_llm_provider": "openai", **params}
    return CustomStreamWrapper(objects, model, **given)


async def arriving(objects: list[Any]) -> AsyncIterator[Any]:
    for one in objects:
        await asyncio.sleep(0)
        yield one


def collect(objects: list[Any], **params: Any) -> list[Any]:
    return list(wrapper(iter(objects), **params))


def acollect(objects: list[Any], **params: Any) -> list[Any]:
    async def main() -> list[Any]:
        return [one async for one in wrapper(arriving(objects), **params)]

    return run(main())


def acollect_sync(objects: list[Any], **params: Any) -> list[Any]:
    """An iterator that blocks, on an event loop."""

    async def main() -> list[Any]:
        return [one async for one in wrapper(iter(objects), **params)]

    return run(main())


every_way = pytest.mark.parametrize("read", [collect, acollect, acollect_sync])


def generic(text: str, reason: str = "", **fields: Any) -> dict[str, Any]:
    return {"text": text, "is_finished": bool(reason), "finish_reason": reason, "usage": None, "index": 0, **fields}


@every_way
@pytest.mark.parametrize(
    "objects",
    [
        HI,
        [one.model_dump() for one in HI],
        [generic("Hel"), generic("lo"), generic("", "stop")],
        [generic("Hel", "stop"), generic("lo", "stop"), generic("")],
        [chunk("Hel"), chunk("lo")],
        [{"object": "text_completion", "choices": [{"index": 0, "text": text}]} for text in ("Hel", "lo")],
    ],
    ids=["chunks", "dicts", "generic dicts", "generic dicts that finish at once", "no finish", "legacy completions"],
)
def test_objects(read: Callable[..., list[Any]], objects: list[Any]) -> None:
    chunks = read(objects)
    assert texts_of(chunks) == ["Hel", "lo", None]
    assert [one.choices[0].finish_reason for one in chunks] == [None, None, "stop"]
    assert {one.model for one in chunks} == {"gpt-4o-mini"}


@every_way
def test_objects_of_the_openai_sdk(read: Callable[..., list[Any]]) -> None:
    from openai.types.chat import ChatCompletionChunk  # noqa: PLC0415 - a peer

    choices = [{"delta": {"content": text}, "index": 0, "finish_reason": None} for text in ("Hel", "lo")]
    objects = [ChatCompletionChunk.model_validate({**OPENAI_SDK, "choices": [choice]}) for choice in choices]
    assert texts_of(read(objects)) == ["Hel", "lo", None]


@every_way
def test_what_it_was_given_is_not_changed(read: Callable[..., list[Any]]) -> None:
    before = [one.model_copy(deep=True) for one in HI]
    read(HI)
    assert before == HI


@every_way
@pytest.mark.parametrize(("provider", "reason"), [("openai", "stop"), ("cached_response", "tool_calls")])
def test_a_finish_after_calls(read: Callable[..., list[Any]], provider: str, reason: str) -> None:
    call = {"id": "a", "index": 0, "function": {"name": "f", "arguments": "{}"}}
    objects = [{"choices": [{"index": 0, "delta": {"tool_calls": [call]}, "finish_reason": "stop"}]}]
    assert read(objects, custom_llm_provider=provider)[-1].choices[0].finish_reason == reason


@every_way
def test_usage(read: Callable[..., list[Any]]) -> None:
    usage = rillm.Usage(prompt_tokens=7, completion_tokens=3, total_tokens=10)
    objects = [*HI, chunk("", usage=usage.model_dump())]
    hidden = read(objects)
    assert not any(hasattr(one, "usage") for one in hidden)
    assert hidden[-1]._hidden_params["usage"] == usage  # noqa: SLF001 - LiteLLM's name
    assert read(objects, stream_options={"include_usage": True})[-1].usage == usage


@every_way
def test_what_comes_before_the_answer(read: Callable[..., list[Any]]) -> None:
    objects = [chunk(), *HI]
    assert len(read(objects)) == 3
    kept = read(objects, stream_options={"include_usage": True})
    assert [len(one.choices) for one in kept] == [0, 1, 1, 1, 1]
    assert kept[1].choices[0].delta.role == "assistant"


@every_way
def test_something_else_than_chunks(read: Callable[..., list[Any]]) -> None:
    with pytest.raises(rillm.StreamDecodeError, match="a list"):
        read([["what"]])


class RefusedError(Exception):
    def __init__(self, status_code: int) -> None:
        super().__init__("no, thanks")
        self.status_code = status_code


def failing(error: Exception) -> Iterator[Any]:
    yield chunk("Hel")
    raise error


async def afailing(error: Exception) -> AsyncIterator[Any]:
    yield chunk("Hel")
    raise error


@pytest.mark.parametrize("ahead", [False, True])
@pytest.mark.parametrize(
    ("error", "kind", "status"),
    [
        (RefusedError(400), rillm.BadRequestError, 400),
        (RefusedError(429), rillm.RateLimitError, 429),
        (httpx.ReadTimeout("slow"), rillm.Timeout, 408),
        (httpx.ReadError("cut"), rillm.APIConnectionError, 500),
        (ZeroDivisionError("bug"), rillm.InternalServerError, 500),
    ],
)
def test_an_iterator_that_fails(error: Exception, kind: type[Exception], status: int, *, ahead: bool) -> None:
    async def main() -> None:
        async for _ in wrapper(afailing(error)):
            pass

    with pytest.raises(kind) as caught:
        run(main()) if ahead else list(wrapper(failing(error)))
    failed: Any = caught.value
    assert failed.status_code == status
    assert failed.generated_content == "Hel"
    assert isinstance(failed, rillm.MidStreamFallbackError)
    assert (failed.llm_provider, failed.model) == ("openai", "gpt-4o-mini")


def test_a_broken_connection_after_the_finish_has_broken_nothing() -> None:
    def objects() -> Iterator[Any]:
        yield from HI
        raise httpx.ReadError("cut")

    assert texts_of(list(wrapper(objects()))) == ["Hel", "lo", None]


def make(**given: Any) -> Iterator[Any]:
    assert given == {"client": None}
    return iter(HI)


async def amake(**given: Any) -> AsyncIterator[Any]:
    assert given == {"client": None}
    return arriving(HI)


def refuse(**_: Any) -> Iterator[Any]:
    raise RefusedError(429)


def test_what_is_opened_by_the_first_read() -> None:
    assert texts_of(list(wrapper(None, make_call=make))) == ["Hel", "lo", None]
    with pytest.raises(rillm.RateLimitError) as caught:
        next(wrapper(None, make_call=refuse))
    failed: Any = caught.value
    assert failed.is_pre_first_chunk


@pytest.mark.parametrize("making", [make, amake])
def test_what_is_opened_by_the_first_read_on_an_event_loop(making: Callable[..., Any]) -> None:
    async def main() -> list[Any]:
        return [one async for one in wrapper(None, make_call=making)]

    assert texts_of(run(main())) == ["Hel", "lo", None]


def test_it_is_closed() -> None:
    closed: list[str] = []

    def objects() -> Iterator[Any]:
        try:
            yield from HI * 100
        finally:
            closed.append("sync")

    for _ in wrapper(objects()):
        break
    assert closed == ["sync"]

    async def aobjects() -> AsyncIterator[Any]:
        try:
            for one in HI * 100:
                yield one
        finally:
            closed.append("async")

    async def main() -> None:
        async with wrapper(aobjects()) as chunks:
            async for _ in chunks:
                break

    run(main())
    assert closed == ["sync", "async"]


def test_it_is_read_once() -> None:
    chunks = wrapper(iter(HI))
    assert len(list(chunks)) == 3
    with pytest.raises(rillm.StreamConsumedError):
        list(chunks)


def test_a_stream_of_ours_is_one() -> None:
    assert isinstance(rillm.completion("mock/echo", [], stream=True), CustomStreamWrapper)
    assert not isinstance(rillm.stream("mock/echo", []), CustomStreamWrapper)


def test_it_composes() -> None:
    assert list(wrapper(iter(HI)).pipe(rillm.text())) == ["Hel", "lo"]


def test_callbacks_and_details(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[dict[str, Any]] = []

    def note(kwargs: dict[str, Any], *_: Any) -> None:
        told.append(kwargs)

    monkeypatch.setattr(rillm, "success_callback", [note])
    details = logging()
    list(wrapper(iter(HI), logging_obj=details))
    (kwargs,) = told
    assert (kwargs["model"], kwargs["litellm_call_id"]) == ("gpt-4o-mini", "call-1")
    assert kwargs["response_cost"] > 0
    assert details.model_call_details["end_time"] == kwargs["end_time"]
    assert details.completion_start_time == kwargs["completion_start_time"]
