"""A whole completion, in the shape of OpenAI's `chat.completion`; field names and order are LiteLLM's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Self

from pydantic import Field, model_validator

from rillm.streams.by_hand import for_direct_use, given, is_null, listed, plain
from rillm.streams.chunk import ModelResponseStream, StreamingChoices, identity, streaming_choice
from rillm.streams.function import ChatCompletionMessageToolCall
from rillm.streams.json_values import is_object
from rillm.streams.message import Choices, Message, whole_choice
from rillm.streams.model import RESPONSE_HEADERS, RESPONSE_MS, HiddenParams
from rillm.streams.usage import Usage, as_usage

__all__ = ["ChatCompletionMessageToolCall", "Choices", "Message", "ModelResponse", "StreamedResponse"]

CHUNK: Final = "chat.completion.chunk"
POSITIONS: Final = ("id", "choices", "created", "model", "object", "system_fingerprint", "usage", "stream")


class ModelResponse(HiddenParams):
    """What `completion(...)` returns and what a stream of chunks accumulates to.

    Made with `stream=True`, as a "chat.completion.chunk" or of `StreamingChoices`, it is a chunk: a
    `ModelResponseStream` that is an instance of this class as well.

    >>> chunk = ModelResponse(stream=True, choices=[{"delta": {"content": "Hi"}}])
    >>> chunk.choices[0].delta.content, isinstance(chunk, ModelResponseStream)
    ('Hi', True)
    """

    id: str | None = None
    created: int | None = None
    model: str | None = None
    object: str = "chat.completion"
    system_fingerprint: str | None = Field(default=None, exclude_if=is_null)
    choices: list[Choices] = Field(default_factory=lambda: [Choices()])

    if TYPE_CHECKING:  # there only when given; what a call returns always has its usage
        usage: Usage
        citations: list[Any] | None = None
        service_tier: str | None = None

    def __new__(cls, *args: Any, **values: Any) -> Self:
        arguments = {**dict(zip(POSITIONS, args, strict=False)), **values}
        kind: type[Any] = StreamedResponse if cls is ModelResponse and is_chunk(arguments) else cls
        response: Self = super().__new__(kind)
        return response

    @for_direct_use
    def __init__(  # noqa: PLR0913, PLR0917 - LiteLLM's
        self,
        id: str | None = None,  # noqa: A002 - OpenAI's name
        choices: Any = None,
        created: int | None = None,
        model: str | None = None,
        object: str | None = None,  # noqa: A002, ARG002 - OpenAI's name; `__new__` looks at it
        system_fingerprint: str | None = None,
        usage: Any = None,
        stream: Any = None,  # noqa: ARG002 - `__new__` looks at it
        stream_options: Any = None,  # noqa: ARG002 - LiteLLM takes it and makes nothing of it
        response_ms: float | None = None,
        hidden_params: dict[str, Any] | None = None,
        _response_headers: dict[str, Any] | None = None,
        **extra: Any,
    ) -> None:
        """`choices`: objects or dicts; `response_ms` and `_response_headers` are kept in the hidden parameters."""
        values = given(model=model, system_fingerprint=system_fingerprint, usage=plain(usage))
        if choices is not None:
            values["choices"] = [self._choice(choice) for choice in listed(choices)]
        self._fill({**extra, **values, **identity(id, created)})
        told = {RESPONSE_MS: response_ms, RESPONSE_HEADERS: _response_headers}
        self._hidden_params = {**(hidden_params or {}), **given(**told)}

    @staticmethod
    def _choice(choice: Any) -> Any:
        return whole_choice(choice)

    @model_validator(mode="after")
    def _with_usage(self) -> Self:
        if is_object(self.extra.get("usage")):
            self.extra["usage"] = as_usage(self.extra["usage"])
        return self


class StreamedResponse(ModelResponse, ModelResponseStream):  # type: ignore[misc] # a chunk's usage may be null
    """A chunk by the name that chunks once had in LiteLLM."""

    object: str = CHUNK
    system_fingerprint: str | None = None
    choices: list[StreamingChoices] = Field(default_factory=lambda: [StreamingChoices()])  # type: ignore[assignment]

    @staticmethod
    def _choice(choice: Any) -> Any:
        return streaming_choice(choice)


def is_chunk(arguments: dict[str, Any]) -> bool:
    """Whether these arguments of `ModelResponse` are those of a chunk."""
    choices: Any = arguments.get("choices")
    return (
        arguments.get("stream") is True
        or arguments.get("object") == CHUNK
        or (choices is not None and any(isinstance(choice, StreamingChoices) for choice in listed(choices)))
    )


def fill_arguments(response: ModelResponse) -> ModelResponse:
    """Give each call of a whole answer JSON for arguments, also where the model wrote none, as LiteLLM does."""
    for choice in response.choices:
        for call in choice.message.tool_calls or ():
            if call.type != "custom":
                call.function.arguments = call.function.arguments or "{}"
    return response
