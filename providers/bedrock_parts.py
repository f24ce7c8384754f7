"""Parts of a message's content as Converse's content blocks.

https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ContentBlock.html
"""

from __future__ import annotations

import re
from mimetypes import guess_type
from pathlib import PurePath
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from rillm.providers.data_urls import data_in
from rillm.streams.json_values import is_array, is_object

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from rillm.providers.request import ChatCall

    Block = dict[str, Any]

MEDIA: Final = ("image", "video", "audio")
# The API's names of formats that are not the media type's second half.
NAMES: Final[Mapping[str, str]] = MappingProxyType({
    "jpg": "jpeg", "quicktime": "mov", "x-matroska": "mkv", "x-flv": "flv", "x-ms-wmv": "wmv", "3gpp": "three_gp",
    "x-wav": "wav", "plain": "txt", "markdown": "md", "msword": "doc", "vnd.ms-excel": "xls",
    "vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
    "vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
})  # fmt: skip
UNNAMED: Final = "document"
NOT_IN_NAMES: Final = re.compile(r"[^A-Za-z0-9\-()\[\]]+")


class Parts:
    """Makes the blocks of one request. Its documents get names, each another one, as the API wants."""

    def __init__(self, call: ChatCall) -> None:
        self._call = call
        self._names: set[str] = set()

    def blocks(self, content: Any, owner: Mapping[str, Any]) -> list[Block]:
        """The blocks of `content`, text or a list of parts; `owner` may ask for it all to be cached."""
        parts = content if is_array(content) else [{"type": "text", "text": content}]
        return [*(block for part in parts for block in self._blocks_of(part)), *cache_point(owner)]

    def _blocks_of(self, part: Any) -> Iterator[Block]:
        if isinstance(part, str):
            part = {"type": "text", "text": part}
        block = self._block(part)
        if block:
            yield block
            yield from cache_point(part)

    def _block(self, part: Any) -> Block | None:
        block: Block | None = None
        match part:
            case {"type": "text", "text": text}:
                block = {"text": text} if text else None  # the API refuses an empty one
            case {"type": "image_url", "image_url": {"url": str(url)} | str(url)}:
                block = self._file(url)
            case {"type": "video_url", "video_url": {"url": str(url)} | str(url)}:
                block = self._file(url)
            case {"type": "file", "file": file} if is_object(file):
                block = self._file(str(file.get("file_data") or file.get("file_id")), file.get("filename"))
            case {"type": "input_audio", "input_audio": {"data": data, "format": format_}}:
                block = {"audio": {"format": format_, "source": {"bytes": data}}}
            case {"type": "guarded_text", "text": text}:
                block = {"guardContent": {"text": {"text": text}}}
            case {"type": kind}:
                self._call.unsupported(f"content of the type {kind!r}")
            case _:  # a block of Converse's own
                block = part
        return block

    def _file(self, url: str, name: str | None = None) -> Block | None:
        data = data_in(url)
        source: dict[str, Any]
        if data is not None:
            media_type, source = data.media_type, {"bytes": data.base64}
        elif url.startswith("s3://"):
            media_type, source = guess_type(url)[0] or "", {"s3Location": {"uri": url}}
        else:
            self._call.unsupported("files by URL or id, but only as data: URLs or in S3")
            return None
        kind, _, subtype = media_type.partition("/")
        format_ = NAMES.get(subtype, subtype)
        if kind in MEDIA:
            return {kind: {"format": format_, "source": source}}
        return {"document": {"format": format_, "name": self._name(name), "source": source}}

    def _name(self, filename: str | None) -> str:
        stem = NOT_IN_NAMES.sub(" ", PurePath(filename or "").stem).strip() or UNNAMED
        name, number = stem, 1
        while name in self._names:
            number += 1
            name = f"{stem} ({number})"
        self._names.add(name)
        return name


def cache_point(owner: Mapping[str, Any]) -> Iterator[Block]:
    """Where a cached prefix ends: after what bears Anthropic's `cache_control`."""
    control = owner.get("cache_control")
    if is_object(control):
        ttl = {"ttl": control["ttl"]} if control.get("ttl") else {}
        yield {"cachePoint": {"type": "default", **ttl}}
