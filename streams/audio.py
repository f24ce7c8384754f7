"""Spoken answers: https://platform.openai.com/docs/guides/audio."""

from __future__ import annotations

import time
import uuid
from base64 import b64decode, b64encode
from typing import TYPE_CHECKING, Any

from rillm.streams.by_hand import for_direct_use
from rillm.streams.json_values import is_object
from rillm.streams.model import Model

if TYPE_CHECKING:
    from collections.abc import Sequence

LIFETIME = 3600  # seconds for which a follow-up request may refer to the audio, where the provider did not say


class ChatCompletionAudioResponse(Model):
    """Audio as base64 and what is said in it. `expires_at` is in seconds since the epoch."""

    id: str
    data: str
    expires_at: int
    transcript: str

    @for_direct_use
    def __init__(
        self,
        data: str = "",
        expires_at: int | None = None,
        transcript: str = "",
        id: str | None = None,  # noqa: A002 - OpenAI's name
        **extra: Any,
    ) -> None:
        expiry = int(time.time()) + LIFETIME if expires_at is None else expires_at
        self._fill(
            {**extra, "id": id or str(uuid.uuid4()), "data": data, "expires_at": expiry, "transcript": transcript}
        )


class OpenAudio:
    """Audio whose pieces are still coming."""

    def __init__(self) -> None:
        self._texts: dict[str, list[str]] = {"data": [], "transcript": []}
        self._rest: dict[str, Any] = {}

    def __bool__(self) -> bool:
        return any(self._texts.values()) or bool(self._rest)

    def add(self, audio: Any) -> None:
        """Add what a delta brings; of all but data and transcript the last that is not null."""
        for key, value in audio.items() if is_object(audio) else ():
            if key in self._texts:
                self._texts[key] += [value] if isinstance(value, str) else []
            elif value is not None:
                self._rest[key] = value

    def whole(self) -> ChatCompletionAudioResponse:
        """The audio as a whole answer has it."""
        data, transcript = joined_base64(self._texts["data"]), "".join(self._texts["transcript"])
        return ChatCompletionAudioResponse(data, transcript=transcript, **self._rest)


def joined_base64(pieces: Sequence[str]) -> str:
    """One base64 text of several: each with a padding of its own, or one text that was cut anywhere.

    >>> joined_base64(["MQ==", "MjI="]), joined_base64(["MTI", "y"])
    ('MTIy', 'MTIy')
    """
    try:
        return b64encode(b"".join(b64decode(piece, validate=True) for piece in pieces)).decode()
    except ValueError:
        return "".join(pieces)
