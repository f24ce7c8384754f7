"""A provider that needs no key and no network: it answers what the caller says, like LiteLLM's `mock_response`.

Deterministic, so that tests and documentation can show what comes. Its frames take the way of every real answer.
"""

from __future__ import annotations

import asyncio
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rillm.providers.mock_answer import mock_answer
from rillm.streams.errors import RillmError
from rillm.streams.source import AsyncReading, Reading

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Generator, Mapping, Sequence

    from rillm.streams.source import Source


def mock_source(
    body: Mapping[str, Any],
    mock_response: object = None,
    mock_tool_calls: Sequence[Any] | None = None,
    mock_delay: float | None = None,
    mock_chunk_delay: float = 0.0,
) -> Source[bytes]:
    """A source of the frames of a made-up answer to an OpenAI request.

    Args:
        body: the request; its `model` and `n` show in the answer.
        mock_response: a text, streamed word by word; a list of the texts of the chunks, in which an exception is raised
            where it stands; a whole answer as a dict or `ModelResponse`; an exception, or "litellm.RateLimitError",
            "litellm.ContextWindowExceededError" or "litellm.InternalServerError", raised by the call. An exception that
            is not ours becomes the class for its `status_code`, else `InternalServerError`.
        mock_tool_calls: of the form `{"id", "type", "function": {"name", "arguments"}}`, streamed after the text.
        mock_delay: seconds that the call takes.
        mock_chunk_delay: seconds between chunks; closing ends the wait.
    """
    return MockSource(body, mock_response, mock_tool_calls, mock_delay or 0.0, mock_chunk_delay)


@dataclass(frozen=True, slots=True)
class MockSource:
    """What `mock_source` returns."""

    body: Mapping[str, Any]
    mock_response: object
    mock_tool_calls: Sequence[Any] | None
    mock_delay: float
    mock_chunk_delay: float

    def open(self) -> Reading[bytes]:
        """Wait for `mock_delay`; raises what the call is to raise."""
        time.sleep(self.mock_delay)
        closed = threading.Event()
        return Reading(_blocks(self._steps(), self.mock_chunk_delay, closed), closed.set)

    async def aopen(self) -> AsyncReading[bytes]:
        """As `open`, on an event loop."""
        await asyncio.sleep(self.mock_delay)
        closed = asyncio.Event()
        blocks = _async_blocks(self._steps(), self.mock_chunk_delay, closed)

        async def aclose() -> None:
            closed.set()
            with suppress(RuntimeError):  # another task is reading; its read ends by itself
                await blocks.aclose()

        return AsyncReading(blocks, aclose, closed.set)

    def _steps(self) -> list[list[bytes] | RillmError]:
        """What comes at once: a chunk each where they are to be delayed, else all of them."""
        chunks, end = mock_answer(self.body, self.mock_response, self.mock_tool_calls)
        steps = [[chunk] for chunk in chunks[:-1]] if self.mock_chunk_delay else [chunks[:-1]]
        if isinstance(end, RillmError):
            return [*steps, chunks[-1:], end]
        return [*steps, [*chunks[-1:], *end]]


def _blocks(steps: list[list[bytes] | RillmError], delay: float, closed: threading.Event) -> Generator[Sequence[bytes]]:
    for number, step in enumerate(steps):
        if closed.wait(delay if number else 0):
            return
        if isinstance(step, RillmError):
            raise step
        yield step


async def _async_blocks(
    steps: list[list[bytes] | RillmError], delay: float, closed: asyncio.Event
) -> AsyncGenerator[Sequence[bytes]]:
    for number, step in enumerate(steps):
        if number and delay:
            with suppress(TimeoutError):
                async with asyncio.timeout(delay):
                    await closed.wait()
        if closed.is_set():
            return
        if isinstance(step, RillmError):
            raise step
        yield step
