"""`stream_chunk_builder`: the whole response from a list of chunks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rillm.operators.tap_end import so_far
from rillm.prompt import estimate_prompt_tokens
from rillm.streams.accumulator import Accumulator
from rillm.streams.chunk import ModelResponseStream
from rillm.streams.errors import APIError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rillm.streams.response import ModelResponse


def stream_chunk_builder(
    chunks: Sequence[Any] | None, messages: Sequence[Any] | None = None, **_unused: Any
) -> ModelResponse | None:
    """Rebuild the response that a list of chunks was.

    Args:
        chunks: `ModelResponseStream` objects, or dicts of that shape, in their order.
        messages: the prompt; its tokens are estimated from it where no usage was reported.

    Returns:
        The response, with a choice for each index; None for an empty list. A choice that never finished gets "stop",
        or "tool_calls" if it has calls.

    Raises:
        APIError: `chunks` is None or holds something else than chunks.

    >>> import rillm
    >>> chunks = list(rillm.stream("mock/echo", mock_response="Hello"))
    >>> stream_chunk_builder(chunks).choices[0].message.content
    'Hello'
    """
    if chunks is None:
        raise APIError(500, "Error building chunks for logging/streaming usage calculation: there are none (None).")
    if not chunks:
        return None
    accumulator = Accumulator()
    try:
        for chunk in chunks:
            is_chunk = isinstance(chunk, ModelResponseStream)
            accumulator.add(chunk if is_chunk else ModelResponseStream.model_validate(chunk))
    except (ValueError, TypeError, AttributeError) as error:
        raise APIError(500, f"Error building chunks for logging/streaming usage calculation: {error}") from error
    accumulator.hidden_params.setdefault("prompt_tokens_estimate", estimate_prompt_tokens(messages or ()))
    response = so_far(accumulator)
    for choice in response.choices:
        choice.finish_reason = choice.finish_reason or ("tool_calls" if choice.message.tool_calls else "stop")
    return response
