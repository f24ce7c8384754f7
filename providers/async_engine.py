"""The wire engine of async calls: aiohttp behind httpx's transport interface.

Its parser is written in C, and its pool does not look at every connection whenever one begins or ends: with a thousand
live streams httpx's own engine takes twenty times as long.
"""

from __future__ import annotations

import socket
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import aiohttp
import yarl

from rillm.providers.httpx_api import httpx

if TYPE_CHECKING:
    import ssl
    from collections.abc import AsyncIterator, Generator

KEPT_SECONDS = 30  # how long an idle connection is kept


class AsyncEngine(httpx.AsyncBaseTransport):
    """A pool of HTTP/1.1 connections of the running event loop."""

    def __init__(self, tls: ssl.SSLContext) -> None:
        connector = aiohttp.TCPConnector(ssl=tls, limit=0, keepalive_timeout=KEPT_SECONDS)
        self._session = aiohttp.ClientSession(
            connector=connector, auto_decompress=False, cookie_jar=aiohttp.DummyCookieJar()
        )

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        timeout: dict[str, float | None] = request.extensions.get("timeout", {})
        with as_httpx(request):
            response = await self._session.request(
                request.method,
                yarl.URL(str(request.url), encoded=True),  # it would write "%3A" as ":", which is not what was signed
                data=await request.aread() or None,
                headers=request.headers,
                allow_redirects=False,
                timeout=aiohttp.ClientTimeout(sock_connect=timeout.get("connect"), sock_read=timeout.get("read")),
            )
        body = Body(request, response)
        return httpx.Response(
            response.status,
            headers=response.raw_headers,
            stream=body,
            extensions={"abort": body.abort, "bare_stream": body},
        )

    async def aclose(self) -> None:
        await self._session.close()


class Body(httpx.AsyncByteStream):
    """The body of a response: at each step all that has come."""

    def __init__(self, request: httpx.Request, response: aiohttp.ClientResponse) -> None:
        self._request = request
        self._response = response
        self._read = response.content.readany

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        with as_httpx(self._request):
            block = await self._read()
        if not block:
            raise StopAsyncIteration
        return block

    async def aclose(self) -> None:
        if self._response.content.is_eof():
            self._response.release()
        else:
            self.abort()

    def abort(self) -> None:
        """Cut the connection: a read that waits in another task ends at once."""
        connection = self._response.connection
        if connection is not None and connection.transport is not None:
            with suppress(OSError):  # before TLS says goodbye, which may take its time
                connection.transport.get_extra_info("socket").shutdown(socket.SHUT_RDWR)
        self._response.close()


@contextmanager
def as_httpx(request: httpx.Request) -> Generator[None]:
    """Raise httpx's exceptions for aiohttp's."""
    try:
        yield
    except aiohttp.ConnectionTimeoutError as error:
        raise httpx.ConnectTimeout(str(error), request=request) from error
    except (aiohttp.ServerTimeoutError, TimeoutError) as error:
        raise httpx.ReadTimeout(str(error), request=request) from error
    except aiohttp.ClientConnectorError as error:
        raise httpx.ConnectError(str(error), request=request) from error
    except aiohttp.InvalidURL as error:
        raise httpx.UnsupportedProtocol(str(error), request=request) from error
    except (aiohttp.ClientError, OSError, ValueError) as error:
        raise httpx.ReadError(str(error), request=request) from error
