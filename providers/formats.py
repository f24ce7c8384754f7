"""The wire formats by name: how their bytes are cut into frames, what the frames mean, which frame is the last."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from rillm.providers import openai_request
from rillm.providers.framing import BodyFramer
from rillm.providers.json_array import ArrayFramer
from rillm.providers.later import later
from rillm.providers.ndjson import NDJSONFramer
from rillm.providers.openai_chat import END, OpenAIChatDecoder
from rillm.providers.sse import SSEFramer
from rillm.streams.frame import DEFAULT_MAX_FRAME_BYTES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from rillm.providers.request import ChatCall, Request
    from rillm.streams.decoder import Decoder
    from rillm.streams.frame import Framer


@dataclass(frozen=True, slots=True)
class Format:
    """A wire format.

    Attributes:
        name: as in the documentation and in `rillm.decode(name, blocks)`.
        framer: makes the framer of one response, given the largest frame in bytes.
        decoder: makes the decoder of one response.
        is_last: whether a frame is the end marker, after which a connection can be used again.
        encode: makes the request of a call.
    """

    name: str
    framer: Callable[[int], Framer]
    decoder: Callable[[], Decoder]
    is_last: Callable[[bytes], bool]
    encode: Callable[[ChatCall], Request]


def event_stream(max_frame_bytes: int = DEFAULT_MAX_FRAME_BYTES) -> Framer:
    return BodyFramer(SSEFramer(max_frame_bytes), max_frame_bytes)


def amazon_event_stream(max_frame_bytes: int = DEFAULT_MAX_FRAME_BYTES) -> Framer:
    framer = later("amazon_event_stream:AmazonEventStreamFramer")
    return BodyFramer(framer(max_frame_bytes), max_frame_bytes)


def google_stream(max_frame_bytes: int = DEFAULT_MAX_FRAME_BYTES) -> Framer:
    """An event stream or a JSON array: which of them was asked for is no promise."""
    return BodyFramer(SSEFramer(max_frame_bytes), max_frame_bytes, ArrayFramer)


def lines(max_frame_bytes: int = DEFAULT_MAX_FRAME_BYTES) -> Framer:
    """Of JSON objects; what begins otherwise is no stream."""
    return BodyFramer(NDJSONFramer(max_frame_bytes), max_frame_bytes, starts=b"[<")


def writer_stream(max_frame_bytes: int = DEFAULT_MAX_FRAME_BYTES) -> Framer:
    framer: Framer = later("writer:WriterFramer")(max_frame_bytes)
    return framer


def is_done(frame: bytes) -> bool:
    return frame == END


FORMATS: Final[Mapping[str, Format]] = MappingProxyType({
    format_.name: format_
    for format_ in (
        Format("ai-sdk", event_stream, later("ai_sdk:AISDKDecoder"), is_done, later("ai_sdk:encode")),
        Format("anthropic-messages", event_stream, later("anthropic_messages:AnthropicMessagesDecoder"),
               later("anthropic_messages:is_message_stop"), later("anthropic_request:encode")),
        Format("openai-chat", event_stream, OpenAIChatDecoder, is_done, openai_request.encode),
        Format("openai-completions", event_stream, later("openai_completions:OpenAICompletionsDecoder"), is_done,
               later("openai_completions_request:encode")),
        Format("openai-responses", event_stream, later("openai_responses:OpenAIResponsesDecoder"),
               later("openai_responses:is_last"), later("openai_responses_request:encode")),
        Format("bedrock-converse", amazon_event_stream, later("bedrock_converse:ConverseDecoder"),
               later("bedrock_converse:is_metadata"), later("bedrock_request:encode")),
        *(Format(f"bedrock-invoke{vendor}", amazon_event_stream, later("bedrock_invoke:invoked", vendor),
                 later("bedrock_invoke:has_metrics"), later("bedrock_invoke_request:encode"))
          for vendor in ("", "-anthropic", "-claude-text", "-cohere", "-llama", "-nova", "-titan")),
        Format("gemini", google_stream, later("gemini:GeminiDecoder"), later("gemini:is_finish"),
               later("gemini_request:encode")),
        Format("gemini-json-array", google_stream, later("gemini:GeminiDecoder"), later("gemini:is_finish"),
               later("gemini_request:encode_array")),
        Format("gemini-interactions", event_stream, later("gemini_interactions:GeminiInteractionsDecoder"),
               later("gemini_interactions:is_completed"), later("gemini_interactions_request:encode")),
        Format("mistral-chat", event_stream, OpenAIChatDecoder, is_done, later("mistral_request:encode")),
        Format("ollama-chat", lines, later("ollama:OllamaChatDecoder"), later("ollama:is_done"),
               later("ollama_request:encode_chat")),
        Format("ollama-generate", lines, later("ollama:OllamaGenerateDecoder"), later("ollama:is_done"),
               later("ollama_request:encode_generate")),
        Format("tgi-generate", event_stream, later("tgi:TGIDecoder"), later("tgi:is_generated"),
               later("tgi_request:encode")),
        Format("cohere-v1", lines, later("cohere_v1:CohereV1Decoder"), later("cohere_v1:is_stream_end"),
               later("cohere_v1_request:encode")),
        Format("cohere-v2", event_stream, later("cohere_v2:CohereV2Decoder"), later("cohere_v2:is_message_end"),
               later("cohere_v2_request:encode")),
        Format("watsonx-text", event_stream, later("watsonx:WatsonxTextDecoder"), later("watsonx:is_finished"),
               later("watsonx:encode")),
        Format("writer-completions", writer_stream, later("writer:WriterCompletionsDecoder"), is_done,
               later("writer:encode")),
    )
})  # fmt: skip
