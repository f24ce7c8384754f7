"""From what a provider says went wrong to the class of error it stands for."""

from __future__ import annotations

import re
from email.utils import parsedate_to_datetime
from time import time
from typing import TYPE_CHECKING, Any, Final

from pydantic_core import from_json

from rillm.streams import errors
from rillm.streams.errors import APIError, RillmError, StreamDecodeError, StreamTruncatedError
from rillm.streams.json_values import is_array, is_object

if TYPE_CHECKING:
    from collections.abc import Mapping

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
    "unauthorized": 401,
    "billing_error": 402,
    "insufficient_balance": 402,
    "permission_error": 403,
    "permission_denied": 403,
    "forbidden": 403,
    "not_found_error": 404,
    "not_found": 404,
    "notfounderror": 404,
    "model_not_found": 404,
    "timeout_error": 504,
    "timeout": 504,
    "deadline_exceeded": 504,
    "request_too_large": 413,
    "invalid_request_error": 400,
    "invalid_argument": 400,
    "badrequesterror": 400,
    "context_length_exceeded": 400,
    "content_filter": 400,
    "content_policy_violation": 400,
    "exceed_context_size_error": 400,
    "rate_limit_error": 429,
    "ratelimiterror": 429,
    "rate_limit_exceeded": 429,
    "insufficient_quota": 429,
    "resource_exhausted": 429,
    "overloaded_error": 529,
    "overloaded": 529,
    "unavailable": 503,
    "service_unavailable": 503,
    "service_unavailable_error": 503,
    "api_error": 500,
    "server_error": 500,
    "internal_server_error": 500,
}
CONTEXT_WINDOW: Final = re.compile(
    r"context_length_exceeded|maximum (context|prompt|model) length|context window|(prompt|input) is too long"
    r"|exceeds? the (available )?context|tokens exceed the configured limit|too many (input )?tokens|input token count"
    r"|reduce the length of the messages",
    re.IGNORECASE,
)
CONTENT_POLICY: Final = re.compile(
    r"content_policy_violation|content management policy|content_filter|ResponsibleAIPolicyViolation|safety system",
    re.IGNORECASE,
)
NUMBER: Final = re.compile(r"\d+(\.\d+)?", re.ASCII)
LEAST_FAILURE: Final = 400
FAILURES: Final = range(LEAST_FAILURE, 600)


def failure(  # noqa: PLR0913 - they are what an error tells
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
        provider: of the call.
        model: of the call.
        response: the `httpx.Response`, where there is one.
        headers: its headers; `Retry-After` is read from them.
    """
    details = error_object(body)
    said = details.get("message") or details.get("detail") or details.get("msg") or details.get("Message") or ""
    message = str(said).strip() or "The provider gave no reason."
    words = f"{details.get('code')} {details.get('type')} {message}"
    if status is None or status < LEAST_FAILURE:
        status = status_in(details) or (400 if CONTEXT_WINDOW.search(words) or CONTENT_POLICY.search(words) else 500)
    return class_of(status, words)(
        message if response is None else f"HTTP {status}: {message}",
        provider,
        model,
        status_code=status,
        response=response,
        body=details,
        retry_after=retry_after(headers or {}),
    )


def error_object(body: Any) -> dict[str, Any]:
    """What tells what went wrong in an answer: `{"error": {…}}`, `{"error": "text"}`, `[{…}]`, `{…}` or text."""
    if is_array(body) and body:
        return error_object(body[0])
    if not is_object(body):
        return {"message": str(body or "")}
    inner = body.get("error")
    if isinstance(inner, str) and inner:
        return {**body, "message": inner}
    return error_object(inner) if inner and (is_object(inner) or is_array(inner)) else body


def status_in(details: Mapping[str, Any]) -> int | None:
    """The HTTP status that an error object stands for, None if it does not tell."""
    for key in ("code", "status", "status_code", "type", "error_type"):
        word = str(details.get(key)).lower()
        if word.isdecimal() and int(word[:9]) in FAILURES:
            return int(word)
        if word in STATUS_BY_WORD:
            return STATUS_BY_WORD[word]
    return None


def class_of(status: int, text: str) -> type[RillmError]:
    """The class for a status; the words of a 400 tell a full context window and refused content apart."""
    if status in {400, 413} and CONTEXT_WINDOW.search(text):
        return errors.ContextWindowExceededError
    if status == 400 and CONTENT_POLICY.search(text):  # noqa: PLR2004 - an HTTP status is its own name
        return errors.ContentPolicyViolationError
    return BY_STATUS.get(status, errors.InternalServerError if status > 500 else errors.APIStatusError)  # noqa: PLR2004 - as above


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds until the provider allows the next try: `retry-after-ms` or `Retry-After` (RFC 9110, 10.2.3)."""
    value = headers.get("retry-after", "")
    for number, unit in ((headers.get("retry-after-ms", ""), 0.001), (value, 1)):
        if NUMBER.fullmatch(number.strip()):
            return float(number) * unit
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - time())
    except ValueError:
        return None


def not_a_stream(body: bytes) -> APIError:
    """The error for an answer that is neither a stream nor whole JSON, such as the HTML page of a gateway."""
    if is_cut_json(body):
        return StreamTruncatedError("The answer was cut off: the data ended within a JSON document.")
    text = body.decode(errors="replace")
    title = re.search(r"<title[^>]*>(.*?)</title>", text, re.IGNORECASE | re.DOTALL)
    shown = title.group(1).strip() if title else text.strip()[:200]
    return StreamDecodeError(f"The server did not answer with a stream, but with: {shown!r}. Is the address right?")


def is_cut_json(body: bytes) -> bool:
    """Whether `body` is the beginning of a JSON object or list."""
    try:
        from_json(body, allow_partial=True)
    except ValueError:
        return False
    return body.lstrip()[:1] in {b"{", b"["}
