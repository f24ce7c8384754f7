"""What the argument `mock_response` stands for: an answer, an error, or both."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, cast

from pydantic import BaseModel

from rillm.providers.mock_frames import MockAnswer, choice_steps, chunk_frames, head_of, last_frames, mock_usage
from rillm.providers.mock_given import given_answer, given_chunks, validated
from rillm.providers.mock_slices import slices
from rillm.providers.openai_request import plain
from rillm.streams.errors import BadRequestError
from rillm.streams.json_values import is_array, is_object
from rillm.streams.response import Message

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rillm.providers.mock_errors import MockErrors
    from rillm.providers.mock_slices import SliceRule
    from rillm.streams.errors import RillmError

ECHO: Final = "echo"
DEFAULT_TEXT: Final = "This is a mock request"


def mock_answer(
    body: Mapping[str, Any],
    mock_response: object,
    mock_tool_calls: Sequence[Any] | None,
    mock_slice: SliceRule,
    errors: MockErrors,
) -> MockAnswer:
    """The answer to the request `body`; the arguments are those of `rillm.providers.mock.MockSource`.

    Raises:
        RillmError: the error that `mock_response` stands for; BadRequestError if nobody could answer so.
    """
    if isinstance(mock_response, Exception):
        raise errors.ours(mock_response)
    if isinstance(mock_response, BaseModel) or is_object(mock_response):
        return given_answer(body, mock_response, mock_slice)
    pieces: list[Any]
    if is_array(mock_response):
        pieces, error = _until_error(mock_response, errors)
        if any(not isinstance(piece, str) for piece in pieces):
            return given_chunks(body, pieces, error)
    else:
        text = default_text(body) if mock_response is None else mock_response
        if not isinstance(text, str):
            raise BadRequestError(f"mock_response cannot be of type {type(text).__name__}.")
        error = errors.in_text(text)
        pieces = slices(text, mock_slice) if error is None else []
    message = validated(Message, {"tool_calls": plain(mock_tool_calls)}, "mock_tool_calls")
    choices = [choice_steps(index, pieces, message) for index in range(_number_of_choices(body))]
    head = head_of(body)
    if error is not None:
        return MockAnswer(chunk_frames(head, [steps[: len(pieces)] for steps in choices]), error)
    return MockAnswer(chunk_frames(head, choices), last_frames(head, mock_usage()))


def default_text(body: Mapping[str, Any]) -> str:
    """LiteLLM's sentence; the model "echo" says again what it is asked."""
    content = body["messages"][-1].get("content") if body.get("model") == ECHO and body.get("messages") else None
    return content if isinstance(content, str) and content else DEFAULT_TEXT


def _until_error(items: list[Any], errors: MockErrors) -> tuple[list[Any], RillmError | None]:
    """What comes before the first exception, and that exception."""
    pieces: list[Any] = []
    for item in items:
        if isinstance(item, Exception):
            return pieces, errors.ours(item)
        pieces.append(item)
    return pieces, None


def _number_of_choices(body: Mapping[str, Any]) -> int:
    n = cast("object", body.get("n") or 1)
    if isinstance(n, int) and n > 0:
        return n
    raise BadRequestError(f"n= has to be a positive number of choices, not {n!r}.")
