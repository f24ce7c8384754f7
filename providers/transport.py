"""One HTTP request whose answer is a stream of frames."""

from __future__ import annotations

import asyncio
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

from rillm.providers.failures import failure
from rillm.providers.http_client import abort, bare_stream, default_async_client, default_client, translated
from rillm.streams.errors import APIError, BadRequestError, RillmError
from rillm.streams.frame import DEFAULT_MAX_FRAME_BYTES
from rillm.streams.source import AsyncReading, Reading

if TYPE_CHECKING:
    from collections.abc import AsyncIterable, Generator, Iterable, Sequence

    from rillm.providers.formats import Format
    from rillm.providers.httpx_api import httpx
    from rillm.streams.frame import Framer

LEAST_ERROR = 400
DRAIN_SECONDS = 0.05  # how long the rest after the end marker may take before the connection is given up


@dataclass(frozen=True, slots=True)
class HTTPSource:
    """A request that is sent anew for each reading.

    Attributes:
        format: what the answer is written in.
        url, headers, body: of the POST request; `body` is sent as JSON.
        timeout: seconds or an `httpx.Timeout`; None for the client's own.
        client, async_client: used instead of the shared ones.
        provider, model: for error messages.
    """

    format: Format
    url: str
    headers: dict[str, str] = field(repr=False)
    body: dict[str, Any] = field(repr=False)
    timeout: float | httpx.Timeout | None = None
    client: httpx.Client | None = None
    async_client: httpx.AsyncClient | None = None
    max_frame_bytes: int = DEFAULT_MAX_FRAME_BYTES
    provider: str = ""
    model: str = ""

    def open(self) -> Reading[bytes]:
        """Send the request; returns when the headers of a good answer are there."""
        client = self.client or default_client()
        try:
            response = client.send(client.build_request("POST", self.url, **self._request()), stream=True)
            if not response.is_success:
                try:
                    response.read()
                finally:
                    response.close()
                raise self._failure(response)  # noqa: TRY301 - what follows is told of any error
        except RillmError as error:
            self.told(error)
            raise
        except Exception as error:
            raise self.told(translated(error)) from error
        exchange = Exchange(self, response)
        return Reading(exchange.blocks, exchange.close)

    async def aopen(self) -> AsyncReading[bytes]:
        """As `open`, on an event loop."""
        client = self.async_client or await default_async_client()
        try:
            response = await client.send(client.build_request("POST", self.url, **self._request()), stream=True)
            if not response.is_success:
                try:
                    await response.aread()
                finally:
                    await response.aclose()
                raise self._failure(response)  # noqa: TRY301 - as in `open`
        except RillmError as error:
            self.told(error)
            raise
        except Exception as error:
            raise self.told(translated(error)) from error
        exchange = AsyncExchange(self, response)
        return AsyncReading(exchange, exchange.aclose, exchange.abort)

    def _request(self) -> dict[str, Any]:
        for name, value in self.headers.items():
            if not (value.isascii() and value.isprintable()):  # httpx's error would show the key
                raise BadRequestError(f"The value of the header {name} has a character that HTTP does not allow there.")
        timeout = {} if self.timeout is None else {"timeout": self.timeout}
        return {"headers": self.headers, "json": self.body, **timeout}

    def told(self, error: RillmError) -> RillmError:
        error.llm_provider = error.llm_provider or self.provider
        error.model = error.model or self.model
        return error

    def _failure(self, response: httpx.Response) -> RillmError:
        try:
            body = response.json()
        except ValueError:
            body = response.text[:2000]
        if response.status_code < LEAST_ERROR:
            reason = f"HTTP {response.status_code} {response.reason_phrase}, which is not followed."
            return APIError(f"The server sent no answer, but {reason}", response=response, body=body)
        return failure(body, status=response.status_code, response=response, headers=response.headers)


class Exchange:
    """An answer being read by blocking."""

    def __init__(self, source: HTTPSource, response: httpx.Response) -> None:
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
            self._source.told(error)
            raise
        except Exception as error:
            raise self._source.told(translated(error, streaming=True)) from error
        finally:
            self._finished = True
            response.close()

    def close(self) -> None:
        if self._finished:
            return
        if self._reading:  # in another thread, which closes the rest when its read has ended
            self._cut()
            return
        if self._ended_well():
            self._drain()
        self._finished = True
        with suppress(ValueError):  # it began to run in another thread just now, and ends by itself
            self.blocks.close()
        self._response.close()

    def _ended_well(self) -> bool:
        return bool(self._frames) and self._source.format.is_last(self._frames[-1])

    def _cut(self) -> None:
        if not self._finished:
            abort(self._response)

    def _drain(self) -> None:
        """Read what follows the end marker, so that the connection can be used again, but not for long."""
        watchdog = threading.Timer(DRAIN_SECONDS, self._cut)
        watchdog.start()
        with suppress(RillmError):
            for _ in self.blocks:
                pass
        watchdog.cancel()


class AsyncExchange:
    """An answer being read on an event loop: an async iterator of blocks of frames."""

    def __init__(self, source: HTTPSource, response: httpx.Response) -> None:
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
            self._source.told(error)
            raise
        except Exception as error:
            await self._finish()
            raise self._source.told(translated(error, streaming=True)) from error
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
