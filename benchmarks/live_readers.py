"""Ways to read many live streams as one, and what is seen of their chunks."""

from __future__ import annotations

import asyncio
import gc
import re
import time
from functools import partial
from itertools import chain, repeat
from operator import attrgetter
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from reactivex import operators as ops

import rillm
from benchmarks.live_server import FLOOD
from benchmarks.wire import API_KEY, MESSAGES, MODEL

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    Chunks = rillm.Stream[rillm.ModelResponseStream]
    Read = Callable[[Sequence[str], "Watch"], Any]

SETTLE = 0.5  # seconds after which what had come while others were being opened has been read
TEXT = re.compile(rb'"content":"([^"]+)"')


class Watch:
    """How long chunks have waited, beginning when each of so many streams has spoken.

    Attributes:
        delays: seconds from the moment at which a chunk was sent, of all streams that have a pace.
        enough_at: when the last chunk was seen.
    """

    def __init__(self, streams: int, seconds: float) -> None:
        self._silent = streams
        self._spoken: set[str] = set()
        self._seconds = seconds
        self._begin = self._end = float("inf")
        self.delays: list[float] = []
        self.enough_at = 0.0

    def has_seen_enough(self, text: str) -> bool:
        """Whether that was the last chunk to be looked at."""
        now = time.monotonic()
        name, _, sent = text.partition(" ")
        if sent and name not in self._spoken:
            self._spoken.add(name)
            if len(self._spoken) == self._silent:
                # To look through all that was loaded and opened takes Python 50 ms, whoever reads.
                gc.collect()
                gc.freeze()
                self._begin = now + SETTLE
                self._end = self._begin + self._seconds
        elif now > self._begin and name != FLOOD:
            self.delays.append(now - float(sent))
        if now > self._end:
            self.enough_at = self.enough_at or now
        return bool(self.enough_at)


def cold(base_url: str) -> Chunks:
    return rillm.stream(f"openai/{MODEL}", MESSAGES, api_base=base_url, api_key=API_KEY)


def merge(urls: Sequence[str]) -> Chunks:
    return rillm.merge(*map(cold, urls))


def side_by_side(urls: Sequence[str]) -> Chunks:
    chunks: Chunks = rillm.side_by_side(dict(enumerate(map(cold, urls)))).pipe(ops.map(attrgetter("item")))
    return chunks


def adaptive_merge(urls: Sequence[str]) -> Chunks:
    """Before the streams as many quick jobs as it takes until there is room for all of them."""
    quick = rillm.ModelResponseStream(choices=[{"delta": {"content": ""}}])
    jobs = chain(repeat("", len(urls) * (len(urls) - 1) // 2), urls)
    return rillm.adaptive_merge(jobs, lambda url: cold(url) if url else rillm.of(quick), max_concurrent=len(urls))


def read(made: Callable[[Sequence[str]], Chunks], urls: Sequence[str], watch: Watch) -> None:
    for chunk in made(urls):
        if watch.has_seen_enough(chunk.choices[0].delta.content or ""):
            break


async def aread(made: Callable[[Sequence[str]], Chunks], urls: Sequence[str], watch: Watch) -> None:
    async for chunk in made(urls):
        if watch.has_seen_enough(chunk.choices[0].delta.content or ""):
            break


async def aread_bare(urls: Sequence[str], watch: Watch) -> None:
    """Nothing but sockets and a search for what has to be known."""
    enough = asyncio.Event()

    async def read_one(url: str) -> None:
        at = urlsplit(url)
        reader, writer = await asyncio.open_connection(at.hostname, at.port)
        try:
            writer.write(b"POST %b/chat/completions HTTP/1.1\r\nContent-Length: 0\r\n\r\n" % at.path.encode())
            while block := await reader.read(65536):
                for text in TEXT.findall(block):
                    if watch.has_seen_enough(text.decode()):
                        enough.set()
        finally:
            writer.close()

    tasks = [asyncio.create_task(read_one(url)) for url in urls]
    await enough.wait()
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)


BARE = "bare sockets"
ASYNC_WAYS: dict[str, Callable[[Sequence[str], Watch], Awaitable[None]]] = {
    BARE: aread_bare,
    "merge": partial(aread, merge),
    "side_by_side": partial(aread, side_by_side),
    "adaptive_merge": partial(aread, adaptive_merge),
}
SYNC_WAYS: dict[str, Callable[[Sequence[str], Watch], None]] = {
    "merge": partial(read, merge),
    "side_by_side": partial(read, side_by_side),
    "adaptive_merge": partial(read, adaptive_merge),
}
