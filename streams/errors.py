"""Everything that can go wrong, in one tree.

    RillmError
    ├── APIError                          the provider, or the way to it, failed
    │   ├── APIConnectionError            no (more) bytes came                         retryable
    │   │   ├── Timeout                   they did not come in time (408)              retryable
    │   │   └── StreamTruncatedError      they ended before the format's end marker    retryable
    │   ├── APIResponseValidationError    they are not what they should be
    │   │   └── StreamDecodeError         not what the format allows
    │   │       └── FrameTooLargeError        one frame is larger than max_frame_bytes
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

Names, attributes and the order of arguments are those of LiteLLM; unlike there, only the message is required. Where the
`openai` package is loaded, an error is also an instance of its class of the same name, so that
`except openai.RateLimitError` keeps working. An APIError that ends a stream is a `MidStreamFallbackError` too, see
`rillm.streams.mid_stream`; LiteLLM's other names are in `rillm.streams.litellm_errors`.
"""

from __future__ import annotations

from typing import Any, Unpack

from rillm.streams.json_values import is_object
from rillm.streams.rillm_error import Details, ModelFirst, ProviderFirst
from rillm.streams.rillm_error import RillmError as RillmError  # noqa: PLC0414 - so it is imported from here, too


class APIError(RillmError):
    def __init__(
        self,
        status_code: int,
        message: str,
        llm_provider: str = "",
        model: str = "",
        *,
        response: Any = None,
        **details: Unpack[Details],
    ) -> None:
        RillmError.__init__(self, message, llm_provider, model, response, status_code=status_code, **details)


class APIConnectionError(ProviderFirst, APIError):
    retryable = True


class Timeout(APIConnectionError, TimeoutError):  # noqa: N818 - LiteLLM's name
    status = 408

    def __init__(  # noqa: PLR0913 - LiteLLM's
        self,
        message: str,
        model: str = "",
        llm_provider: str = "",
        *,
        response: Any = None,
        status_code: int | None = None,
        exception_status_code: int | None = None,
        **details: Unpack[Details],
    ) -> None:
        status_code = status_code or exception_status_code
        RillmError.__init__(self, message, llm_provider, model, response, status_code=status_code, **details)


class StreamTruncatedError(APIConnectionError): ...


class APIResponseValidationError(ProviderFirst, APIError): ...


class StreamDecodeError(APIResponseValidationError): ...


class FrameTooLargeError(StreamDecodeError): ...


class APIStatusError(ProviderFirst, APIError): ...


class BadRequestError(ModelFirst, APIStatusError):
    status = 400


class ContextWindowExceededError(BadRequestError): ...


class ContentPolicyViolationError(BadRequestError):
    @property
    def provider_specific_fields(self) -> dict[str, Any] | None:
        """Azure's `innererror`, which tells what its filters found; None without one."""
        verdict = self.body.get("innererror") if is_object(self.body) else None
        return {"innererror": verdict} if verdict else None


class UnsupportedParamsError(BadRequestError):
    def __init__(
        self,
        message: str,
        llm_provider: str = "",
        model: str = "",
        status_code: int | None = None,
        response: Any = None,
        **details: Unpack[Details],
    ) -> None:
        RillmError.__init__(self, message, llm_provider, model, response, status_code=status_code, **details)


class PaymentRequiredError(BadRequestError):
    status = 402


class AuthenticationError(APIStatusError):
    status = 401


class PermissionDeniedError(APIStatusError):
    status = 403


class NotFoundError(ModelFirst, APIStatusError):
    status = 404


class ConflictError(APIStatusError):
    status = 409
    retryable = True


class UnprocessableEntityError(ModelFirst, APIStatusError):
    status = 422


class RateLimitError(APIStatusError):
    status = 429
    default_code = "429"
    default_type = "throttling_error"
    retryable = True
    category = "vendor_rate_limit"  # LiteLLM's word: the provider's limit, not one that its proxy has set
    rate_limit_type: str | None = None

    @property
    def detail(self) -> str:
        return self.message


class InternalServerError(APIStatusError):
    default_type = "internal_server_error"
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
