"""Time from the call to the first chunk, over a warm connection, beyond what a bare socket takes."""

from __future__ import annotations

import json
import socket
import time
from contextlib import contextmanager
from functools import partial
from statistics import median
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import httpx

from benchmarks import peers
from benchmarks.clients import OURS, OURS_ON_HTTPX, opened_peers, rillm_chunks
from benchmarks.report import Table
from benchmarks.timing import MILLI
from benchmarks.wire import HEADERS, REQUEST

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator

    from benchmarks.server import Server
    from benchmarks.sizes import Sizes

SOCKET = "bare socket"
CHUNKS = 3
WARM_UP = 3  # answers before those that count


def measure(server: Server, sizes: Sizes) -> list[Table]:
    url = server.url(CHUNKS)
    seconds: dict[str, list[float]] = {}
    with opened(url) as clients:
        for number in range(sizes.answers + WARM_UP):
            for name, chunks in clients.items():
                if name not in peers.NAMES or number < sizes.peer_answers + WARM_UP:
                    seconds.setdefault(name, []).append(seconds_to_first(chunks))
    title = f"Time to first chunk, sync, warm: {sizes.answers} answers (peers {sizes.peer_answers})"
    result = Table(title, ("client", "median ms", "added ms", "least ms"))
    zero = median(seconds[SOCKET][WARM_UP:])
    for name, seen in seconds.items():
        counting = seen[WARM_UP:]
        middle = median(counting)
        result.rows.append((peers.titled(name), middle * MILLI, (middle - zero) * MILLI, min(counting) * MILLI))
    result.rows.extend((name, peers.NOT_INSTALLED) for name in peers.NAMES if name not in seconds)
    return [result]


def seconds_to_first(chunks: Callable[[], Iterable[object]]) -> float:
    begin = time.perf_counter()
    iterator = iter(chunks())
    next(iterator)
    seconds = time.perf_counter() - begin
    for _ in iterator:  # to the end, so that the connection is used again
        pass
    return seconds


@contextmanager
def opened(url: str) -> Generator[dict[str, Callable[[], Iterable[object]]]]:
    address = urlsplit(url)
    with (
        socket.create_connection((address.hostname, address.port)) as connection,
        httpx.Client() as plain,
        httpx.Client() as engine,
        opened_peers() as others,
    ):
        yield {
            SOCKET: partial(by_socket, connection, url),
            "httpx": partial(by_httpx, plain, url),
            OURS: partial(rillm_chunks, url),
            OURS_ON_HTTPX: partial(rillm_chunks, url, client=engine),
            **{name: partial(chunks, url) for name, chunks in others.items() if chunks},
        }


def by_socket(connection: socket.socket, url: str) -> Iterator[bytes]:
    address, body = urlsplit(url), json.dumps(REQUEST)
    request = f"POST {address.path}/chat/completions HTTP/1.1\r\nHost: {address.netloc}\r\n"
    connection.sendall(f"{request}Content-Length: {len(body)}\r\n\r\n{body}".encode())
    received = b""
    while b"\n\n" not in received:
        received += connection.recv(65536)
    yield received
    while not received.endswith(b"\r\n0\r\n\r\n"):
        received += connection.recv(65536)


def by_httpx(client: httpx.Client, url: str) -> Iterator[bytes]:
    with client.stream("POST", f"{url}/chat/completions", json=REQUEST, headers=HEADERS) as response:
        yield from response.iter_raw()
