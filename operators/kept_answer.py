"""`KeptAnswer`: what `cache` puts into its store, in the form of a cassette; not public."""

from __future__ import annotations

from datetime import datetime, timedelta
from io import BytesIO
from typing import TYPE_CHECKING

from rillm.operators.guarding import OpenChoices
from rillm.operators.loop_guard import LOOP
from rillm.streams.cassette import chunk_line, end, head
from rillm.streams.cassette_steps import parsed, steps
from rillm.streams.retraction import is_retraction

if TYPE_CHECKING:
    from rillm.streams.chunk import ModelResponseStream


class KeptAnswer:
    """An answer, as far as it has come. What is taken back is not kept.

    Each chunk is written down when it comes: what the consumer does to it later is not what the model said.
    """

    def __init__(self, asked: datetime) -> None:
        self._asked = asked
        self._begin()

    def _begin(self) -> None:
        self._lines: list[bytes] = []
        self._choices = OpenChoices()
        self._last: ModelResponseStream | None = None
        self._loops = False

    def add(self, chunk: ModelResponseStream) -> None:
        if is_retraction(chunk):
            self._begin()
            return
        if self._last is None:
            self._lines.append(head(chunk, {}, self._asked))
        self._last = chunk
        self._lines.append(chunk_line(0, chunk))
        self._choices.add(chunk)
        for choice in chunk.choices:
            fields = choice.delta.provider_specific_fields
            if fields and LOOP in fields:
                self._loops = True

    def is_whole(self) -> bool:
        """Whether the model itself has finished what it began."""
        return self._choices.are_finished() and not self._loops

    def written(self) -> bytes:
        return b"".join([*self._lines, end(0, self._last)])


def chunks_of(value: bytes, name: str) -> list[ModelResponseStream]:
    """The chunks of a kept answer, which have one dict of hidden params.

    Raises:
        StreamDecodeError: it is none, or of another version.
        StreamTruncatedError: it is not whole.
    """
    chunks: list[ModelResponseStream] = []
    for _, chunk, error in steps(BytesIO(value), name):
        if error is not None:
            raise error
        if chunk is not None:
            chunks.append(chunk)
    return chunks


def age(value: bytes, name: str, now: datetime) -> timedelta:
    """How long ago an answer was asked for."""
    return now - datetime.fromisoformat(parsed(BytesIO(value).readline(), name)["recorded_at"])
