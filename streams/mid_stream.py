"""`MidStreamFallbackError`: what LiteLLM raises instead of any error that ends a stream. Here it is that error itself.

An error of a stream is made an instance of both: `except RateLimitError` catches it, and so does
`except MidStreamFallbackError`, whose three attributes it has then.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar, Unpack

from rillm.streams.errors import APIError, RillmError, ServiceUnavailableError
from rillm.streams.openai_classes import also_openai, both, plain
from rillm.streams.rillm_error import restored

if TYPE_CHECKING:
    from rillm.streams.rillm_error import Details

E = TypeVar("E", bound=Exception)


class MidStreamFallbackError(ServiceUnavailableError):
    """An error that ended a stream.

    Attributes:
        original_exception: the error itself.
        generated_content: the text so far, of the first choice; all else that had come is in `partial`.
        is_pre_first_chunk: whether nothing had come.
    """

    def __init__(  # noqa: PLR0913 - LiteLLM's
        self,
        message: str,
        model: str = "",
        llm_provider: str = "",
        original_exception: Exception | None = None,
        response: Any = None,
        *,
        status_code: int | None = None,
        generated_content: str = "",
        is_pre_first_chunk: bool = False,
        **details: Unpack[Details],
    ) -> None:
        status_code = status_code or getattr(original_exception, "status_code", None)
        RillmError.__init__(self, message, llm_provider, model, response, status_code=status_code, **details)
        self.original_exception = self.__cause__ = original_exception
        self.generated_content = generated_content
        self.is_pre_first_chunk = is_pre_first_chunk
        self.retryable = getattr(original_exception, "retryable", self.retryable)


def in_stream(error: E, llm_provider: str = "", model: str = "") -> E:
    """Make `error` a `MidStreamFallbackError` too, if it is an `APIError`; all that it was it remains.

    `llm_provider` and `model` are noted where it does not know them.

    >>> from rillm.streams.errors import Timeout
    >>> error = in_stream(Timeout("The stream stalled."))
    >>> isinstance(error, MidStreamFallbackError), error.original_exception is error, error.status_code
    (True, True, 408)
    """
    if isinstance(error, APIError):
        error.told(llm_provider, model)
        if not isinstance(error, MidStreamFallbackError):
            error.__class__ = _class_in_stream(plain(type(error)))
    return error


def _class_in_stream(cls: type[Any]) -> type[Any]:
    joined: type[Any] = _joined(also_openai(cls))  # type: ignore[arg-type]  # as in openai_classes
    return joined


@cache
def _joined(cls: type[Any]) -> type[Any]:
    return both(
        cls,
        MidStreamFallbackError,
        __reduce__=_reduce,
        status=cls.status,
        retryable=cls.retryable,
        original_exception=property(lambda error: error),
        generated_content=property(_text_so_far),
        is_pre_first_chunk=property(lambda error: error.partial is None),
    )


def _text_so_far(error: RillmError) -> str:
    return (error.partial.choices[0].message.content or "") if error.partial and error.partial.choices else ""


def _reduce(error: RillmError) -> tuple[Any, ...]:
    _restored, (cls, _), state = RillmError.__reduce__(error)
    return restored, (cls, _class_in_stream), state
