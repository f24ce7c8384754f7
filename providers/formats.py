"""The wire formats by name: how their bytes are cut into frames, what the frames mean, which frame is the last."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from rillm.providers import (
    cohere_v1,
    cohere_v1_request,
    cohere_v2_request,
    mistral_request,
    ollama,
    ollama_request,
    openai_request,
    tgi,
    tgi_request,
    watsonx,
    writer,
)
from rillm.providers import openai_completions_request as completions_request
from rillm.providers.cohere_v2 import CohereV2Decoder, is_message_end
from rillm.providers.framing import BodyFramer
from rillm.providers.ndjson import NDJSONFramer
from rillm.providers.openai_chat import END, OpenAIChatDecoder
from rillm.providers.openai_completions import OpenAICompletionsDecoder
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


def lines(max_frame_bytes: int = DEFAULT_MAX_FRAME_BYTES) -> Framer:
    """Of JSON objects; what begins otherwise is no stream."""
    return BodyFramer(NDJSONFramer(max_frame_bytes), max_frame_bytes, documents=b"[<")


def is_done(frame: bytes) -> bool:
    return frame == END


FORMATS: Final[Mapping[str, Format]] = MappingProxyType({
    format_.name: format_
    for format_ in (
        Format("openai-chat", event_stream, OpenAIChatDecoder, is_done, openai_request.encode),
        Format("mistral-chat", event_stream, OpenAIChatDecoder, is_done, mistral_request.encode),
        Format("openai-completions", event_stream, OpenAICompletionsDecoder, is_done, completions_request.encode),
        Format("ollama-chat", lines, ollama.OllamaChatDecoder, ollama.is_done, ollama_request.encode_chat),
        Format("ollama-generate", lines, ollama.OllamaGenerateDecoder, ollama.is_done, ollama_request.encode_generate),
        Format("tgi-generate", event_stream, tgi.TGIDecoder, tgi.is_generated, tgi_request.encode),
        Format("watsonx-text", event_stream, watsonx.WatsonxTextDecoder, watsonx.is_finished, watsonx.encode),
        Format("writer-completions", writer.WriterFramer, writer.WriterCompletionsDecoder, is_done, writer.encode),
        Format("cohere-v1", lines, cohere_v1.CohereV1Decoder, cohere_v1.is_stream_end, cohere_v1_request.encode),
        Format("cohere-v2", event_stream, CohereV2Decoder, is_message_end, cohere_v2_request.encode),
    )
})  # fmt: skip
