"""What LiteLLM's mock arguments stand for: an answer, an error, or both."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeVar, cast

from pydantic import BaseModel, ValidationError

from rillm.providers.failures import LEAST_FAILURE, class_of
from rillm.providers.mock_frames import choice_steps, chunk_frames, last_frames, words
from rillm.streams.errors import (
    BadRequestError,
    ContextWindowExceededError,
    InternalServerError,
    RateLimitError,
    RillmError,
)
from rillm.streams.response import Message, ModelResponse

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

M = TypeVar("M", bound=BaseModel)

ECHO: Final = "echo"
DEFAULT_TEXT: Final = "This is a mock request"
ID: Final = "chatcmpl-mock"
CREATED: Final = 1_700_000_000
USAGE: Final = {"prompt_tokens": 10, "completion_tokens": 20, "total_tokens": 30}
NAMED_ERRORS: Final[Mapping[str, tuple[type[RillmError], str]]] = {
    "RateLimitError": (RateLimitError, "this is a mock rate limit error"),
    "ContextWindowExceededError": (ContextWindowExceededError, "this is a mock context window exceeded error"),
    "InternalServerError": (InternalServerError, "this is a mock internal server error"),
}


class MockAnswer(NamedTuple):
    """The chunks of an answer, and what follows them: its last frames, or an error in the middle of it."""

    chunks: list[bytes]
    end: list[bytes] | RillmError


def mock_answer(body: Mapping[str, Any], mock_response: object, mock_tool_calls: Sequence[Any] | None) -> MockAnswer:
    """The answer to the request `body`; the arguments are those of `rillm.providers.mock.mock_source`.

    Raises:
        RillmError: the error that `mock_response` stands for; BadRequestError if nobody could answer so.
    """
    if isinstance(mock_response, Exception):
        raise as_ours(mock_response)
    if isinstance(mock_response, ModelResponse | dict):
        return _whole_answer(body, _validated(ModelResponse, cast("object", mock_response), "mock_response"))
    pieces, error = _pieces(default_text(body) if mock_response is None else mock_response)
    message = _validated(Message, {"tool_calls": mock_tool_calls}, "mock_tool_calls")
    choices = [choice_steps(index, pieces, message) for index in range(body.get("n") or 1)]
    head = {"id": ID, "created": CREATED, "model": body.get("model")}
    if error is not None:
        return MockAnswer(chunk_frames(head, [steps[: len(pieces)] for steps in choices]), error)
    return MockAnswer(chunk_frames(head, choices), last_frames(head, USAGE))


def default_text(body: Mapping[str, Any]) -> str:
    """LiteLLM's sentence; the model "echo" says again what it is asked."""
    content = body["messages"][-1].get("content") if body.get("model") == ECHO and body.get("messages") else None
    return content if isinstance(content, str) and content else DEFAULT_TEXT


def _whole_answer(body: Mapping[str, Any], response: ModelResponse) -> MockAnswer:
    choices = [
        choice_steps(choice.index, words(choice.message.content or ""), choice.message, choice.finish_reason)
        for choice in response.choices
    ]
    head = {
        "id": response.id or ID,
        "created": response.created or CREATED,
        "model": response.model or body.get("model"),
    }
    usage = response.usage.model_dump(exclude_none=True) if "usage" in response.model_fields_set else USAGE
    return MockAnswer(chunk_frames(head, choices), last_frames(head, usage))


def _pieces(mock_response: object) -> tuple[list[str], RillmError | None]:
    """The pieces of the text, and the error that interrupts it."""
    if isinstance(mock_response, str):
        _raise_named(mock_response)
        return words(mock_response), None
    if not isinstance(mock_response, list):
        raise BadRequestError(f"mock_response cannot be of type {type(mock_response).__name__}.")
    pieces: list[str] = []
    for piece in cast("list[object]", mock_response):
        if isinstance(piece, Exception):
            return pieces, as_ours(piece)
        if not isinstance(piece, str):
            raise BadRequestError(f"mock_response can hold texts and exceptions, but no {type(piece).__name__}.")
        pieces.append(piece)
    return pieces, None


def _raise_named(name: str) -> None:
    """Raise what "litellm.RateLimitError" and its like stand for; any other text is an answer."""
    package, _, kind = name.partition(".")
    if package in {"litellm", "rillm"} and kind in NAMED_ERRORS:
        error, message = NAMED_ERRORS[kind]
        raise error(message)


def _validated(model: type[M], value: object, argument: str) -> M:
    try:
        return model.model_validate(value)
    except ValidationError as error:
        field = ".".join(str(part) for part in error.errors()[0]["loc"])
        raise BadRequestError(f"{argument} is not what an answer holds, at {field}.") from None


def as_ours(error: Exception) -> RillmError:
    """The error itself if it is ours, else the one that its `status_code` stands for, 500 if it has none."""
    if isinstance(error, RillmError):
        return error
    status = getattr(error, "status_code", None)
    status = status if isinstance(status, int) and status >= LEAST_FAILURE else 500
    text = str(error) or type(error).__name__
    ours = class_of(status, text)(text, status_code=status)
    ours.__cause__ = error
    return ours
