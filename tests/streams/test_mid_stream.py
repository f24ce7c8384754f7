"""An error that ends a stream is itself and a `MidStreamFallbackError`."""

from __future__ import annotations

import copy
import gc
import inspect
import pickle
import subprocess
import sys
import weakref
from typing import Any

import openai
import pytest

from rillm.streams import errors, litellm_errors
from rillm.streams.errors import APIError, RillmError
from rillm.streams.mid_stream import MidStreamFallbackError, in_stream
from rillm.streams.response import ModelResponse

NAMES = {**vars(errors), **vars(litellm_errors)}
EVERY: list[type[APIError]] = [cls for cls in NAMES.values() if inspect.isclass(cls) and issubclass(cls, APIError)]
each = pytest.mark.parametrize("cls", EVERY, ids=lambda cls: cls.__name__)


def bare(cls: type[APIError]) -> APIError:
    """An error of any class, whatever arguments that has."""
    error = cls.__new__(cls)
    RillmError.__init__(error, "m", "openai", "gpt", retry_after=1.5)
    return error


def said(text: str | None) -> ModelResponse:
    return ModelResponse.model_validate({"choices": [{"message": {"content": text}}]})


@each
def test_it_stays_what_it_was(cls: type[APIError]) -> None:
    error, other = bare(cls), bare(cls)
    before, caught_by = dict(error.__dict__), [base for base in type(error).__mro__ if base is not object]
    assert in_stream(error) is error
    assert isinstance(error, MidStreamFallbackError)
    assert all(isinstance(error, base) for base in caught_by)
    assert isinstance(error, openai.APIError)
    assert error.__dict__ == before
    assert (str(error), error.retryable, error.status_code) == (str(other), other.retryable, other.status_code)
    for name in ("__name__", "__qualname__", "__module__"):
        assert getattr(type(error), name) == getattr(cls, name)
    assert in_stream(error).__class__ is error.__class__ is in_stream(other).__class__


@each
@pytest.mark.parametrize(
    ("partial", "content", "first"), [(None, "", True), (said("Hi"), "Hi", False), (said(None), "", False)]
)
def test_attributes(cls: type[APIError], partial: ModelResponse | None, content: str, *, first: bool) -> None:
    error: Any = in_stream(bare(cls))
    error.partial = partial
    assert error.original_exception is error
    assert (error.generated_content, error.is_pre_first_chunk) == (content, first)


@each
def test_pickle_and_copy(cls: type[APIError]) -> None:
    error: Any = in_stream(bare(cls))
    error.partial = said("Hi")
    for again in (pickle.loads(pickle.dumps(error)), copy.copy(error)):  # noqa: S301 - our own bytes
        assert type(again) is type(error)
        assert (str(again), again.__dict__) == (str(error), error.__dict__)
        assert again.original_exception is again
        assert again.generated_content == "Hi"


def test_raised_it_keeps_its_traceback_and_cause() -> None:
    cause = ValueError("cause")

    def stream() -> None:
        try:
            raise errors.RepeatedChunkError("again and again") from cause
        except RillmError as error:
            in_stream(error)
            raise

    with pytest.raises(MidStreamFallbackError) as caught:
        stream()
    original = caught.value.original_exception
    assert isinstance(original, errors.InternalServerError)
    assert original.__cause__ is cause
    with pytest.raises(openai.InternalServerError) as again:
        raise original
    assert again.traceback[-1].name == "stream"


@pytest.mark.parametrize(
    "error",
    [
        errors.StreamConsumedError("m"),
        errors.StreamCancelledError("m"),
        errors.MissingExtraError("m"),
        litellm_errors.BudgetExceededError(2, 1),
        ValueError("m"),
    ],
)
def test_others_do_not_become_one(error: Exception) -> None:
    assert not isinstance(in_stream(error), MidStreamFallbackError)


def test_a_class_of_the_users_own() -> None:
    class Mine(errors.RateLimitError): ...

    assert isinstance(in_stream(Mine("m")), Mine)


def test_it_is_told_its_call() -> None:
    error = in_stream(errors.Timeout("m"), "openai", "gpt")
    assert (error.llm_provider, error.model) == ("openai", "gpt")


def test_it_is_no_cycle() -> None:
    error = in_stream(errors.RateLimitError("m"))
    gone = weakref.ref(error)
    gc.disable()
    try:
        del error
        assert gone() is None
    finally:
        gc.enable()


@pytest.mark.parametrize(
    ("original", "status", "retryable"),
    [
        (None, 503, True),
        (ValueError("m"), 503, True),
        (errors.RateLimitError("m"), 429, True),
        (errors.BadRequestError("m"), 400, False),
    ],
)
def test_made_by_hand(original: Exception | None, status: int, retryable: bool) -> None:  # noqa: FBT001 - a row of the table
    error = MidStreamFallbackError("m", "gpt", "openai", original, generated_content="Hi", is_pre_first_chunk=False)
    assert (error.model, error.llm_provider) == ("gpt", "openai")
    assert (error.status_code, error.retryable) == (status, retryable)
    assert error.original_exception is error.__cause__ is original
    assert (error.generated_content, error.is_pre_first_chunk) == ("Hi", False)
    assert pickle.loads(pickle.dumps(error)).generated_content == "Hi"  # noqa: S301 - our own bytes


@pytest.mark.parametrize(
    "code",
    [
        "error = in_stream(rillm.RateLimitError('m')); assert 'openai' not in sys.modules",
        "error = in_stream(rillm.ServiceUnavailableError('m')); assert 'openai' not in sys.modules",
        "error = in_stream(rillm.APIError(418, 'm')); assert (error.status_code, error.retryable) == (418, False)",
        "error = rillm.RateLimitError('m'); import openai; assert isinstance(in_stream(error), openai.RateLimitError)",
        "error = rillm.Timeout('m'); import openai; assert isinstance(in_stream(error), openai.APITimeoutError)",
        "error = in_stream(rillm.Timeout('m')); import openai; assert not isinstance(error, openai.APITimeoutError)",
    ],
)
def test_openai_loaded_before_and_after(code: str) -> None:
    imports = "import pickle, sys; import rillm; from rillm.streams.mid_stream import in_stream\n"
    check = "\nassert isinstance(pickle.loads(pickle.dumps(error)), rillm.MidStreamFallbackError)"
    subprocess.run([sys.executable, "-c", imports + code + check], check=True)  # noqa: S603 - our own code
