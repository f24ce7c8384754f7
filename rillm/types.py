"""The objects that calls give, by the names that `litellm.types.utils` has for them."""

from typing import Any, TypedDict

from rillm.streams.audio import ChatCompletionAudioResponse
from rillm.streams.chunk import Delta, ModelResponseStream, StreamingChoices
from rillm.streams.function import ChatCompletionDeltaToolCall, ChatCompletionMessageToolCall, Function, FunctionCall
from rillm.streams.logprobs import ChatCompletionTokenLogprob, ChoiceLogprobs, TopLogprob
from rillm.streams.message import Choices, Message
from rillm.streams.response import ModelResponse
from rillm.streams.usage import Usage
from rillm.streams.usage_details import CompletionTokensDetails, PromptTokensDetails, ServerToolUse

# LiteLLM has a class of its own for a custom tool's call; here `call.custom` tells.
ChatCompletionDeltaCustomToolCall = ChatCompletionDeltaToolCall
ChatCompletionMessageCustomToolCall = ChatCompletionMessageToolCall
CompletionTokensDetailsWrapper = CompletionTokensDetails
PromptTokensDetailsWrapper = PromptTokensDetails


class ChatCompletionDeltaChunk(TypedDict, total=False):
    """A delta as a dict."""

    content: str | None
    tool_calls: list[Any]
    role: str


__all__ = [
    "ChatCompletionAudioResponse",
    "ChatCompletionDeltaChunk",
    "ChatCompletionDeltaCustomToolCall",
    "ChatCompletionDeltaToolCall",
    "ChatCompletionMessageCustomToolCall",
    "ChatCompletionMessageToolCall",
    "ChatCompletionTokenLogprob",
    "ChoiceLogprobs",
    "Choices",
    "CompletionTokensDetails",
    "CompletionTokensDetailsWrapper",
    "Delta",
    "Function",
    "FunctionCall",
    "Message",
    "ModelResponse",
    "ModelResponseStream",
    "PromptTokensDetails",
    "PromptTokensDetailsWrapper",
    "ServerToolUse",
    "StreamingChoices",
    "TopLogprob",
    "Usage",
]
