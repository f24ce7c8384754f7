"""The tree of errors: what catches what, what is retryable, and openai's names for them."""

from __future__ import annotations

import copy
import inspect
import pickle
import subprocess
import sys
import threading
from typing import TYPE_CHECKING, Any

import httpx
import openai
import pytest

from rillm import exceptions
from rillm.streams import errors, litellm_errors, mid_stream
from rillm.streams.errors import RillmError
from rillm.streams.response import ModelResponse
from rillm.streams.rillm_error import ModelFirst, ProviderFirst

if TYPE_CHECKING:
    from types import ModuleType


def defined_in(module: ModuleType) -> list[type[RillmError]]:
    classes = [cls for cls in vars(module).values() if inspect.isclass(cls) and issubclass(cls, RillmError)]
    return [cls for cls in classes if cls.__module__ == module.__name__]


ALL: list[type[RillmError]] = [RillmError, *defined_in(errors), *defined_in(litellm_errors), *defined_in(mid_stream)]
OTHER_ARGUMENTS: list[RillmError] = [
    litellm_errors.JSONSchemaValidationError("gpt", "openai", "{", "{}"),
    litellm_errors.LiteLLMUnknownProvider("gpt", "openai"),
    litellm_errors.BudgetExceededError(2.5, 1.5),
    litellm_errors.OpenAIError(ValueError("no")),
]
NEEDS_STATUS = {errors.APIError, litellm_errors.MockException}
USUAL = [cls for cls in ALL if cls.__name__ not in {type(error).__name__ for error in OTHER_ARGUMENTS}]
each = pytest.mark.parametrize("cls", USUAL, ids=lambda cls: cls.__name__)


def made(cls: type[RillmError], message: str = "m", **details: Any) -> RillmError:
    """An error of any class with the usual arguments."""
    if cls in NEEDS_STATUS:
        details.setdefault("status_code", 500)
    return cls(message=message, **details)


RETRYABLE = {
    "APIConnectionError",
    "Timeout",
    "StreamTruncatedError",
    "ConflictError",
    "RateLimitError",
    "InternalServerError",
    "BadGatewayError",
    "ServiceUnavailableError",
    "MidStreamFallbackError",
}
STATUSES = {
    "Timeout": 408,
    "BadRequestError": 400,
    "ContextWindowExceededError": 400,
    "ContentPolicyViolationError": 400,
    "UnsupportedParamsError": 400,
    "PaymentRequiredError": 402,
    "AuthenticationError": 401,
    "PermissionDeniedError": 403,
    "NotFoundError": 404,
    "ConflictError": 409,
    "UnprocessableEntityError": 422,
    "RateLimitError": 429,
    "BadGatewayError": 502,
    "ServiceUnavailableError": 503,
    "InvalidRequestError": 400,
    "RejectedRequestError": 400,
    "ImageFetchError": 400,
    "UnsupportedEndpointError": 400,
    "LiteLLMUnknownProvider": 400,
    "BudgetExceededError": 422,
    "MidStreamFallbackError": 503,
}


@pytest.mark.parametrize("module", [errors, litellm_errors])
def test_the_tree_in_the_docstring_is_the_tree(module: ModuleType) -> None:
    drawn: dict[str, str] = {}
    path: list[str] = []
    for line in (module.__doc__ or "").splitlines():
        bare = line.strip(" │├└─")
        if "──" not in line and bare != "RillmError":
            continue
        name = bare.split()[0]
        depth = (len(line) - len(line.lstrip(" │├└─"))) // 4 - 1
        path[depth:] = [name]
        drawn[name] = path[depth - 1] if depth else ""
        assert module is litellm_errors or ("retryable" in line) == (name in RETRYABLE)
    orders = (ModelFirst, ProviderFirst)
    bases = {cls: [base for base in cls.__bases__ if base not in orders] for cls in defined_in(module)}
    real = {cls.__name__: of_cls[0].__name__ for cls, of_cls in bases.items()}
    assert {name: parent for name, parent in drawn.items() if name in real} == real
    assert module is litellm_errors or drawn.keys() - real.keys() == {"RillmError"}


def test_every_name_is_public() -> None:
    public = {getattr(exceptions, name) for name in exceptions.__all__ if inspect.isclass(getattr(exceptions, name))}
    assert public == set(ALL)


@each
def test_attributes(cls: type[RillmError]) -> None:
    error = made(cls, "what happened", llm_provider="openai", model="gpt")
    assert (error.message, error.llm_provider, error.model) == ("what happened", "openai", "gpt")
    assert (str(error), error.args) == ("what happened (openai/gpt)", ("what happened",))
    assert error.status_code == STATUSES.get(cls.__name__, 500)
    assert error.retryable == (cls.__name__ in RETRYABLE)
    assert (error.response, error.request, error.body, error.retry_after, error.partial) == (None,) * 5
    assert (error.headers, error.request_id, error.param, error.litellm_debug_info) == (None,) * 4
    assert made(cls, status_code=418).status_code == 418


@pytest.mark.parametrize("error", OTHER_ARGUMENTS, ids=lambda error: type(error).__name__)
def test_attributes_of_those_with_other_arguments(error: RillmError) -> None:
    assert error.message
    assert error.status_code == STATUSES.get(type(error).__name__, 500)
    assert pickle.loads(pickle.dumps(error)).__dict__ == error.__dict__  # noqa: S301 - our own bytes


@each
def test_a_mistyped_argument_is_told(cls: type[RillmError]) -> None:
    with pytest.raises(TypeError, match="retries_"):
        made(cls, retries_=3)


@pytest.mark.parametrize(
    ("cls", "body", "code", "type_", "param"),
    [
        (errors.BadRequestError, {"code": 7, "type": "odd", "param": "n"}, "7", "odd", "n"),
        (errors.BadRequestError, "text", None, None, None),
        (errors.RateLimitError, None, "429", "throttling_error", None),
        (
            errors.RateLimitError,
            {"code": "insufficient_quota", "type": None},
            "insufficient_quota",
            "throttling_error",
            None,
        ),
        (errors.InternalServerError, {"code": None}, None, "internal_server_error", None),
        (errors.InternalServerError, {"type": "server_error"}, None, "server_error", None),
    ],
)
def test_details_of_the_body(
    cls: type[RillmError], body: object, code: str | None, type_: str | None, param: str | None
) -> None:
    error = cls("x", body=body)
    assert (error.code, error.type, error.param) == (code, type_, param)


@pytest.mark.parametrize(
    ("retries", "said"),
    [
        ({}, "No"),
        ({"num_retries": 0, "max_retries": 0}, "No"),
        ({"num_retries": 2}, "No [retries: 2]"),
        ({"num_retries": 2, "max_retries": 3}, "No [retries: 2 of 3]"),
        ({"num_retries": 0, "max_retries": 3}, "No"),
    ],
)
def test_an_error_says_how_often_the_call_was_made_again(retries: dict[str, Any], said: str) -> None:
    assert str(errors.RateLimitError("No", **retries)) == said


def test_what_the_answer_of_the_server_tells() -> None:
    request = httpx.Request("POST", "http://localhost")
    response = httpx.Response(429, headers={"x-request-id": "req_1"}, request=request)
    error = errors.RateLimitError("No", response=response)
    assert (error.response, error.request, error.request_id) == (response, request, "req_1")
    assert error.headers is error.litellm_response_headers is response.headers
    other = errors.Timeout("No", headers={"x-request-id": "req_2"}, request=request)
    assert (other.request, other.request_id) == (request, "req_2")


def test_a_response_made_by_hand_has_no_request() -> None:
    assert errors.RateLimitError("No", response=httpx.Response(429)).request is None


def test_what_is_known_of_the_call_stays() -> None:
    error = errors.RateLimitError("No", "openai")
    error.told("azure", "gpt")
    assert (error.llm_provider, error.model) == ("openai", "gpt")


def test_azures_verdict() -> None:
    assert errors.ContentPolicyViolationError("No").provider_specific_fields is None
    verdict = {"content_filter_result": {"hate": {"filtered": True}}}
    error = errors.ContentPolicyViolationError("No", body={"innererror": verdict})
    assert error.provider_specific_fields == {"innererror": verdict}


@each
def test_pickle_and_copy(cls: type[RillmError]) -> None:
    error = made(cls, llm_provider="openai", model="gpt", retry_after=1.5, num_retries=2, body={"code": "c"})
    error.partial = ModelResponse(model="gpt")
    error.add_note("a note")
    for again in (pickle.loads(pickle.dumps(error)), copy.copy(error)):  # noqa: S301 - our own bytes
        assert type(again) is type(error)
        assert (str(again), again.args) == (str(error), error.args)
        assert again.__dict__ == error.__dict__


def test_pickle_leaves_the_response_behind() -> None:
    response = httpx.Response(429, headers={"x-request-id": "req_1"}, extensions={"lock": threading.Lock()})
    again = pickle.loads(pickle.dumps(errors.RateLimitError("m", response=response)))  # noqa: S301 - our own bytes
    assert (again.response, again.request_id) == (None, "req_1")


def test_builtin_names() -> None:
    assert issubclass(errors.Timeout, TimeoutError)
    assert issubclass(errors.MissingExtraError, ImportError)


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (errors.RateLimitError, openai.RateLimitError),
        (errors.AuthenticationError, openai.AuthenticationError),
        (errors.PermissionDeniedError, openai.PermissionDeniedError),
        (errors.NotFoundError, openai.NotFoundError),
        (errors.ConflictError, openai.ConflictError),
        (errors.UnprocessableEntityError, openai.UnprocessableEntityError),
        (errors.BadRequestError, openai.BadRequestError),
        (errors.ContextWindowExceededError, openai.BadRequestError),
        (litellm_errors.InvalidRequestError, openai.BadRequestError),
        (litellm_errors.ImageFetchError, openai.BadRequestError),
        (errors.InternalServerError, openai.InternalServerError),
        (errors.RepeatedChunkError, openai.InternalServerError),
        (errors.BadGatewayError, openai.APIStatusError),
        (errors.ServiceUnavailableError, openai.APIStatusError),
        (mid_stream.MidStreamFallbackError, openai.APIStatusError),
        (errors.Timeout, openai.APITimeoutError),
        (errors.Timeout, openai.APIConnectionError),
        (errors.StreamTruncatedError, openai.APIConnectionError),
        (errors.APIResponseValidationError, openai.APIResponseValidationError),
        (errors.StreamDecodeError, openai.APIResponseValidationError),
        (errors.APIError, openai.APIError),
        (litellm_errors.MockException, openai.APIError),
    ],
)
def test_openai_names_catch_ours(ours: type[RillmError], theirs: type[Exception]) -> None:
    with pytest.raises(theirs) as caught:
        raise made(ours)
    assert isinstance(caught.value, ours)
    assert type(caught.value).__name__ == ours.__name__


@pytest.mark.parametrize("cls", [cls for cls in USUAL if issubclass(cls, errors.APIError)])
def test_openai_catches_every_error_of_an_api(cls: type[RillmError]) -> None:
    assert isinstance(made(cls), openai.APIError)


def test_openai_names_catch_no_more() -> None:
    assert not isinstance(errors.StreamConsumedError("m"), openai.OpenAIError)
    assert not isinstance(errors.RateLimitError("m"), openai.AuthenticationError)


@pytest.mark.parametrize(
    "code",
    [
        "import rillm; rillm.RateLimitError('m'); import sys; assert 'openai' not in sys.modules",
        "import rillm, openai, pickle; e = rillm.RateLimitError('m'); assert isinstance(e, openai.RateLimitError)",
        "import rillm; e = rillm.RateLimitError('m'); import openai; assert not isinstance(e, openai.RateLimitError)",
        "import rillm, openai\ntry: raise rillm.RateLimitError('m')\nexcept openai.RateLimitError: pass",
        "import openai, rillm\ntry: raise rillm.Timeout('m')\nexcept openai.APITimeoutError: pass",
    ],
)
def test_openai_is_never_imported_by_us(code: str) -> None:
    subprocess.run([sys.executable, "-c", code], check=True)  # noqa: S603 - our own code
