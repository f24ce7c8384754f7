"""What a client that reads a stream is told of an error in the middle of it; not public."""

from __future__ import annotations

from traceback import format_exception
from typing import TYPE_CHECKING, Final

from rillm.streams.errors import RillmError
from rillm.streams.redaction import message_of

if TYPE_CHECKING:
    from collections.abc import Mapping

OVERLOADED: Final = "overloaded_error"
TIMEOUT: Final = "timeout_error"
SERVER_ERROR: Final = 500
# Anthropic's: https://platform.claude.com/docs/en/api/errors. OpenAI's clients know most of them, too.
TYPES: Final[Mapping[int, str]] = {
    401: "authentication_error",
    402: "billing_error",
    403: "permission_error",
    404: "not_found_error",
    408: TIMEOUT,
    413: "request_too_large",
    429: "rate_limit_error",
    503: OVERLOADED,
    504: TIMEOUT,
    529: OVERLOADED,
}


def words_for(error: Exception) -> str:
    """What went wrong, without keys. An error that is not ours may tell anything: it goes to loguru, not to a client.

    >>> from rillm.streams.errors import RateLimitError
    >>> words_for(RateLimitError("Too many requests for sk-proj-abc123def."))
    'Too many requests for ***.'
    """
    if isinstance(error, RillmError):
        return message_of(error)
    from loguru import logger  # noqa: PLC0415 - loaded when there is something to say

    logger.error("A stream was broken off; its client is told of an internal error\n{}", traceback_of(error))
    return "Internal server error."


def traceback_of(error: Exception) -> str:
    return "".join(format_exception(error))


def status_of(error: Exception) -> int:
    return error.status_code if isinstance(error, RillmError) else SERVER_ERROR


def type_of(error: Exception) -> str:
    """The word for an error's status.

    >>> type_of(TimeoutError())
    'api_error'
    """
    status = status_of(error)
    return TYPES.get(status, "api_error" if status >= SERVER_ERROR else "invalid_request_error")
