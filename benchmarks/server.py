"""A server on loopback, in a process of its own so that its work counts for nobody.

What a request gets stands in its path: `/20000/0/v1/chat/completions` is 20,000 chunks at once,
`/50/20/v1/chat/completions` is 50 chunks, one each 20 ms, and with `/distinct` before `/v1` no text comes twice.
"""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from benchmarks.wire import events

if TYPE_CHECKING:
    from collections.abc import Generator

ROOT = Path(__file__).parent.parent
PATH = re.compile(rb"POST /(\d+)/(\d+)(/distinct)?/v1/chat/completions ")
LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\nTransfer-Encoding: chunked\r\n\r\n"
END = b"0\r\n\r\n"


class Server(NamedTuple):
    """Where it listens."""

    port: int

    def url(self, chunks: int, pause_ms: int = 0, *, distinct: bool = False) -> str:
        """The base URL under which each answer has so many chunks."""
        return f"http://127.0.0.1:{self.port}/{chunks}/{pause_ms}{'/distinct' if distinct else ''}/v1"


@contextmanager
def running_server(module: str = "benchmarks.server") -> Generator[Server]:
    command = [sys.executable, "-m", module]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:  # noqa: S603
        assert process.stdout is not None  # noqa: S101 - for the type
        yield Server(int(process.stdout.readline()))
        process.communicate()  # closes its stdin, at which it ends


class Connection(asyncio.Protocol):
    """Answers one request after another."""

    def __init__(self) -> None:
        self._received = b""
        self.transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - for the type
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, end_of_head, body = self._received.partition(b"\r\n\r\n")
        length = LENGTH.search(head)
        if end_of_head and length and len(body) >= int(length[1]):
            self._received = b""
            self.answer(head)

    def answer(self, head: bytes) -> None:
        path = PATH.match(head)
        if path is None:
            self.transport.write(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
            return
        blocks, pause_ms = events(int(path[1]), distinct=path[3] is not None), int(path[2])
        if pause_ms:
            self.transport.write(HEAD)
            self._send_paced(blocks, 0, asyncio.get_running_loop().time(), pause_ms / 1000)
        else:
            self.transport.write(b"".join([HEAD, *blocks, END]))

    def _send_paced(self, blocks: list[bytes], number: int, due: float, pause: float) -> None:
        if number == len(blocks):
            self.transport.write(END)
        elif not self.transport.is_closing():
            self.transport.write(blocks[number])
            # At fixed times rather than after fixed pauses, so that a late timer does not delay all that follow.
            arguments = (blocks, number + 1, due + pause, pause)
            asyncio.get_running_loop().call_at(due + pause, self._send_paced, *arguments)


async def serve(connection: type[Connection] = Connection) -> None:
    server = await asyncio.get_running_loop().create_server(connection, "127.0.0.1", 0, backlog=1024)
    async with server:
        print(server.sockets[0].getsockname()[1], flush=True)
        await asyncio.to_thread(sys.stdin.read)  # until the benchmarks end, in whatever way


if __name__ == "__main__":
    asyncio.run(serve())
