"""How a wire format tells what it carries: `normalize` is given a decoder and knows no format itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rillm.streams.chunk import ModelResponseStream


class Decoder(Protocol):
    """Turns the frames of one response into chunks. One is made for each subscription, so it may remember."""

    terminated: bool
    """Whether the format's end marker has come: nothing follows."""

    finish_ends: bool
    """Whether a finish_reason for each choice is enough of an end where the data stops without the marker."""

    def decode(self, frame: bytes) -> Iterable[ModelResponseStream]:
        """The chunks that `frame` brings, often one, often none; an iterator may end in the error.

        Raises:
            StreamDecodeError: `frame` is not what the format allows.
            RillmError: the class that an error event in `frame` stands for.
        """
        ...
