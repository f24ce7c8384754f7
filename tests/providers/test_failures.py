from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any

import pytest

from rillm.providers.failures import BY_STATUS, STATUS_BY_WORD, failure, not_a_stream, retry_after
from rillm.streams import errors

if TYPE_CHECKING:
    from rillm.streams.errors import RillmError

RETRYABLE = {408, 409, 429, 500, 502, 503, 504, 529}


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
        (413, errors.BadRequestError),
        (418, errors.APIStatusError),
        (422, errors.UnprocessableEntityError),
        (429, errors.RateLimitError),
        (500, errors.InternalServerError),
        (502, errors.BadGatewayError),
        (503, errors.ServiceUnavailableError),
        (504, errors.Timeout),
        (520, errors.InternalServerError),
        (529, errors.ServiceUnavailableError),
    ],
)
def test_status(status: int, kind: type[RillmError]) -> None:
    error = failure({"error": {"message": "No"}}, status=status, provider="p", model="m")
    assert type(error).__name__ == kind.__name__
    assert isinstance(error, kind)
    assert error.status_code == status
    assert error.retryable == (status in RETRYABLE or status == 520)
    assert str(error) == "No (p/m)"


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
    error = failure({"error": details}, status=400, headers={"retry-after": "3"})
    assert (error.type, error.code, error.param, error.retry_after) == ("invalid_request_error", "bad", "model", 3)
    assert error.body == details


CONTEXT_WINDOW = [
    {"code": "context_length_exceeded", "message": "Too long"},
    {"message": "This model's maximum context length is 8192 tokens. However, you requested 9000 tokens."},
    {"message": "prompt is too long: 210000 tokens > 200000 maximum"},
    {"message": "the request exceeds the available context size", "type": "exceed_context_size_error"},
    {"message": "The input token count (1200000) exceeds the maximum number of tokens allowed (1048576)."},
    {"message": "Input tokens exceed the configured limit of 272000 tokens."},
    {"message": "This model's maximum prompt length is 131072 but the request contains 200000 tokens."},
    {"message": "Input is too long for requested model."},
    {"message": "Please reduce the length of the messages or completion."},
]
CONTENT_POLICY = [
    {"code": "content_policy_violation", "message": "No"},
    {"code": "content_filter", "message": "No"},
    {"message": "The response was filtered due to Azure OpenAI's content management policy."},
    {"message": "Your request was rejected as a result of our safety system."},
    {"message": "No", "type": "ResponsibleAIPolicyViolation"},
]


@pytest.mark.parametrize("status", [400, 413, 200, None])
@pytest.mark.parametrize("details", CONTEXT_WINDOW)
def test_context_window(details: dict[str, Any], status: int | None) -> None:
    error = failure({"error": details}, status=status)
    assert isinstance(error, errors.ContextWindowExceededError)
    assert error.status_code == (status if status in {400, 413} else 400)
    assert not error.retryable


@pytest.mark.parametrize("status", [400, 200, None])
@pytest.mark.parametrize("details", CONTENT_POLICY)
def test_content_policy(details: dict[str, Any], status: int | None) -> None:
    error = failure({"error": details}, status=status)
    assert isinstance(error, errors.ContentPolicyViolationError)
    assert error.status_code == 400


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
