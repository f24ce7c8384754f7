"""The content of a message as Anthropic's blocks: https://platform.claude.com/docs/en/api/messages.

Parts that OpenAI does not have (`document`, `search_result`, …) are Anthropic's own and stay as they are. So does what
stands beside a part: `cache_control`, `citations`, `title`.
"""

from __future__ import annotations

from base64 import b64decode
from typing import TYPE_CHECKING, Any, Final

from rillm.providers.data_urls import data_in
from rillm.streams.errors import BadRequestError
from rillm.streams.json_values import is_array, is_object

if TYPE_CHECKING:
    from rillm.providers.anthropic_fields import Values
    from rillm.providers.request import ChatCall

PDF: Final = "application/pdf"


def content_blocks(call: ChatCall, content: Any) -> list[Values]:
    """The blocks of a content: a text, or a list of parts. Empty texts are left out: Anthropic refuses them.

    Raises:
        UnsupportedParamsError: a part is of a kind that Anthropic cannot take.
        BadRequestError: an image or a file has no content.
    """
    parts: list[Any] = content if is_array(content) else [content]
    blocks = [content_block(call, {"type": "text", "text": part} if isinstance(part, str) else part) for part in parts]
    return [block for block in blocks if block and (block.get("type") != "text" or block.get("text"))]


def content_block(call: ChatCall, part: Any) -> Values | None:
    """The block of one part; None if there is none."""
    if not is_object(part):
        return None
    kind: Any = part.get("type")
    inner: Any = part.get(kind)
    rest = {name: value for name, value in part.items() if name not in {"type", kind}}
    match kind:
        case "image_url":
            image: Values = inner if is_object(inner) else {"url": inner}
            return {**block_of("image", image.get("url"), image.get("format")), **rest}
        case "file":
            return {**file_block(inner if is_object(inner) else {}), **rest}
        case "refusal":
            return {"type": "text", "text": inner, **rest}
        case "input_audio" | "video_url":
            call.unsupported(f"content of the type {kind!r}")
            return None
        case _:
            return part


def file_block(file: Values) -> Values:
    """A document: its data, its URL, or the id of an upload (for which Anthropic wants the header of a beta)."""
    data: Any = file.get("file_data")
    file_id = str(file.get("file_id") or "")
    if not data and file_id and not file_id.startswith("http"):
        return {"type": "document", "source": {"type": "file", "file_id": file_id}}
    if isinstance(data, str) and not data[:5].lower().startswith(("data:", "http")):
        data = f"data:{PDF};base64,{data}"
    block = block_of("document", data or file_id, file.get("format"))
    has_title = block["type"] == "document" and file.get("filename")
    return {**block, "title": file["filename"]} if has_title else block


def block_of(kind: str, url: Any, media_type: str | None = None) -> Values:
    """An image or a document by its URL. In a `data:` URL (RFC 2397) the media type tells which of them it is.

    Raises:
        BadRequestError: there is no URL, or text in it is not what the URL says.
    """
    if not url or not isinstance(url, str):
        raise BadRequestError(f"The messages have a part of the type {kind!r} with neither data nor a URL.")
    data = data_in(url)
    if data is None:
        return {"type": kind, "source": {"type": "url", "url": url}}
    media_type = media_type or data.media_type
    if media_type.startswith("text/"):
        source = {"type": "text", "media_type": "text/plain", "data": text_in(data.base64)}
        return {"type": "document", "source": source}
    kind = "image" if media_type.startswith("image/") else "document" if media_type == PDF else kind
    return {"type": kind, "source": {"type": "base64", "media_type": media_type, "data": data.base64}}


def text_in(base64: str) -> str:
    """The text in a file."""
    try:
        return b64decode(base64).decode()
    except ValueError as error:
        raise BadRequestError(f"The text of a file in the messages cannot be read: {error}.") from None
