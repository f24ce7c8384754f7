"""The errors that LiteLLM's mock arguments stand for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from rillm.providers.failures import of_exception
from rillm.streams.errors import (
    BadRequestError,
    ContentPolicyViolationError,
    ContextWindowExceededError,
    InternalServerError,
    RateLimitError,
    RillmError,
    ServiceUnavailableError,
    Timeout,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

NAMED: Final[Mapping[str, tuple[type[RillmError], str]]] = {
    "RateLimitError": (RateLimitError, "this is a mock rate limit error"),
    "ContextWindowExceededError": (ContextWindowExceededError, "this is a mock context window exceeded error"),
    "InternalServerError": (InternalServerError, "this is a mock internal server error"),
}
REFUSED: Final = "Exception: content_filter_policy"
BROKEN: Final = "Exception: mock_streaming_error"
OVERLOADED: Final = 529


class MockErrors:
    """Makes the errors of one call, which name its provider and model."""

    def __init__(self, provider: str, model: str) -> None:
        self._call: dict[str, Any] = {"llm_provider": provider, "model": model}

    def wrong(self, what: str) -> BadRequestError:
        """The error of a caller who asked for what cannot be."""
        return BadRequestError(what, **self._call)

    def timeout(self) -> Timeout:
        """What `mock_timeout=True` ends in."""
        return Timeout("This is a mock timeout error", **self._call)

    def in_text(self, text: str) -> RillmError | None:
        """The error that breaks the answer off where `text` stands for one, None where it is an answer.

        Raises:
            RillmError: `text` stands for an error of the call itself.
        """
        package, _, name = text.partition(".")
        if package in {"litellm", "rillm"} and name in NAMED:
            kind, message = NAMED[name]
            raise kind(message, **self._call)
        if text.startswith(REFUSED):
            raise ContentPolicyViolationError(text, **self._call)
        if text.startswith(BROKEN):
            message = "This is a mock error raised mid-stream"
            return ServiceUnavailableError(message, status_code=OVERLOADED, **self._call)
        return None

    def ours(self, error: Exception) -> RillmError:
        """The error itself if it is ours, else the one that its `status_code` stands for, 500 if it has none."""
        return of_exception(error, **self._call)
