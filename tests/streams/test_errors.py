"""The tree of errors: what catches what, what is retryable, and openai's names for them."""

from __future__ import annotations

import copy
import inspect
import pickle
import subprocess
import sys
import threading

import openai
import pytest

from rillm.streams import errors
from rillm.streams.errors import RillmError
from rillm.streams.response import ModelResponse

ALL: list[type[RillmError]] = [
    value for value in vars(errors).values() if inspect.isclass(value) and issubclass(value, RillmError)
]
each = pytest.mark.parametrize("cls", ALL, ids=lambda cls: cls.__name__)
RETRYABLE = {
    "APIConnectionError",
    "Timeout",
    "StreamTruncatedError",
    "ConflictError",
    "RateLimitError",
    "InternalServerError",
    "BadGatewayError",
    "ServiceUnavailableError",
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
}


def test_the_tree_in_the_docstring_is_the_tree() -> None:
    drawn: dict[str, str] = {}
    path: list[str] = []
    for line in (errors.__doc__ or "").splitlines():
        bare = line.strip(" │├└─")
        name = bare.split()[0] if bare else ""
        if not name.endswith(("Error", "Timeout")):
            continue
        depth = (len(line) - len(line.lstrip(" │├└─"))) // 4 - 1
        path[depth:] = [name]
        drawn[name] = path[depth - 1] if depth else ""
        assert ("retryable" in line) == (name in RETRYABLE)
    real = {cls.__name__: next((b.__name__ for b in cls.__bases__ if issubclass(b, RillmError)), "") for cls in ALL}
    assert drawn == real


@each
def test_attributes(cls: type[RillmError]) -> None:
    error = cls("what happened", "openai", "gpt")
    assert (error.message, error.llm_provider, error.model) == ("what happened", "openai", "gpt")
    assert str(error) == "what happened (openai/gpt)"
    assert error.status_code == STATUSES.get(cls.__name__, 500)
    assert error.retryable == (cls.__name__ in RETRYABLE)
    assert (error.response, error.request, error.body, error.retry_after, error.partial) == (None,) * 5
    assert cls("x", status_code=418).status_code == 418


def test_details_of_the_body() -> None:
    error = errors.BadRequestError("x", body={"code": 7, "type": "odd", "param": "n"})
    assert (error.code, error.type, error.param) == ("7", "odd", "n")


@each
def test_pickle_and_copy(cls: type[RillmError]) -> None:
    error = cls("m", "openai", "gpt", retry_after=1.5, body={"code": "c"})
    error.partial = ModelResponse(model="gpt")
    for again in (pickle.loads(pickle.dumps(error)), copy.copy(error)):  # noqa: S301 - our own bytes
        assert type(again) is type(error)
        assert str(again) == str(error)
        assert (again.code, again.retry_after, again.status_code) == ("c", 1.5, error.status_code)
        assert again.partial == error.partial


def test_pickle_leaves_the_response_behind() -> None:
    error = errors.RateLimitError("m", response=threading.Lock())
    assert pickle.loads(pickle.dumps(error)).response is None  # noqa: S301 - our own bytes


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
        (errors.InternalServerError, openai.InternalServerError),
        (errors.RepeatedChunkError, openai.InternalServerError),
        (errors.BadGatewayError, openai.APIStatusError),
        (errors.Timeout, openai.APITimeoutError),
        (errors.Timeout, openai.APIConnectionError),
        (errors.StreamTruncatedError, openai.APIConnectionError),
        (errors.StreamDecodeError, openai.APIError),
        (errors.APIError, openai.APIError),
    ],
)
def test_openai_names_catch_ours(ours: type[RillmError], theirs: type[Exception]) -> None:
    with pytest.raises(theirs) as caught:
        raise ours("m")
    assert isinstance(caught.value, ours)
    assert type(caught.value).__name__ == ours.__name__


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
