"""The calls: `completion`, `acompletion`, and the cold `stream`."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Literal, overload

import reactivex

from rillm.call import Call
from rillm.call_key import call_key
from rillm.parameters import ACOMPLETION, COMPLETION, named, signature
from rillm.streams.stream import as_stream

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rillm.completion_stream import CompletionStream
    from rillm.streams.chunk import ModelResponseStream
    from rillm.streams.response import ModelResponse
    from rillm.streams.stream import Stream


def stream(model: str, messages: Sequence[Any] = (), **params: Any) -> Stream[ModelResponseStream]:
    """A cold stream of chunks: nothing is sent until it is consumed, and each consumer makes a new call.

    Args:
        model, messages, params: as for `completion`.

    >>> "".join(stream("mock/echo", mock_response="Hello").map(lambda chunk: chunk.choices[0].delta.content or ""))
    'Hello'
    """

    def call() -> Call:
        return Call(model, messages, params, stream=True)

    call()  # an unknown model or a missing key shows here, not in the middle of a pipeline
    cold = as_stream(reactivex.defer(lambda _: call().stream()))
    cold.call_key = partial(call_key, model, messages, params)
    return cold


@overload
def completion(
    model: str, messages: Sequence[Any] = ..., *positional: Any, stream: Literal[True], **params: Any
) -> CompletionStream: ...
@overload
def completion(
    model: str, messages: Sequence[Any] = ..., *positional: Any, stream: Literal[False] | None = None, **params: Any
) -> ModelResponse: ...
@overload
def completion(
    model: str, messages: Sequence[Any] = ..., *positional: Any, stream: bool | None = None, **params: Any
) -> ModelResponse | CompletionStream: ...
@signature(COMPLETION)
def completion(
    model: str, messages: Sequence[Any] = (), *positional: Any, **params: Any
) -> ModelResponse | CompletionStream:
    """Ask a model, and wait for its answer or stream it.

    With `stream=True` the request is sent before this returns, so that its errors are raised here; the stream belongs
    to the first consumer. Without, the answer is streamed on the wire all the same, so that leaving stops the model.

    Args:
        model: provider and model, as in "openai/gpt-4o-mini", "openai:gpt-4o-mini" or, where only one provider can be
            meant, "gpt-4o-mini".
        messages: in OpenAI's shape.
        positional, params: by LiteLLM's names and in its order (see `rillm.parameters`). `stream`: whether to return
            a `CompletionStream` of chunks instead of the whole response.

            Where to: `api_key`; `api_base` or `base_url`; `api_version`; `custom_llm_provider`; `extra_headers`;
            `extra_body`; `client`, an `httpx.Client` (an `httpx.AsyncClient` for `acompletion`).

            How long, in seconds: `timeout` for each read, or an `httpx.Timeout`; `stream_timeout`, the same for
            streams only; `first_token_timeout` until the model says something; `idle_timeout` between two chunks;
            `total_timeout` for the call with all its tries.

            How often: `num_retries` or `max_retries` (2) after errors that may pass, with exponential backoff and
            jitter or as the provider's `Retry-After` says; then `fallbacks`, names of models or dicts of parameters
            that differ. A stream is tried again until its first chunk has been handed over, a whole answer until
            it is there.

            Who is told: `success_callback`, `failure_callback`, `cancel_callback`, `input_callback`, `callbacks`,
            lists for this call; `metadata` for them; `pipeline`, operators instead of `[repeat_guard()]`.

            Further: `merge_reasoning_content_in_choices`, thoughts as `<think>` text; `max_frame_bytes` (16 MiB);
            `api`, another API of the provider ("responses"); `drop_params`, whether what the provider cannot do is
            left out; `additional_drop_params`, names that are not sent; `input_cost_per_token` and
            `output_cost_per_token` (USD) for models that have a price of their own; `mock_response`,
            `mock_tool_calls`, `mock_timeout`, `mock_delay`, `mock_slice`, … (see `rillm.providers.mock`). All others
            go to the provider: `temperature`, `max_tokens`, `tools`, …

    Raises:
        RillmError: see `rillm.streams.errors`; what had come is in `.partial`.

    >>> completion("mock/echo", [{"role": "user", "content": "Hi"}], mock_response="Hello").choices[0].message.content
    'Hello'
    """
    params = named(COMPLETION, positional, params)
    is_stream = params.pop("stream", None) is True
    call = Call(model, messages, params, stream=is_stream)
    return call.open() if is_stream else call.response()


@overload
async def acompletion(
    model: str, messages: Sequence[Any] = ..., *positional: Any, stream: Literal[True], **params: Any
) -> CompletionStream: ...
@overload
async def acompletion(
    model: str, messages: Sequence[Any] = ..., *positional: Any, stream: Literal[False] | None = None, **params: Any
) -> ModelResponse: ...
@overload
async def acompletion(
    model: str, messages: Sequence[Any] = ..., *positional: Any, stream: bool | None = None, **params: Any
) -> ModelResponse | CompletionStream: ...
@signature(ACOMPLETION)
async def acompletion(
    model: str, messages: Sequence[Any] = (), *positional: Any, **params: Any
) -> ModelResponse | CompletionStream:
    """As `completion`, on the running event loop: `await acompletion(...)`, then `async for` if it is a stream."""
    params = named(ACOMPLETION, positional, params)
    is_stream = params.pop("stream", None) is True
    call = Call(model, messages, params, "acompletion", stream=is_stream)
    return await call.aopen() if is_stream else await call.aresponse()
