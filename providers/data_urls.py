"""Files inside messages: `data:` URLs, https://www.rfc-editor.org/rfc/rfc2397."""

from __future__ import annotations

from base64 import b64encode
from typing import NamedTuple
from urllib.parse import unquote_to_bytes


class Data(NamedTuple):
    """A file in base64, and its media type."""

    media_type: str
    base64: str


def data_in(url: str) -> Data | None:
    """What a `data:` URL holds, in base64 whether it was or not; None of any other URL.

    >>> data_in("data:image/png;base64,iVBO")
    Data(media_type='image/png', base64='iVBO')
    >>> data_in("data:,a%20b")
    Data(media_type='text/plain', base64='YSBi')
    """
    head, comma, data = url.partition(",")
    scheme, _, attributes = head.partition(":")
    media_type, *rest = attributes.lower().split(";")
    if not comma or scheme.lower() != "data":
        return None
    if rest[-1:] != ["base64"]:
        data = b64encode(unquote_to_bytes(data)).decode()
    return Data(media_type or "text/plain", data)
