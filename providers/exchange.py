"""An answer being read: blocks of frames from an open response, and how its connection is let go of."""

from __future__ import annotations

import asyncio
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Protocol, Self

from rillm.providers.http_client import abort, bare_stream, translated
from rillm.streams.errors import RillmError
from rillm.streams.mid_stream import in_stream

if TYPE_CHECKING:
    from collections.abc import AsyncIterable, Generator, Iterable, Sequence

    from rillm.providers.formats import Format
    from rillm.providers.httpx_api import httpx
    from rillm.streams.frame import Framer

DRAIN_SECONDS = 0.05  # how long the rest after the end marker may take before the connection is given up


class Request(Protocol):
    """What an exchange has to know of its request."""

    @property
    def format(self) -> Format: ...

    @property
    def max_frame_bytes(self) -> int: ...

    def told(self, error: RillmError) -> RillmError:
        """Tell `error` which call it belongs to."""
        ...


class Exchange:
    """An answer being read by blocking."""

    def __init__(self, source: Request, response: httpx.Response) -> None:
        self._source = source
        self._response = response
        self._frames: Sequence[bytes] = ()
        self._finished = False
        self._reading = False
        self.blocks = self._read()

    def _read(self) -> Generator[Sequence[bytes]]:
        response = self._response
        # httpx's bookkeeping per block is needed for compressed bodies only.
        blocks: Iterable[bytes] = response.iter_bytes() if is_compressed(response) else bare_stream(response)
        framer = self._source.format.framer(self._source.max_frame_bytes)
        self._reading = True
        try:
            for block in blocks:
                self._frames = framer.feed(block)
                self._reading = False
                yield self._frames
                self._reading = True
            self._reading, self._finished = False, True
            response.close()
            yield framer.end()
        except RillmError as error:
            self._source.told(in_stream(error))
            raise
        except Exception as error:
            raise self._source.told(in_stream(translated(error, streaming=True))) from error
        finally:
            self._finished = True
            response.close()

    def close(self) -> None:
        if self._finished:
            return
        if self._reading:  # in another thread, which closes the rest when its read has ended
            self._cut()
            return
        try:
            if self._ended_well():
                self._drain()
            self.blocks.close()
        except ValueError:  # another thread began to read just now
            self._cut()
            return
        self._finished = True
        self._response.close()

    def _ended_well(self) -> bool:
        return bool(self._frames) and self._source.format.is_last(self._frames[-1])

    def _cut(self) -> None:
        if not self._finished:
            abort(self._response)

    def _drain(self) -> None:
        """Read what follows the end marker, so that the connection can be used again, but not for long."""
        with suppress(RillmError), patience(self._response, DRAIN_SECONDS):
            for _ in self.blocks:
                pass


@contextmanager
def patience(response: httpx.Response, seconds: float) -> Generator[None]:
    """Let each read of a response wait so long at most: by its engine, else by a watchdog that cuts the connection."""
    if "set_timeout" in response.extensions:
        response.extensions["set_timeout"](seconds)
        yield
        return
    watchdog = threading.Timer(seconds, abort, [response])
    watchdog.start()
    try:
        yield
    finally:
        watchdog.cancel()


class AsyncExchange:
    """An answer being read on an event loop: an async iterator of blocks of frames."""

    def __init__(self, source: Request, response: httpx.Response) -> None:
        self._source = source
        self._response = response
        stream: AsyncIterable[bytes] = response.aiter_bytes() if is_compressed(response) else bare_stream(response)
        self._next_block = aiter(stream).__anext__
        self._framer: Framer = source.format.framer(source.max_frame_bytes)
        self._frames: Sequence[bytes] = ()
        self._finished = False
        self._reading = False

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Sequence[bytes]:
        if self._finished:
            raise StopAsyncIteration
        self._reading = True
        try:
            self._frames = self._framer.feed(await self._next_block())
        except StopAsyncIteration:
            await self._finish()
            return self._framer.end()
        except RillmError as error:
            await self._finish()
            self._source.told(in_stream(error))
            raise
        except Exception as error:
            await self._finish()
            raise self._source.told(in_stream(translated(error, streaming=True))) from error
        finally:
            self._reading = False
        return self._frames

    async def _finish(self) -> None:
        self._finished = True
        await self._response.aclose()

    def abort(self) -> None:
        if not self._finished and not self._ended_well():
            abort(self._response)

    async def aclose(self) -> None:
        if self._finished or self._reading:  # a read that was aborted ends by itself
            return
        if self._ended_well():
            with suppress(RillmError, TimeoutError):
                async with asyncio.timeout(DRAIN_SECONDS):
                    async for _ in self:
                        pass
        await self._finish()

    def _ended_well(self) -> bool:
        return bool(self._frames) and self._source.format.is_last(self._frames[-1])


def is_compressed(response: httpx.Response) -> bool:
    return str(response.headers.get("content-encoding", "identity")) != "identity"
