"""Everything that can go wrong, in one tree.

    RillmError
    ├── APIError                          the provider, or the way to it, failed
    │   ├── APIConnectionError            no (more) bytes came                         retryable
    │   │   ├── Timeout                   they did not come in time (408)              retryable
    │   │   └── StreamTruncatedError      they ended before the format's end marker    retryable
    │   ├── StreamDecodeError             they are not what the format allows
    │   │   └── FrameTooLargeError        one frame is larger than max_frame_bytes
    │   └── APIStatusError                an HTTP status, or an error event that stands for one
    │       ├── BadRequestError               400
    │       │   ├── ContextWindowExceededError
    │       │   ├── ContentPolicyViolationError
    │       │   ├── UnsupportedParamsError
    │       │   └── PaymentRequiredError      402
    │       ├── AuthenticationError           401
    │       ├── PermissionDeniedError         403
    │       ├── NotFoundError                 404
    │       ├── ConflictError                 409                                      retryable
    │       ├── UnprocessableEntityError      422
    │       ├── RateLimitError                429                                      retryable
    │       ├── InternalServerError           500                                      retryable
    │       │   └── RepeatedChunkError        the model says the same again and again
    │       ├── BadGatewayError               502                                      retryable
    │       └── ServiceUnavailableError       503, 529                                 retryable
    ├── StreamConsumedError               a stream cannot be read here: it was read, or belongs to an event loop
    ├── StreamCancelledError              the consumer left; only callbacks ever see it
    └── MissingExtraError                 an optional dependency is not installed

Names and attributes are those of LiteLLM and the OpenAI SDK. Where the `openai` package is loaded, an error is also an
instance of its class of the same name, so that `except openai.RateLimitError` keeps working.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Self, cast

from rillm.streams.openai_classes import also_openai

if TYPE_CHECKING:
    from rillm.streams.response import ModelResponse


class RillmError(Exception):
    """Root of all errors of this library.

    Attributes:
        message: what happened and what to do, without secrets.
        llm_provider: the provider's name, "" if the error came before one was known.
        model: the model as requested, without the provider's prefix.
        status_code: the HTTP status, or the one that the error stands for; never 200.
        response: the `httpx.Response`, where there was one.
        body: the provider's error object or text, where there was one.
        code, type, param: of the provider's error object.
        partial: the response so far, where something had come; `finish_reason` is None in it.
        retry_after: seconds after which the provider allows the next try, None if it did not say.
        retryable: whether the same call may well succeed when made again.
    """

    status: ClassVar[int] = 500
    retryable: bool = False

    def __new__(cls, *args: Any, **kwargs: Any) -> Self:
        del args, kwargs
        error: Self = super().__new__(also_openai(cls))
        return error

    def __init__(  # noqa: PLR0913 - what a caller may want to know of a failure
        self,
        message: str,
        llm_provider: str = "",
        model: str = "",
        *,
        status_code: int | None = None,
        response: Any = None,
        body: object = None,
        retry_after: float | None = None,
    ) -> None:
        Exception.__init__(self, message)  # openai's __init__, next in line, wants other arguments
        self.message = message
        self.llm_provider = llm_provider
        self.model = model
        self.status_code = status_code or self.status
        self.response = response
        self.request = getattr(response, "request", None)
        self.body = body
        details = cast("dict[str, Any]", body) if isinstance(body, dict) else {}
        self.code: str | None = _text(details.get("code"))
        self.type: str | None = _text(details.get("type"))
        self.param: str | None = _text(details.get("param"))
        self.retry_after = retry_after
        self.partial: ModelResponse | None = None

    def __str__(self) -> str:
        call = "/".join(part for part in (self.llm_provider, self.model) if part)
        return f"{self.message} ({call})" if call else self.message

    def __reduce__(self) -> tuple[Any, ...]:
        state = {**self.__dict__, "response": None, "request": None}
        return _rebuild, (getattr(type(self), "__rillm__", type(self)), self.message), state


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _rebuild(cls: type[RillmError], message: str) -> RillmError:
    error = cls.__new__(cls)
    RillmError.__init__(error, message)
    return error


class APIError(RillmError): ...


class APIConnectionError(APIError):
    retryable = True


class Timeout(APIConnectionError, TimeoutError):  # noqa: N818 - LiteLLM's name
    status = 408


class StreamTruncatedError(APIConnectionError): ...


class StreamDecodeError(APIError): ...


class FrameTooLargeError(StreamDecodeError): ...


class APIStatusError(APIError): ...


class BadRequestError(APIStatusError):
    status = 400


class ContextWindowExceededError(BadRequestError): ...


class ContentPolicyViolationError(BadRequestError): ...


class UnsupportedParamsError(BadRequestError): ...


class PaymentRequiredError(BadRequestError):
    status = 402


class AuthenticationError(APIStatusError):
    status = 401


class PermissionDeniedError(APIStatusError):
    status = 403


class NotFoundError(APIStatusError):
    status = 404


class ConflictError(APIStatusError):
    status = 409
    retryable = True


class UnprocessableEntityError(APIStatusError):
    status = 422


class RateLimitError(APIStatusError):
    status = 429
    retryable = True


class InternalServerError(APIStatusError):
    retryable = True


class RepeatedChunkError(InternalServerError):
    retryable = False


class BadGatewayError(APIStatusError):
    status = 502
    retryable = True


class ServiceUnavailableError(APIStatusError):
    status = 503
    retryable = True


class StreamConsumedError(RillmError): ...


class StreamCancelledError(RillmError): ...


class MissingExtraError(RillmError, ImportError): ...
