"""From what a provider says went wrong to the class of error it stands for."""

from __future__ import annotations

import re
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from time import time
from typing import Any, Final

from rillm.streams import errors
from rillm.streams.errors import APIError, RillmError, StreamDecodeError

BY_STATUS: Final[Mapping[int, type[RillmError]]] = {
    400: errors.BadRequestError,
    401: errors.AuthenticationError,
    402: errors.PaymentRequiredError,
    403: errors.PermissionDeniedError,
    404: errors.NotFoundError,
    408: errors.Timeout,
    409: errors.ConflictError,
    413: errors.BadRequestError,
    422: errors.UnprocessableEntityError,
    429: errors.RateLimitError,
    500: errors.InternalServerError,
    502: errors.BadGatewayError,
    503: errors.ServiceUnavailableError,
    504: errors.Timeout,
    529: errors.ServiceUnavailableError,
}
# What errors inside a stream say instead of a status: OpenAI's and Anthropic's `type` and `code`, Google's `status`.
STATUS_BY_WORD: Final[Mapping[str, int]] = {
    "authentication_error": 401,
    "invalid_api_key": 401,
    "unauthenticated": 401,
    "billing_error": 402,
    "permission_error": 403,
    "permission_denied": 403,
    "not_found_error": 404,
    "not_found": 404,
    "model_not_found": 404,
    "timeout_error": 504,
    "deadline_exceeded": 504,
    "request_too_large": 413,
    "invalid_request_error": 400,
    "invalid_argument": 400,
    "badrequesterror": 400,
    "context_length_exceeded": 400,
    "content_filter": 400,
    "rate_limit_error": 429,
    "rate_limit_exceeded": 429,
    "insufficient_quota": 429,
    "resource_exhausted": 429,
    "overloaded_error": 529,
    "overloaded": 529,
    "unavailable": 503,
    "api_error": 500,
    "server_error": 500,
    "internal_server_error": 500,
}
CONTEXT_WINDOW: Final = re.compile(
    r"context_length_exceeded|maximum context length|context window|prompt is too long|exceeds? the (available )?context"
    r"|tokens exceed the configured limit|too many (input )?tokens",
    re.IGNORECASE,
)
CONTENT_POLICY: Final = re.compile(
    r"content_policy_violation|content management policy|content_filter|ResponsibleAIPolicyViolation|safety system",
    re.IGNORECASE,
)
LEAST_FAILURE = 400


def failure(
    body: Any,
    *,
    status: int | None = None,
    provider: str = "",
    model: str = "",
    response: Any = None,
    headers: Mapping[str, str] | None = None,
) -> RillmError:
    """The error that a provider's answer stands for.

    Args:
        body: the decoded answer: an object with `error`, an error object, or text.
        status: of the HTTP response; an error inside a 200 response gets the status that its code or type stands for.
        provider, model: the call.
        response: the `httpx.Response`, where there is one.
        headers: its headers; `Retry-After` is read from them.
    """
    details = error_object(body)
    message = str(details.get("message") or details.get("detail") or "").strip() or "The provider gave no reason."
    if status is None or status < LEAST_FAILURE:
        status = status_in(details)
    return class_of(status, f"{details.get('code')} {details.get('type')} {message}")(
        message if response is None else f"HTTP {status}: {message}",
        provider,
        model,
        status_code=status,
        response=response,
        body=details,
        retry_after=retry_after(headers or {}),
    )


def error_object(body: Any) -> dict[str, Any]:
    """The part of an answer that tells what went wrong: `{"error": {…}}`, `{"error": "text"}`, `[{…}]`, `{…}` or text."""
    if isinstance(body, list) and body:
        return error_object(body[0])
    if not isinstance(body, dict):
        return {"message": str(body or "")}
    inner = body.get("error", body)
    if isinstance(inner, dict):
        return inner
    return {**body, "message": str(inner)}


def status_in(details: Mapping[str, Any]) -> int:
    """The HTTP status that an error object stands for, 500 if it does not tell."""
    for key in ("code", "status", "status_code", "type"):
        value = details.get(key)
        if isinstance(value, int | str) and str(value).isdigit() and int(value) >= LEAST_FAILURE:
            return int(value)
        if isinstance(value, str) and value.lower() in STATUS_BY_WORD:
            return STATUS_BY_WORD[value.lower()]
    return 500


def class_of(status: int, text: str) -> type[RillmError]:
    """The class for a status; the words of a 400 tell a full context window and refused content apart."""
    if status in {400, 413} and CONTEXT_WINDOW.search(text):
        return errors.ContextWindowExceededError
    if status == 400 and CONTENT_POLICY.search(text):  # noqa: PLR2004 - an HTTP status is its own name
        return errors.ContentPolicyViolationError
    return BY_STATUS.get(status, errors.InternalServerError if status > 500 else APIError)  # noqa: PLR2004 - as above


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds until the provider allows the next try: `retry-after-ms` or `Retry-After` (RFC 9110, 10.2.3)."""
    milliseconds, value = headers.get("retry-after-ms", ""), headers.get("retry-after", "")
    try:
        if milliseconds:
            return float(milliseconds) / 1000
        return float(value) if value else None
    except ValueError:
        pass
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - time())
    except ValueError:
        return None


def not_a_stream(body: bytes) -> StreamDecodeError:
    """The error for an answer that is neither a stream nor a JSON object, such as the HTML page of a gateway."""
    text = body.decode(errors="replace")
    title = re.search(r"<title[^>]*>(.*?)</title>", text, re.IGNORECASE | re.DOTALL)
    shown = title.group(1).strip() if title else text.strip()[:200]
    return StreamDecodeError(f"The server did not answer with a stream, but with: {shown!r}. Is the address right?")
