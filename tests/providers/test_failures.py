from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any

import pytest

from rillm.providers.failure_words import BY_STATUS, STATUS_BY_WORD
from rillm.providers.failures import class_of, failure, retry_after
from rillm.providers.whole_body import not_a_stream
from rillm.streams import errors
from tests.providers.error_bodies import CONTENT_POLICY, CONTEXT_WINDOW, inner

if TYPE_CHECKING:
    from rillm.streams.errors import RillmError

RETRYABLE = {408, 409, 429, *range(500, 600)}


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, errors.BadRequestError),
        (401, errors.AuthenticationError),
        (402, errors.PaymentRequiredError),
        (403, errors.PermissionDeniedError),
        (404, errors.NotFoundError),
        (408, errors.Timeout),
        (409, errors.ConflictError),
        (410, errors.NotFoundError),
        (413, errors.BadRequestError),
        (418, errors.APIStatusError),
        (422, errors.UnprocessableEntityError),
        (424, errors.APIStatusError),
        (429, errors.RateLimitError),
        (451, errors.PermissionDeniedError),
        (499, errors.APIStatusError),
        (500, errors.InternalServerError),
        (501, errors.InternalServerError),
        (502, errors.BadGatewayError),
        (503, errors.ServiceUnavailableError),
        (504, errors.Timeout),
        (520, errors.InternalServerError),
        (524, errors.Timeout),
        (529, errors.ServiceUnavailableError),
    ],
)
def test_status(status: int, kind: type[RillmError]) -> None:
    error = failure({"error": {"message": "No"}}, status=status, provider="p", model="m")
    assert type(error).__name__ == kind.__name__
    assert isinstance(error, kind)
    assert error.status_code == status
    assert error.retryable == (status in RETRYABLE)
    assert str(error) == "No (p/m)"


@pytest.mark.parametrize("status", range(400, 600))
def test_every_status_has_a_class(status: int) -> None:
    cls = class_of(status, "")
    assert issubclass(cls, errors.APIStatusError | errors.Timeout)
    assert cls.retryable == (status in RETRYABLE)


@pytest.mark.parametrize(("word", "status"), STATUS_BY_WORD.items())
@pytest.mark.parametrize("key", ["code", "type", "status"])
def test_word_in_a_stream(word: str, status: int, key: str) -> None:
    for written in (word, word.upper()):
        error = failure({"error": {"message": "No", key: written}}, status=200)
        assert error.status_code == status
        assert isinstance(error, BY_STATUS[status])


@pytest.mark.parametrize(
    ("body", "status", "message"),
    [
        ({"error": {"message": "No", "code": 429}}, 429, "No"),
        ({"error": {"message": "No", "code": "503"}}, 503, "No"),
        ({"error": {"message": "No", "code": None, "type": "overloaded_error"}}, 529, "No"),
        ({"error": {"message": "No", "code": "mystery", "type": "rate_limit_error"}}, 429, "No"),
        ({"error": {"message": "No", "status": "RESOURCE_EXHAUSTED"}}, 429, "No"),
        ({"type": "error", "error": {"type": "authentication_error", "message": "No"}}, 401, "No"),
        ({"error": "No"}, 500, "No"),
        ({"error": "No", "code": 404}, 404, "No"),
        ({"error": "No", "error_type": "overloaded"}, 529, "No"),
        ({"error": ["No"]}, 500, "No"),
        ([{"error": {"code": 404, "message": "No"}}], 404, "No"),
        ({"object": "error", "message": "No", "code": 400}, 400, "No"),
        ({"error": None, "message": "No"}, 500, "No"),
        ({"error": True, "message": "No"}, 500, "No"),
        ({"detail": "No"}, 500, "No"),
        ({"code": 1234, "msg": "No"}, 500, "No"),
        ({"Message": "No"}, 500, "No"),
        ({"error": {"message": "No", "code": 200}}, 500, "No"),
        ({"error": {"message": "No", "code": True}}, 500, "No"),
        ({"error": {"message": "No", "code": "9" * 5000}}, 500, "No"),
        ({"error": {"message": "No", "code": "\u00b2"}}, 500, "No"),
        ({"error": {"message": {"deep": 1}}}, 500, "{'deep': 1}"),
        ("No", 500, "No"),
        ({}, 500, "The provider gave no reason."),
        ([], 500, "The provider gave no reason."),
        (None, 500, "The provider gave no reason."),
    ],
)
def test_body_in_a_stream(body: Any, status: int, message: str) -> None:
    for http_status in (None, 200):
        error = failure(body, status=http_status)
        assert (error.status_code, error.message) == (status, message)


def test_http_status_counts_more_than_the_words() -> None:
    assert isinstance(failure({"error": {"type": "overloaded_error"}}, status=401), errors.AuthenticationError)


def test_attributes() -> None:
    details = {"message": "No", "type": "invalid_request_error", "code": "bad", "param": "model"}
    headers = {"retry-after": "3"}
    error = failure({"error": details}, status=400, headers=headers)
    assert (error.type, error.code, error.param, error.retry_after) == ("invalid_request_error", "bad", "model", 3)
    assert (error.body, error.litellm_response_headers) == (details, headers)


@pytest.mark.parametrize(
    ("status", "message", "kind", "meant"),
    [
        (400, "Rate limit reached for gpt-4o in organization org-1 on requests per min.", errors.RateLimitError, 429),
        (None, "Rate limit reached for gpt-4o", errors.RateLimitError, 429),
        (200, "Too many requests, please slow down", errors.RateLimitError, 429),
        (404, "Rate limit reached", errors.NotFoundError, 404),
        (400, "API key not valid. Please pass a valid API key.", errors.AuthenticationError, 401),
        (400, "Incorrect API key provided: xa***67.", errors.AuthenticationError, 401),
    ],
)
def test_what_a_400_may_say(status: int | None, message: str, kind: type[RillmError], meant: int) -> None:
    error = failure({"error": {"message": message, "code": None}}, status=status)
    assert isinstance(error, kind)
    assert error.status_code == meant


@pytest.mark.parametrize(("status", "body"), CONTEXT_WINDOW.values(), ids=CONTEXT_WINDOW)
def test_context_window(status: int, body: Any) -> None:
    error = failure(body, status=status)
    assert isinstance(error, errors.ContextWindowExceededError)
    assert error.status_code == max(status, 400)
    assert not error.retryable
    assert isinstance(failure(body), errors.ContextWindowExceededError)


@pytest.mark.parametrize("status", [400, 413, 422])
def test_statuses_of_a_full_context_window(status: int) -> None:
    error = failure(inner(message="prompt is too long"), status=status)
    assert isinstance(error, errors.ContextWindowExceededError)
    assert error.status_code == status


@pytest.mark.parametrize(("status", "body"), CONTENT_POLICY.values(), ids=CONTENT_POLICY)
def test_content_policy(status: int, body: Any) -> None:
    error = failure(body, status=status)
    assert isinstance(error, errors.ContentPolicyViolationError)
    assert error.status_code == max(status, 400)
    assert not error.retryable
    assert isinstance(failure(body), errors.ContentPolicyViolationError)


def test_azures_verdict_is_kept() -> None:
    _status, body = CONTENT_POLICY["azure"]
    error = failure(body, status=400)
    assert isinstance(error, errors.ContentPolicyViolationError)
    assert error.provider_specific_fields == {"innererror": body["error"]["innererror"]}


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (413, inner(type="request_too_large", message="Request exceeds the maximum size"), errors.BadRequestError),
        (
            413,
            inner(message="Request too large for model `m` on tokens per minute", type="tokens"),
            errors.BadRequestError,
        ),
        (403, inner(message="Country, region, or territory not supported"), errors.PermissionDeniedError),
        (400, inner(message="max_tokens is too large: 100000", param="max_tokens"), errors.BadRequestError),
        (
            422,
            {"detail": [{"type": "missing", "loc": ["body", "model"], "msg": "Field required"}]},
            errors.UnprocessableEntityError,
        ),
        (429, {"message": "Too many tokens, please wait before trying again."}, errors.RateLimitError),
        (200, {"message": "Too many tokens, please wait", "type": "ThrottlingException"}, errors.RateLimitError),
        (200, {"error": "Request failed during generation", "error_type": "generation"}, errors.InternalServerError),
        (
            200,
            {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}},
            errors.ServiceUnavailableError,
        ),
        (200, {"error": {"code": 503, "message": "Busy", "status": "UNAVAILABLE"}}, errors.ServiceUnavailableError),
    ],
)
def test_what_is_neither(status: int, body: Any, kind: type[RillmError]) -> None:
    assert type(failure(body, status=status)).__name__ == kind.__name__


@pytest.mark.parametrize("status", [401, 429, 500])
def test_words_of_other_statuses_do_not_matter(status: int) -> None:
    error = failure({"error": {"message": "maximum context length, content_filter"}}, status=status)
    assert isinstance(error, BY_STATUS[status])


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "20"}, 20),
        ({"retry-after": " 1.5 "}, 1.5),
        ({"retry-after-ms": "250"}, 0.25),
        ({"retry-after-ms": "250", "retry-after": "20"}, 0.25),
        ({"retry-after-ms": "soon", "retry-after": "20"}, 20),
        ({"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT"}, 0),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "inf"}, None),
        ({"retry-after": "-5"}, None),
        ({"retry-after": ""}, None),
    ],
)
def test_retry_after(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after(headers) == seconds


def test_retry_after_a_date() -> None:
    date = format_datetime(datetime.now(UTC) + timedelta(hours=1), usegmt=True)
    seconds = retry_after({"retry-after": date})
    assert seconds is not None
    assert 3000 < seconds <= 3600


@pytest.mark.parametrize(
    ("body", "kind", "words"),
    [
        (b"<html><title>\n 502 Bad\n</title>", errors.StreamDecodeError, "'502 Bad'"),
        (b"<p>" + b"x" * 1000, errors.StreamDecodeError, "'<p>xxx"),
        (b"Not found", errors.StreamDecodeError, "'Not found'"),
        (b"\xff\xfe", errors.StreamDecodeError, "\ufffd"),
        (b'{"choices": [{"mess', errors.StreamTruncatedError, "cut off"),
        (b'{"choices": ]', errors.StreamDecodeError, "choices"),
    ],
)
def test_not_a_stream(body: bytes, kind: type[RillmError], words: str) -> None:
    error = not_a_stream(body)
    assert isinstance(error, kind)
    assert words in error.message
    assert len(error.message) < 400
