"""What a wire format of answers has to be able to write, for `to_sse`; not public."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Protocol

from pydantic_core import to_json

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rillm.streams.chunk import ModelResponseStream

COMMENT: Final = b": ping\n\n"  # https://html.spec.whatwg.org/multipage/server-sent-events.html#authoring-notes
DONE: Final = b"data: [DONE]\n\n"


class Writer(Protocol):
    """The frames of one answer in one format.

    Attributes:
        ping: the frame that says nothing but that the connection is alive.
    """

    ping: bytes

    def chunk(self, chunk: ModelResponseStream, /) -> Sequence[bytes]:
        """What `chunk` brings.

        Raises:
            RillmError: the format cannot say it.
        """
        ...

    def end(self) -> Sequence[bytes]:
        """What follows where the answer has ended well."""
        ...

    def failure(self, error: Exception, /) -> Sequence[bytes]:
        """What follows where it was broken off by `error`."""
        ...


def data(value: Any) -> bytes:
    """A frame without a name; JSON has no line's end in it. Of models nulls are left out, as OpenAI does."""
    return b"data: %b\n\n" % to_json(value, exclude_none=True)
