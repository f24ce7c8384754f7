"""The shared HTTP clients, and what their exceptions mean to us."""

from __future__ import annotations

import asyncio
import atexit
import os
import socket
import threading
from contextlib import suppress
from functools import cache
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any
from urllib.request import getproxies
from weakref import WeakKeyDictionary

from rillm.providers.httpx_api import httpx
from rillm.providers.sync_engine import SyncEngine
from rillm.streams.errors import APIConnectionError, APIError, RillmError, StreamTruncatedError, Timeout

if TYPE_CHECKING:
    import ssl
    from collections.abc import AsyncGenerator

DEFAULT_TIMEOUT = httpx.Timeout(600, connect=5)  # seconds; OpenAI's: per read, not in all
# As many live streams as the caller opens: httpx's 100 would make the next one wait for somebody to finish.
LIMITS = httpx.Limits(max_connections=None, max_keepalive_connections=100, keepalive_expiry=30)


@cache
def tls() -> ssl.SSLContext:
    """httpx's TLS settings, loaded once: that takes 10 ms, which each client would spend again."""
    return httpx.create_ssl_context()


def default_client() -> httpx.Client:
    """The client of all sync calls that bring none; its connections are reused.

    It follows no redirect: the keys in its headers are for one host. A fork gets one of its own, as two processes
    cannot read from one connection.
    """
    with _creating:
        return client_of_process(os.getpid())


_creating = threading.Lock()


@cache
def client_of_process(_process: int) -> httpx.Client:
    transport = None if proxied() else SyncEngine(tls())
    client = httpx.Client(timeout=DEFAULT_TIMEOUT, verify=tls(), transport=transport)
    atexit.register(client.close)
    return client


_lifetimes: WeakKeyDictionary[asyncio.AbstractEventLoop, AsyncGenerator[httpx.AsyncClient]] = WeakKeyDictionary()
_clients: WeakKeyDictionary[asyncio.AbstractEventLoop, httpx.AsyncClient] = WeakKeyDictionary()


async def default_async_client() -> httpx.AsyncClient:
    """The client of the running event loop, which owns its connections; `asyncio.run` closes it with the loop."""
    loop = asyncio.get_running_loop()
    if loop not in _clients:
        lifetime = _lifetime()
        _clients[loop] = await anext(lifetime)
        _lifetimes[loop] = lifetime
    return _clients[loop]


async def _lifetime() -> AsyncGenerator[httpx.AsyncClient]:
    # An async generator that is never finished: the loop finishes those when it shuts down.
    transport = None if proxied() else async_engine()
    try:
        async with httpx.AsyncClient(
            timeout=DEFAULT_TIMEOUT, verify=tls(), transport=transport, limits=LIMITS
        ) as client:
            yield client
    finally:
        loop = asyncio.get_running_loop()
        _clients.pop(loop, None)
        _lifetimes.pop(loop, None)


def proxied() -> bool:
    """Whether the environment names a proxy: then httpx's own engine is left to find its way."""
    return not {"http", "https", "all"}.isdisjoint(getproxies())


def async_engine() -> httpx.AsyncBaseTransport:
    """aiohttp, or httpx's own engine on a Python for which aiohttp has no wheel."""
    if find_spec("aiohttp") is None:
        return BareTransport(verify=tls(), limits=LIMITS)
    from rillm.providers.async_engine import AsyncEngine  # noqa: PLC0415 - it may be missing

    return AsyncEngine(tls())


class BareTransport(httpx.AsyncHTTPTransport):
    """Keeps the body's stream as it comes, without the generator that the client puts around it."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        response = await super().handle_async_request(request)
        response.extensions["bare_stream"] = response.stream
        return response


def bare_stream(response: httpx.Response) -> Any:
    """The blocks of a body as they came, still compressed if the server compressed them."""
    return response.extensions.get("bare_stream", response.stream)


def translated(error: Exception, *, streaming: bool = False) -> RillmError:
    """Our error for one of httpx's.

    Args:
        error: what httpx raised.
        streaming: whether the answer had begun.
    """
    if isinstance(error, RillmError):
        return error
    reason = str(error) or type(error).__name__
    if isinstance(error, httpx.TimeoutException):
        what = "The stream stalled" if streaming else "The provider did not answer in time"
        return Timeout(f"{what} ({type(error).__name__}). Pass a larger timeout= (seconds) to wait longer.")
    if streaming and isinstance(error, httpx.TransportError | httpx.StreamError):
        return StreamTruncatedError(f"The answer was cut off: the connection broke ({reason}).")
    if isinstance(error, httpx.TransportError):
        return APIConnectionError(f"Connection error: {reason}. Is the address right, and the server running?")
    if isinstance(error, httpx.HTTPError | httpx.InvalidURL | httpx.StreamError):
        return APIConnectionError(f"The request could not be made: {reason}.")
    return APIError(500, f"The transport failed: {type(error).__name__}: {reason}")


def abort(response: httpx.Response) -> None:
    """Cut the connection of a response, without waiting: a read that waits in another thread or task ends at once."""
    if "abort" in response.extensions:
        response.extensions["abort"]()
        return
    stream: Any = response.extensions.get("network_stream")
    connection = stream.get_extra_info("socket") if stream is not None else None
    if connection is not None:
        with suppress(OSError):
            if isinstance(connection, socket.socket):
                # Of a TLS socket too: its own `shutdown` would pull the session from under the reader.
                socket.socket.shutdown(connection, socket.SHUT_RDWR)
            else:
                connection.shutdown(socket.SHUT_RDWR)
