"""Bodies that are no stream: whole answers and errors as JSON, the pages of gateways."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from pydantic_core import from_json

from rillm.streams.errors import StreamDecodeError, StreamTruncatedError

if TYPE_CHECKING:
    from rillm.streams.errors import APIError


def body_of(frame: bytes) -> Any:
    """The JSON of a body that is no stream.

    Raises:
        APIError: it is none (see `not_a_stream`).
    """
    try:
        return from_json(frame)
    except ValueError:
        raise not_a_stream(frame) from None


def not_a_stream(body: bytes) -> APIError:
    """The error for an answer that is neither a stream nor whole JSON, such as the HTML page of a gateway."""
    if is_cut_json(body):
        return StreamTruncatedError("The answer was cut off: the data ended within a JSON document.")
    text = body.decode(errors="replace")
    title = re.search(r"<title[^>]*>(.*?)</title>", text, re.IGNORECASE | re.DOTALL)
    shown = title.group(1).strip() if title else text.strip()[:200]
    return StreamDecodeError(f"The server did not answer with a stream, but with: {shown!r}. Is the address right?")


def is_cut_json(body: bytes) -> bool:
    """Whether `body` is the beginning of a JSON object or list."""
    try:
        from_json(body, allow_partial=True)
    except ValueError:
        return False
    return body.lstrip()[:1] in {b"{", b"["}
