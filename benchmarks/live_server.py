"""As `benchmarks.server`, with chunks that tell when they were sent, and a record of who has left.

`/1000/20/v1/chat/completions` is 1,000 chunks, one each 20 ms from a random moment on; with 0 ms they come as fast as
the client takes them. The text of a chunk is the name of its stream, and the second at which it was sent by a clock
that both processes share. Anything else is answered by a `Tally`.
"""

from __future__ import annotations

import asyncio
import gc
import itertools
import json
import random
import time
from typing import NamedTuple

from benchmarks.server import END, HEAD, PATH, Connection, serve
from benchmarks.wire import DONE, event

FLOOD = "flood"  # the name of all streams without a pace
AT_ONCE = 16  # chunks of a flood, after which the other streams have their turn
BEFORE, AFTER = event({"content": "|"}).split(b"|")
LAST = event({}, "stop") + DONE

numbers = itertools.count()
moments = random.Random(0)  # noqa: S311 - nothing secret


class Tally(NamedTuple):
    """How many streams are being sent, and when the last client left in the middle of one."""

    live: int
    left_at: float


class LiveConnection(Connection):
    """Answers by a stream that tells the time."""

    live = 0
    left_at = 0.0

    def __init__(self) -> None:
        super().__init__()
        self._sending: asyncio.Handle | None = None
        self._is_blocked = False

    def answer(self, head: bytes) -> None:
        path = PATH.match(head)
        if path is None:
            tally = json.dumps(Tally(LiveConnection.live, LiveConnection.left_at)).encode()
            self.transport.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(tally), tally))
            return
        self._left, self._pause = int(path[1]), int(path[2]) / 1000
        self._name = str(next(numbers)) if self._pause else FLOOD
        self._due = asyncio.get_running_loop().time() + moments.random() * self._pause
        LiveConnection.live += 1
        self.transport.write(HEAD)
        self._send_later()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's
        if self._sending is not None:
            self._sending.cancel()
            LiveConnection.live -= 1
            LiveConnection.left_at = time.monotonic()

    def pause_writing(self) -> None:
        self._is_blocked = True

    def resume_writing(self) -> None:
        self._is_blocked = False
        if self._sending is not None and not self._pause:
            self._send_later()

    def _send_later(self) -> None:
        loop = asyncio.get_running_loop()
        self._sending = loop.call_at(self._due, self._send) if self._pause else loop.call_soon(self._send)

    def _send(self) -> None:
        if not self._left:
            self._sending = None
            LiveConnection.live -= 1
            self.transport.write(framed(LAST) + END)
            return
        chunks = 1 if self._pause else min(AT_ONCE, self._left)
        self._left -= chunks
        self._due += self._pause
        said = f"{self._name} {time.monotonic():.6f}"
        self.transport.write(framed(BEFORE + said.encode() + AFTER) * chunks)
        if self._pause or not self._is_blocked:
            self._send_later()


def framed(data: bytes) -> bytes:
    """As an HTTP chunk of its own."""
    return b"%x\r\n%b\r\n" % (len(data), data)


if __name__ == "__main__":
    gc.freeze()
    asyncio.run(serve(LiveConnection))
