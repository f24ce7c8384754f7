"""Who answers: request encoding, framing, decoding, transport.

What a further provider or format is made of has its names here; docs/providers.md shows how.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from rillm.providers.chunks import chunk_of, end_chunk, text_chunk
    from rillm.providers.formats import Format, event_stream, lines
    from rillm.providers.json_decoder import JSONDecoder
    from rillm.providers.provider import Provider
    from rillm.providers.registration import register
    from rillm.providers.request import ChatCall, Request

__all__ = [
    "ChatCall",
    "Format",
    "JSONDecoder",
    "Provider",
    "Request",
    "chunk_of",
    "end_chunk",
    "event_stream",
    "lines",
    "register",
    "text_chunk",
]

# Where they live. They are loaded when they are first asked for.
HOMES: Final = {
    "ChatCall": "request",
    "Format": "formats",
    "JSONDecoder": "json_decoder",
    "Provider": "provider",
    "Request": "request",
    "chunk_of": "chunks",
    "end_chunk": "chunks",
    "event_stream": "formats",
    "lines": "formats",
    "register": "registration",
    "text_chunk": "chunks",
}


def __getattr__(name: str) -> Any:
    if name not in HOMES:
        raise AttributeError(f"module 'rillm.providers' has no attribute {name!r}")
    value: Any = getattr(import_module(f"rillm.providers.{HOMES[name]}"), name)
    globals()[name] = value
    return value
