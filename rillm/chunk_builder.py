"""`stream_chunk_builder`: the whole response from a list of chunks."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from rillm.operators.cost_tap import cost_of
from rillm.prompt import estimate_prompt_tokens
from rillm.streams.accumulator import Accumulator
from rillm.streams.any_chunk import TEXT_COMPLETION, as_chunk, is_text_completion
from rillm.streams.errors import APIError
from rillm.streams.response import fill_arguments
from rillm.streams.retraction import standing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from rillm.streams.chunk import ModelResponseStream
    from rillm.streams.response import ModelResponse

PROMPT_TOKENS = "prompt_tokens_estimate"


def stream_chunk_builder(  # noqa: PLR0913, PLR0917 - LiteLLM's
    chunks: Sequence[Any] | None,
    messages: Sequence[Any] | None = None,
    start_time: Any = None,  # noqa: ARG001 - LiteLLM takes it and makes nothing of it
    end_time: Any = None,  # noqa: ARG001 - as above
    logging_obj: Any = None,  # noqa: ARG001 - as above
    count_prompt_tokens: Callable[[], int] | None = None,
) -> ModelResponse | None:
    """Rebuild the response that a list of chunks was, in linear time.

    Args:
        chunks: chunks of ours, of the OpenAI SDK or as dicts, those of legacy completions among them. They are put in
            the order of `_hidden_params["created_at"]` if the first one has it.
        messages: the prompt; its tokens are estimated from it where no usage was reported.
        start_time, end_time, logging_obj: without effect, as in LiteLLM.
        count_prompt_tokens: counts the tokens of the prompt, where no usage was reported.

    Returns:
        The response, with a choice for each index and the cost in `_hidden_params["response_cost"]`; None for an empty
        list. A choice that never finished gets "stop", or "tool_calls" if it has calls. What a retraction takes back
        does not count.

    Raises:
        APIError: `chunks` is None or holds something else than chunks.

    >>> import rillm
    >>> chunks = list(rillm.stream("mock/echo", mock_response="Hello"))
    >>> stream_chunk_builder(chunks).choices[0].message.content
    'Hello'
    """
    if chunks is None:
        raise not_built("there are none (None).")
    if not chunks:
        return None
    try:
        known = standing(in_order([as_chunk(chunk) for chunk in chunks]))
        accumulator = accumulated(known)
    except (ValueError, TypeError, AttributeError) as error:
        raise not_built(str(error)) from error
    if not any("choices" in chunk.model_fields_set for chunk in known):
        raise not_built("none of them has choices.")
    if count_prompt_tokens is not None and accumulator.usage is None:
        accumulator.hidden_params[PROMPT_TOKENS] = count_prompt_tokens()
    accumulator.hidden_params.setdefault(PROMPT_TOKENS, estimate_prompt_tokens(messages or ()))
    accumulator.finish()
    response = fill_arguments(accumulator.response())
    identify(response, known)
    if is_text_completion(chunks[0]):
        as_text_completion(response)
    cost_of(response)
    return response


def not_built(why: str) -> APIError:
    return APIError(500, f"Error building chunks for logging/streaming usage calculation: {why}")


def in_order(chunks: list[ModelResponseStream]) -> list[ModelResponseStream]:
    """The chunks as they were made, if the first one tells when."""
    if "created_at" not in chunks[0].hidden_params:
        return chunks
    return sorted(chunks, key=lambda chunk: chunk.hidden_params.get("created_at", float("inf")))


def accumulated(chunks: Iterable[ModelResponseStream]) -> Accumulator:
    """All that the chunks hold, and what is hidden beside them. Chunks of one stream share one dict of that."""
    accumulator = Accumulator()
    hidden: dict[str, Any] = {}
    seen: dict[str, Any] | None = None
    for chunk in chunks:
        if chunk.hidden_params is not seen:
            seen = chunk.hidden_params
            hidden.update(seen)
            accumulator.add_usage(seen.get("usage"))
        accumulator.add(chunk)
    accumulator.hidden_params = hidden
    return accumulator


def identify(response: ModelResponse, chunks: Sequence[ModelResponseStream]) -> None:
    """Who answered: the first chunk that tells it, though the service tier may change, as when one is overrun."""
    response.id = next((chunk.id for chunk in chunks if chunk.id), None) or f"chatcmpl-{uuid.uuid4()}"
    response.model = next((chunk.model for chunk in chunks if chunk.model), None)
    if tier := next((chunk.service_tier for chunk in reversed(chunks) if chunk.service_tier), None):
        response.service_tier = tier


def as_text_completion(response: ModelResponse) -> None:
    """Let it be read as a legacy completion too."""
    response.object = TEXT_COMPLETION
    for choice in response.choices:
        choice["text"] = choice.message.content or ""
