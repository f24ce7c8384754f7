"""One step of a streamed completion, in the shape of OpenAI's `chat.completion.chunk`.

Field names and order are LiteLLM's. Fields that only some providers send (`reasoning_content`, `refusal`, `usage`,
`citations`, …) exist only on the chunks that have them: ask with `chunk.get("usage")` or `hasattr`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BeforeValidator, Field
from pydantic_core import to_json

from rillm.streams.model import HiddenParams, Model

if TYPE_CHECKING:
    from rillm.streams.usage import Usage


def _as_text(arguments: Any) -> Any:
    """Arguments as JSON text: some servers send the object itself, or null."""
    if arguments is None:
        return ""
    return arguments if isinstance(arguments, str) else to_json(arguments).decode()


Arguments = Annotated[str, BeforeValidator(_as_text)]


class Function(Model):
    arguments: Arguments = ""
    name: str | None = None


class ChatCompletionDeltaToolCall(Model):
    """A piece of a tool call. `index` tells the calls of one choice apart; None where the server did not say."""

    id: str | None = None
    function: Function = Field(default_factory=Function)
    type: str | None = "function"
    index: int | None = None


class FunctionCall(Model):
    arguments: Arguments = ""
    name: str | None = None


class Delta(Model):
    """What a chunk adds to one choice."""

    provider_specific_fields: dict[str, Any] | None = None
    content: str | None = None
    role: str | None = None
    function_call: FunctionCall | None = None
    tool_calls: list[ChatCompletionDeltaToolCall] | None = None
    audio: Any = None

    if TYPE_CHECKING:  # there only when sent
        reasoning_content: str | None = None
        refusal: str | None = None
        annotations: list[Any] | None = None
        thinking_blocks: list[Any] | None = None
        images: list[Any] | None = None


class StreamingChoices(Model):
    finish_reason: str | None = None
    index: int = 0
    delta: Delta = Field(default_factory=Delta)
    logprobs: Any = None


class ModelResponseStream(HiddenParams):
    """A chunk: what `for chunk in completion(..., stream=True)` yields."""

    id: str | None = None
    created: int | None = None
    model: str | None = None
    object: str = "chat.completion.chunk"
    system_fingerprint: str | None = None
    choices: list[StreamingChoices] = Field(default_factory=lambda: [StreamingChoices()])
    provider_specific_fields: dict[str, Any] | None = None
    service_tier: str | None = None

    if TYPE_CHECKING:  # there only when sent
        usage: Usage | None = None
        citations: list[Any] | None = None
