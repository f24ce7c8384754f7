"""What had come of an answer, for the errors of those who look at a part of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rillm.streams.response import ModelResponse

if TYPE_CHECKING:
    from rillm.streams.chunk import ModelResponseStream


def partial_response(chunk: ModelResponseStream, index: int, **message: Any) -> ModelResponse:
    """A response with this message of the choice `index`, and all else as in `chunk`."""
    head = {"id": chunk.id, "created": chunk.created, "model": chunk.model}
    return ModelResponse.model_validate({**head, "choices": [{"index": index, "message": message}]})
