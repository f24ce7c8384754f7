"""Files inside messages: `data:` URLs, https://www.rfc-editor.org/rfc/rfc2397."""

from __future__ import annotations

from typing import NamedTuple


class Data(NamedTuple):
    """A file in base64, and its media type."""

    media_type: str
    base64: str


def data_in(url: str) -> Data | None:
    """What a `data:` URL holds in base64; None of any other URL.

    >>> data_in("data:image/png;base64,iVBO")
    Data(media_type='image/png', base64='iVBO')
    """
    head, comma, data = url.partition(",")
    scheme, _, attributes = head.partition(":")
    media_type, *rest = attributes.split(";")
    if not comma or scheme.lower() != "data" or rest[-1:] != ["base64"]:
        return None
    return Data(media_type.lower() or "text/plain", data)
