"""What can be wrong with the JSON of an answer, and with the type that it is to have; not public."""

from __future__ import annotations

from typing import Final, TypeVar

from pydantic import PydanticUserError, TypeAdapter, ValidationError

from rillm.streams.errors import BadRequestError, StreamTruncatedError
from rillm.streams.litellm_errors import JSONSchemaValidationError

T = TypeVar("T")

SHOWN: Final = 200  # characters of what came
MOST_PROBLEMS: Final = 5  # of those that pydantic found


def adapter_of(type_: type[T] | TypeAdapter[T]) -> TypeAdapter[T]:
    """What validates.

    Raises:
        BadRequestError: it is nothing that pydantic can validate.
    """
    if isinstance(type_, TypeAdapter):
        return type_
    try:
        return TypeAdapter(type_)
    except PydanticUserError as error:
        raise BadRequestError(f"Pydantic cannot read JSON into {type_!r}: {error.message}") from error


def name_of(type_: object) -> str:
    """What a type is called in an error."""
    return type_.__name__ if isinstance(type_, type) else str(type_)


def misfit(said: str, text: str, wanted: str) -> JSONSchemaValidationError:
    """The error of an answer that is not what was wanted."""
    return JSONSchemaValidationError("", "", text, wanted, f"{said}. Received: {text[:SHOWN]!r}")


def cut_off(said: str, reason: str | None) -> StreamTruncatedError:
    """The error of what is not complete. What a limit has cut off, the same call would cut off again."""
    error = StreamTruncatedError(f"{said} ({f'finish_reason {reason!r}' if reason else 'the stream ended'}).")
    error.retryable = reason is None
    return error


def problems(error: ValidationError) -> str:
    """What pydantic found, each with the place and what stood there."""
    found = error.errors(include_url=False, include_context=False)
    told = [f"{'.'.join(map(str, one['loc'])) or 'all'}: {one['msg']}, not {one['input']!r:.80}" for one in found]
    more = len(told) - MOST_PROBLEMS
    return "; ".join(told[:MOST_PROBLEMS]) + (f"; and {more} more" if more > 0 else "")
