"""A whole completion, in the shape of OpenAI's `chat.completion`; field names and order are LiteLLM's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import Field

from rillm.streams.chunk import Function, FunctionCall
from rillm.streams.model import HiddenParams, Model
from rillm.streams.usage import Usage


class ChatCompletionMessageToolCall(Model):
    """A call that the client has to run; `function.arguments` is JSON text as the model wrote it."""

    function: Function = Field(default_factory=Function)
    id: str | None = None
    type: str | None = "function"


class Message(Model):
    content: str | None = None
    role: str = "assistant"
    tool_calls: list[ChatCompletionMessageToolCall] | None = None
    function_call: FunctionCall | None = None
    provider_specific_fields: dict[str, Any] | None = None

    if TYPE_CHECKING:  # there only when the model gave them
        reasoning_content: str | None = None
        refusal: str | None = None
        annotations: list[Any] | None = None
        thinking_blocks: list[Any] | None = None
        images: list[Any] | None = None
        audio: Any = None


class Choices(Model):
    """One answer. `finish_reason` is None while it is not finished, as in an error's `.partial`."""

    finish_reason: str | None = None
    index: int = 0
    message: Message = Field(default_factory=Message)

    if TYPE_CHECKING:  # there only when asked for
        logprobs: Any = None


class ModelResponse(HiddenParams):
    """What `completion(...)` returns and what a stream of chunks accumulates to."""

    id: str | None = None
    created: int | None = None
    model: str | None = None
    object: str = "chat.completion"
    system_fingerprint: str | None = None
    choices: list[Choices] = Field(default_factory=lambda: [Choices()])
    usage: Usage = Field(default_factory=Usage)

    if TYPE_CHECKING:  # there only when sent
        citations: list[Any] | None = None
        service_tier: str | None = None
