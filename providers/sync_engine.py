"""The wire engine of sync calls: urllib3 behind httpx's transport interface.

httpx's own engine (httpcore on h11) spends 5 µs of CPU on each HTTP chunk, and providers send each event as a chunk of
its own; urllib3 spends 1 µs. Nothing else changes: redirects, headers and client options stay httpx's.
"""

from __future__ import annotations

import os
import socket
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

import urllib3
from urllib3 import exceptions

from rillm.providers.httpx_api import httpx

if TYPE_CHECKING:
    import ssl
    from collections.abc import Generator, Iterator

    from urllib3.response import BaseHTTPResponse

POOLS = 100  # hosts whose connections are kept
KEPT_CONNECTIONS = 100  # idle ones for each host; more may be open
BLOCK = 65536
ENDED_MEANWHILE = (OSError, ValueError, AttributeError)  # of a response that is asked for its socket


class SyncEngine(httpx.BaseTransport):
    """A pool of HTTP/1.1 connections."""

    def __init__(self, tls: ssl.SSLContext) -> None:
        self._pools = urllib3.PoolManager(POOLS, maxsize=KEPT_CONNECTIONS, retries=False, ssl_context=tls)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        timeout: dict[str, float | None] = request.extensions.get("timeout", {})
        with as_httpx(request):
            response = self._pools.urlopen(
                request.method,
                str(request.url),
                body=request.read(),
                headers=dict(request.headers),
                redirect=False,
                preload_content=False,
                decode_content=False,
                timeout=urllib3.Timeout(timeout.get("total"), timeout.get("connect"), timeout.get("read")),
            )
        body = Body(request, response)
        return httpx.Response(
            response.status,
            headers=list(response.headers.items()),
            stream=body,
            extensions={"abort": body.abort, "set_timeout": body.set_timeout, "bare_stream": body},
        )

    def close(self) -> None:
        for key in self._pools.pools.keys():  # noqa: SIM118 - it cannot be iterated
            self._pools.pools[key].close()  # `clear` alone would leave them to the garbage collector
        self._pools.clear()


class Body(httpx.SyncByteStream):
    """The body of a response, an HTTP chunk at a time or, without chunks, as the bytes come."""

    def __init__(self, request: httpx.Request, response: BaseHTTPResponse) -> None:
        self._request = request
        self._response: Any = response

    def __iter__(self) -> Iterator[bytes]:
        response = self._response
        with as_httpx(self._request):
            if response.chunked:
                yield from response.read_chunked(decode_content=False)
            else:
                yield from iter(lambda: response.read1(BLOCK, decode_content=False), b"")

    def set_timeout(self, seconds: float | None) -> None:
        """How long the next reads may wait; the next request on this connection sets its own."""
        connection = self._response.connection
        if connection is not None and connection.sock is not None:
            connection.sock.settimeout(seconds)

    def abort(self) -> None:
        """Cut the connection: a read that waits in another thread ends at once."""
        # By a second handle, as urllib3 gives the first one away where the connection will not be used again.
        with suppress(*ENDED_MEANWHILE), socket.socket(fileno=os.dup(self._response.fileno())) as connection:
            connection.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        if not self._response.closed:  # not read to its end: the connection cannot be used again
            self._response.close()
        self._response.release_conn()


@contextmanager
def as_httpx(request: httpx.Request) -> Generator[None]:
    """Raise httpx's exceptions for urllib3's."""
    try:
        yield
    except (exceptions.NewConnectionError, exceptions.NameResolutionError, exceptions.SSLError) as error:
        raise httpx.ConnectError(str(error), request=request) from error
    except exceptions.ConnectTimeoutError as error:
        raise httpx.ConnectTimeout(str(error), request=request) from error
    except exceptions.ReadTimeoutError as error:
        raise httpx.ReadTimeout(str(error), request=request) from error
    except exceptions.LocationValueError as error:
        raise httpx.UnsupportedProtocol(str(error), request=request) from error
    except (exceptions.HTTPError, OSError, ValueError) as error:
        raise httpx.ReadError(str(error), request=request) from error
