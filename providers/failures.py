"""From what a provider says went wrong to the class of error it stands for."""

from __future__ import annotations

import re
from email.utils import parsedate_to_datetime
from time import time
from typing import TYPE_CHECKING, Any, Final

from rillm.providers.failure_words import (
    BY_STATUS,
    CONTENT_POLICY,
    CONTEXT_WINDOW,
    STATUS_BY_PHRASE,
    STATUS_BY_WORD,
)
from rillm.streams import errors
from rillm.streams.errors import RillmError
from rillm.streams.json_values import is_array, is_object

if TYPE_CHECKING:
    from collections.abc import Mapping

SAID: Final = ("message", "detail", "msg", "Message")  # OpenAI and most others, FastAPI, Alibaba, AWS
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
    said = next(filter(None, map(details.get, SAID)), "")
    message = str(said).strip() or "The provider gave no reason."
    words = f"{details.get('code')} {details.get('type')} {message} {relayed(details)}"
    status = status_meant(status, details, words)
    return class_of(status, words)(
        message if response is None else f"HTTP {response.status_code}: {message}",
        llm_provider=provider,
        model=model,
        status_code=status,
        response=response,
        body=details,
        headers=headers,
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


def relayed(details: Mapping[str, Any]) -> str:
    """What the provider behind a router said: https://openrouter.ai/docs/api-reference/errors#provider-errors."""
    metadata = details.get("metadata")
    return str(metadata.get("raw") or "") if is_object(metadata) else ""


def status_meant(status: int | None, details: Mapping[str, Any], words: str) -> int:
    """The status that an answer stands for: never one of success, and more than 400 where its words tell more."""
    said = status if status is not None and status >= LEAST_FAILURE else status_in(details)
    if said is None or said == LEAST_FAILURE:
        return next((meant for phrase, meant in STATUS_BY_PHRASE if phrase.search(words)), said or 500)
    return said


def class_of(status: int, text: str) -> type[RillmError]:
    """The class for a status; the words tell a full context window and refused content apart."""
    if status in {400, 413, 422} and CONTEXT_WINDOW.search(text):
        return errors.ContextWindowExceededError
    if status in {400, 403} and CONTENT_POLICY.search(text):
        return errors.ContentPolicyViolationError
    return BY_STATUS.get(status, errors.InternalServerError if status > 500 else errors.APIStatusError)  # noqa: PLR2004 - an HTTP status is its own name


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


# Errors of the OpenAI SDK, of httpx and of Python that stand for no HTTP status.
WITHOUT_STATUS: Final[Mapping[str, type[RillmError]]] = {
    "APITimeoutError": errors.Timeout,
    "TimeoutException": errors.Timeout,
    "TimeoutError": errors.Timeout,
    "APIConnectionError": errors.APIConnectionError,
    "TransportError": errors.APIConnectionError,
    "ConnectionError": errors.APIConnectionError,
}


def of_exception(error: Exception, **call: Any) -> RillmError:
    """The error itself if it is ours, else the one that its `status_code` stands for, 500 if it has none.

    Args:
        error: of another client.
        call: `llm_provider` and `model`.
    """
    if isinstance(error, RillmError):
        return error
    text = str(error) or type(error).__name__
    status = getattr(error, "status_code", None)
    if isinstance(status, int) and status >= LEAST_FAILURE:
        made = class_of(status, text)(text, status_code=status, **call)
    else:
        names = [ancestor.__name__ for ancestor in type(error).__mro__]
        kind = next((WITHOUT_STATUS[name] for name in names if name in WITHOUT_STATUS), errors.InternalServerError)
        made = kind(text, **call)
    made.__cause__ = error
    return made
