"""A provider that needs no key and no network: it answers what the caller says, like LiteLLM's `mock_response`.

Deterministic but for the id and the time of an answer, so that tests and documentation can show what comes. Its frames
take the way of every real answer.
"""

from __future__ import annotations

import asyncio
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from rillm.providers.mock_answer import mock_answer
from rillm.providers.mock_errors import MockErrors
from rillm.streams.errors import BadRequestError, RillmError
from rillm.streams.source import AsyncReading, Reading

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Generator, Mapping, Sequence

    from rillm.providers.mock_slices import SliceRule

DEFAULT_TIMEOUT: Final = 600.0  # seconds; that of a call that is sent


@dataclass(frozen=True, slots=True)
class MockSource:
    """The frames of a made-up answer to an OpenAI request.

    Attributes:
        body: the request; its `model` and `n` show in the answer.
        mock_response: a text, streamed in the pieces of `mock_slice`; a whole answer as a dict or `ModelResponse`; a
            chunk; a list of texts or of chunks, in which an exception is raised where it stands; an exception, or
            "litellm.RateLimitError", "litellm.ContextWindowExceededError", "litellm.InternalServerError" or
            "Exception: content_filter_policy", raised by the call; "Exception: mock_streaming_error", raised when the
            answer is read. An exception that is not ours becomes the class for its `status_code`, else
            `InternalServerError`. None is LiteLLM's sentence, "This is a mock request".
        mock_tool_calls: of the form `{"id", "type", "function": {"name", "arguments"}}`, streamed after the text.
        mock_delay: seconds that the call takes.
        mock_chunk_delay: seconds between chunks; closing ends the wait.
        mock_slice: where the text is cut, see `rillm.providers.mock_slices.slices`.
        mock_timeout: whether the call fails with a `Timeout`, after `timeout`.
        timeout: seconds, as a number or a text, or an `httpx.Timeout`; None for 600.
        provider: for error messages.
    """

    body: Mapping[str, Any]
    mock_response: object = None
    mock_tool_calls: Sequence[Any] | None = None
    mock_delay: float | None = None
    mock_chunk_delay: float = 0.0
    mock_slice: SliceRule = "word"
    mock_timeout: bool | None = False
    timeout: Any = None
    provider: str = ""

    def open(self) -> Reading[bytes]:
        """Wait as long as the call takes; raises what it is to raise."""
        time.sleep(self._seconds())
        closed = threading.Event()
        return Reading(_blocks(self._steps(), self.mock_chunk_delay, closed), closed.set)

    async def aopen(self) -> AsyncReading[bytes]:
        """As `open`, on an event loop."""
        await asyncio.sleep(self._seconds())
        closed = asyncio.Event()
        blocks = _async_blocks(self._steps(), self.mock_chunk_delay, closed)

        async def aclose() -> None:
            closed.set()
            with suppress(RuntimeError):  # another task is reading; its read ends by itself
                await blocks.aclose()

        return AsyncReading(blocks, aclose, closed.set)

    def _seconds(self) -> float:
        return (self.mock_delay or 0.0) + (seconds_of(self.timeout) if self.mock_timeout else 0.0)

    def _steps(self) -> list[list[bytes] | RillmError]:
        """What comes at once: a chunk each where they are to be delayed, else all of them."""
        errors = MockErrors(self.provider, self.body.get("model") or "")
        if self.mock_timeout:
            raise errors.timeout()
        chunks, end = mock_answer(self.body, self.mock_response, self.mock_tool_calls, self.mock_slice, errors)
        steps = [[chunk] for chunk in chunks[:-1]] if self.mock_chunk_delay else [chunks[:-1]]
        if isinstance(end, RillmError):
            return [*steps, chunks[-1:], end]
        return [*steps, [*chunks[-1:], *end]]


def seconds_of(timeout: Any) -> float:
    """How long a read may take by a `timeout=`; an `httpx.Timeout` says it in its `read`.

    Raises:
        BadRequestError: it is no timeout.
    """
    seconds = getattr(timeout, "read", timeout)
    try:
        return DEFAULT_TIMEOUT if seconds is None else float(seconds)
    except (TypeError, ValueError):
        raise BadRequestError(f"timeout= has to be seconds or an httpx.Timeout, not {timeout!r}.") from None


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
