"""Answers that the caller has already: whole ones, and chunks of a stream."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import BaseModel, ValidationError

from rillm.providers.mock_frames import (
    CHUNK,
    END,
    MockAnswer,
    choice_steps,
    chunk_frames,
    frame,
    head_of,
    last_frames,
    mock_usage,
)
from rillm.providers.mock_slices import slices
from rillm.providers.openai_request import plain
from rillm.streams.chunk import ModelResponseStream
from rillm.streams.errors import BadRequestError
from rillm.streams.json_values import is_array, is_object
from rillm.streams.model import field_of
from rillm.streams.response import ModelResponse

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rillm.providers.mock_slices import SliceRule
    from rillm.streams.errors import RillmError

M = TypeVar("M", bound=BaseModel)


def given_answer(body: Mapping[str, Any], given: BaseModel | dict[str, Any], rule: SliceRule) -> MockAnswer:
    """A whole answer, or a single chunk of one; its text is cut by `rule`. What it does not say, the mock does."""
    fields: dict[str, Any] = plain(given)
    if is_chunk(fields):
        return given_chunks(body, [given])
    if isinstance(given, BaseModel) and "usage" not in given.model_fields_set:
        fields.pop("usage", None)  # the zeros of a response that nobody has counted
    response = validated(ModelResponse, fields, "mock_response")
    choices: list[list[dict[str, Any]]] = []
    for choice in response.choices:
        pieces = slices(choice.message.content or "", rule)
        first, *others = choice_steps(choice.index, pieces, choice.message, choice.finish_reason)
        choices.append([first | choice.extra, *others])
    said = {key: value for key, value in fields.items() if value is not None and key not in {"choices", "usage"}}
    head = head_of(body) | said
    return MockAnswer(chunk_frames(head, choices), last_frames(head, fields.get("usage") or mock_usage()))


def given_chunks(body: Mapping[str, Any], given: Sequence[Any], error: RillmError | None = None) -> MockAnswer:
    """Chunks as they are, such as those that another stream has yielded; then `error`, or the end."""
    head = head_of(body)
    chunks = [chunk_fields(chunk) for chunk in given]
    frames = [frame(head | chunk) for chunk in chunks]
    if error is not None:
        return MockAnswer(frames, error)
    if any(chunk.get("usage") for chunk in chunks):
        return MockAnswer(frames, [END])
    # A stream leaves usage that nobody asked for beside its chunks.
    hidden: dict[str, Any] = getattr(given[-1], "_hidden_params", None) or {}
    return MockAnswer(frames, last_frames(head, plain(hidden.get("usage")) or mock_usage()))


def chunk_fields(given: Any) -> dict[str, Any]:
    """A chunk as JSON.

    Raises:
        BadRequestError: it is none.
    """
    fields = plain(given)
    if not is_object(fields) or (fields.get("choices") and not is_chunk(fields)):
        kind = type(given).__name__
        raise BadRequestError(f"A list in mock_response holds either texts or chunks, and exceptions; no {kind}.")
    return validated(ModelResponseStream, fields, "mock_response").model_dump(exclude_none=True)


def is_chunk(fields: Mapping[str, Any]) -> bool:
    """Whether this is a step of an answer: it says so, or its choices have a `delta`."""
    choices = fields.get("choices")
    first = choices[0] if is_array(choices) and choices else None
    return fields.get("object") == CHUNK or (is_object(first) and "delta" in first)


def validated(model: type[M], value: object, argument: str) -> M:
    """`value` as a `model`.

    Raises:
        BadRequestError: it is none; the message says where.
    """
    try:
        return model.model_validate(value)
    except ValidationError as error:
        raise BadRequestError(f"{argument} is not what an answer holds, at {field_of(error)}.") from None
