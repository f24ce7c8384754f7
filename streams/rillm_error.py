"""`RillmError`, the root of all errors: what each of them knows, and in which order its arguments come."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any, ClassVar, TypedDict, Unpack

from rillm.streams.json_values import is_object
from rillm.streams.openai_classes import also_openai, plain

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from rillm.streams.response import ModelResponse


class Details(TypedDict, total=False):
    """What every error can be told beside, by keyword; see the attributes of `RillmError`."""

    body: object
    headers: Mapping[str, str] | None
    request: Any
    retry_after: float | None
    litellm_debug_info: str | None
    max_retries: int | None
    num_retries: int | None


class RillmError(Exception):
    """Root of all errors of this library.

    Attributes:
        message: what happened and what to do, without secrets.
        llm_provider: the provider's name, "" if the error came before one was known.
        model: the model as requested, without the provider's prefix.
        status_code: the HTTP status, or the one that the error stands for; never 200.
        response: the `httpx.Response`, where there was one.
        request: the `httpx.Request`, where there was one.
        litellm_response_headers: the provider's HTTP headers, where it answered; `headers` is the same.
        body: the provider's error object or text, where there was one.
        code, type, param: of the provider's error object.
        num_retries, max_retries: how often the call was made again, and how often that was allowed; None if unknown.
        litellm_debug_info: whatever its maker noted.
        partial: the response so far, where something had come; `finish_reason` is None in it.
        retry_after: seconds after which the provider allows the next try, None if it did not say.
        retryable: whether the same call may well succeed when made again.
    """

    status: ClassVar[int] = 500
    default_code: ClassVar[str | None] = None  # where the provider's error object has none
    default_type: ClassVar[str | None] = None
    retryable: bool = False

    def __init__(  # noqa: PLR0913 - what a caller may want to know of a failure
        self,
        message: str,
        llm_provider: str = "",
        model: str = "",
        response: Any = None,
        *,
        status_code: int | None = None,
        body: object = None,
        headers: Mapping[str, str] | None = None,
        request: Any = None,
        retry_after: float | None = None,
        litellm_debug_info: str | None = None,
        max_retries: int | None = None,
        num_retries: int | None = None,
    ) -> None:
        Exception.__init__(self, message)  # openai's __init__, next in line, wants other arguments
        self.__class__ = also_openai(type(self))
        self.message = message
        self.llm_provider = llm_provider or ""
        self.model = model or ""
        self.status_code = status_code or self.status
        self.response = response
        self.request = request or request_of(response)
        self.litellm_response_headers: Mapping[str, str] | None = headers or getattr(response, "headers", None)
        self.body: object = body
        told: dict[str, Any] = body if is_object(body) else {}
        self.code = text(told.get("code")) or self.default_code
        self.type = text(told.get("type")) or self.default_type
        self.param = text(told.get("param"))
        self.num_retries = num_retries
        self.max_retries = max_retries
        self.litellm_debug_info = litellm_debug_info
        self.retry_after = retry_after
        self.partial: ModelResponse | None = None

    @property
    def headers(self) -> Mapping[str, str] | None:
        return self.litellm_response_headers

    @property
    def request_id(self) -> str | None:
        """What the provider calls the request, as in OpenAI's SDK."""
        return (self.headers or {}).get("x-request-id")

    def told(self, llm_provider: str, model: str) -> None:
        """Note the call that the error belongs to, where that is not known yet."""
        self.llm_provider = self.llm_provider or llm_provider
        self.model = self.model or model

    def __str__(self) -> str:
        call = "/".join(part for part in (self.llm_provider, self.model) if part)
        said = f"{self.message} ({call})" if call else self.message
        if not self.num_retries:
            return said
        allowed = f" of {self.max_retries}" if self.max_retries else ""
        return f"{said} [retries: {self.num_retries}{allowed}]"

    def __reduce__(self) -> tuple[Any, ...]:
        state = {**self.__dict__, "args": self.args, "response": None, "request": None}
        return restored, (plain(type(self)), also_openai), state


class ProviderFirst(RillmError):  # noqa: N818 - an order, which is not raised
    """LiteLLM's order of arguments where the provider is what matters, as in `RateLimitError(message, "openai")`."""

    def __init__(
        self,
        message: str,
        llm_provider: str = "",
        model: str = "",
        response: Any = None,
        *,
        status_code: int | None = None,
        **details: Unpack[Details],
    ) -> None:
        RillmError.__init__(self, message, llm_provider, model, response, status_code=status_code, **details)


class ModelFirst(RillmError):  # noqa: N818 - as above
    """LiteLLM's order where the model is what matters, as in `NotFoundError(message, "gpt-8")`."""

    def __init__(
        self,
        message: str,
        model: str = "",
        llm_provider: str = "",
        response: Any = None,
        *,
        status_code: int | None = None,
        **details: Unpack[Details],
    ) -> None:
        RillmError.__init__(self, message, llm_provider, model, response, status_code=status_code, **details)


def restored(cls: type[RillmError], joined: Callable[[type[Any]], type[Any]]) -> RillmError:
    """An error to be filled from a pickle, of what `joined` makes of its class in this process."""
    error = cls.__new__(cls)
    error.__class__ = joined(cls)
    return error


def request_of(response: Any) -> Any:
    with suppress(AttributeError, RuntimeError):  # httpx: one made by hand may have none
        return response.request
    return None


def text(value: object) -> str | None:
    return None if value is None else str(value)
