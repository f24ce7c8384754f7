"""The calls: `completion`, `acompletion`, and the cold `stream`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, overload

import reactivex

from rillm.call import prepare
from rillm.streams.opened import AsyncOpenedSource, OpenedSource
from rillm.streams.response import ModelResponse
from rillm.streams.stream import as_stream

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rillm.call import Call
    from rillm.operators.tap_end import Ending
    from rillm.streams.chunk import ModelResponseStream
    from rillm.streams.stream import Stream


def stream(model: str, messages: Sequence[Any] = (), **params: Any) -> Stream[ModelResponseStream]:
    """A cold stream of chunks: nothing is sent until it is consumed, and each consumer makes a new call.

    Args:
        model, messages, params: as for `completion`.

    >>> "".join(stream("mock/echo", mock_response="Hello").map(lambda chunk: chunk.choices[0].delta.content or ""))
    'Hello'
    """
    prepare(model, messages, params)  # an unknown model or a missing key shows here, not in the middle of a pipeline
    return as_stream(reactivex.defer(lambda _: prepare(model, messages, params).stream()))


@overload
def completion(
    model: str, messages: Sequence[Any], *, stream: Literal[True], **params: Any
) -> Stream[ModelResponseStream]: ...
@overload
def completion(
    model: str, messages: Sequence[Any], *, stream: Literal[False] | None = None, **params: Any
) -> ModelResponse: ...
@overload
def completion(
    model: str, messages: Sequence[Any], *, stream: bool | None = None, **params: Any
) -> ModelResponse | Stream[ModelResponseStream]: ...
def completion(
    model: str, messages: Sequence[Any], *, stream: bool | None = None, **params: Any
) -> ModelResponse | Stream[ModelResponseStream]:
    """Ask a model, and wait for its answer or stream it.

    With `stream=True` the request is sent before this returns, so that its errors are raised here; the stream belongs
    to the first consumer. Without, the answer is streamed on the wire all the same, so that leaving stops the model.

    Args:
        model: provider and model, as in "openai/gpt-4o-mini", "openai:gpt-4o-mini" or, where only one provider can be
            meant, "gpt-4o-mini".
        messages: in OpenAI's shape.
        stream: whether to return a `Stream` of chunks instead of the whole response.
        params: `api_key`; `api_base` or `base_url`; `api_version`; `timeout` in seconds per read, or an
            `httpx.Timeout`; `extra_headers`; `extra_body`; `client`, an `httpx.Client` (an `httpx.AsyncClient` for
            `acompletion`); `max_frame_bytes` (16 MiB); `mock_response`, `mock_tool_calls`, `mock_delay` and
            `mock_chunk_delay` (seconds);
            `success_callback`, `failure_callback`, `cancel_callback`, lists of functions for this call;
            `pipeline`, operators instead of `[repeat_guard()]`; `metadata`. All others go to the provider:
            `temperature`, `max_tokens`, `tools`, …

    Raises:
        RillmError: see `rillm.streams.errors`; what had come is in `.partial`.

    >>> completion("mock/echo", [{"role": "user", "content": "Hi"}], mock_response="Hello").choices[0].message.content
    'Hello'
    """
    endings: list[Ending] = []
    call = prepare(model, messages, params, on_end=endings.append)
    if stream is True:
        return opened(call)
    for _chunk in call.stream():
        pass
    return endings[0].response or ModelResponse(model=model)


@overload
async def acompletion(
    model: str, messages: Sequence[Any], *, stream: Literal[True], **params: Any
) -> Stream[ModelResponseStream]: ...
@overload
async def acompletion(
    model: str, messages: Sequence[Any], *, stream: Literal[False] | None = None, **params: Any
) -> ModelResponse: ...
@overload
async def acompletion(
    model: str, messages: Sequence[Any], *, stream: bool | None = None, **params: Any
) -> ModelResponse | Stream[ModelResponseStream]: ...
async def acompletion(
    model: str, messages: Sequence[Any], *, stream: bool | None = None, **params: Any
) -> ModelResponse | Stream[ModelResponseStream]:
    """As `completion`, on the running event loop: `await acompletion(...)`, then `async for` if it is a stream."""
    endings: list[Ending] = []
    call = prepare(model, messages, params, on_end=endings.append, call_type="acompletion")
    if stream is True:
        return await aopened(call)
    async for _chunk in call.stream():
        pass
    return endings[0].response or ModelResponse(model=model)


def opened(call: Call) -> Stream[ModelResponseStream]:
    try:
        reading = call.source.open()
    except BaseException as error:
        call.tell(error)
        raise
    return call.stream(OpenedSource(reading, call.tell))


async def aopened(call: Call) -> Stream[ModelResponseStream]:
    try:
        reading = await call.source.aopen()
    except BaseException as error:
        call.tell(error)
        raise
    return call.stream(AsyncOpenedSource(reading, call.tell))
