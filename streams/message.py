"""The answers of a completion: its choices, and the message of each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import Field

from rillm.streams.audio import ChatCompletionAudioResponse
from rillm.streams.by_hand import extra_fields, for_direct_use, given, is_null, plain
from rillm.streams.finish_reasons import in_openai_words
from rillm.streams.function import ChatCompletionMessageToolCall, FunctionCall, message_tool_calls
from rillm.streams.json_values import is_object
from rillm.streams.logprobs import as_logprobs
from rillm.streams.model import Model


class Message(Model):
    content: str | None = None
    role: str = "assistant"
    tool_calls: list[ChatCompletionMessageToolCall] | None = None
    function_call: FunctionCall | None = None
    provider_specific_fields: dict[str, Any] | None = Field(default=None, exclude_if=is_null)

    if TYPE_CHECKING:  # there only when the model gave them
        reasoning_content: str | None = None
        refusal: str | None = None
        annotations: list[Any] | None = None
        thinking_blocks: list[Any] | None = None
        images: list[Any] | None = None
        audio: ChatCompletionAudioResponse | None = None

    @for_direct_use
    def __init__(
        self,
        content: str | None = None,
        role: str | None = None,
        function_call: Any = None,
        tool_calls: Any = None,
        audio: Any = None,
        **extra: Any,
    ) -> None:
        """A tool call without an id gets one."""
        audio = plain(audio)
        values = given(
            content=content,
            role=role,
            function_call=plain(function_call),
            tool_calls=message_tool_calls(tool_calls) if tool_calls else None,
            audio=ChatCompletionAudioResponse(**audio) if is_object(audio) else audio,
        )
        self._fill({**extra_fields(extra), **values})


class Choices(Model):
    """One answer. `finish_reason` is None while it is not finished, as in an error's `.partial`."""

    finish_reason: str | None = None
    index: int = 0
    message: Message = Field(default_factory=Message)

    if TYPE_CHECKING:  # there only when asked for
        logprobs: Any = None

    @for_direct_use
    def __init__(
        self,
        finish_reason: str | None = None,
        index: int = 0,
        message: Message | dict[str, Any] | None = None,
        logprobs: Any = None,
        **extra: Any,
    ) -> None:
        """A finished answer: without a `finish_reason` it is "stop"."""
        message = plain(message)
        values = given(
            message=Message(**message) if is_object(message) else message,
            logprobs=as_logprobs(plain(logprobs)),
            **extra,
        )
        self._fill(in_openai_words({"finish_reason": finish_reason or "stop", "index": index, **values}))


def whole_choice(choice: Any) -> Any:
    """A choice of a response from whatever it is given as."""
    values = plain(choice)
    return Choices(**values) if is_object(values) else choice
