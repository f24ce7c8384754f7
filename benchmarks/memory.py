"""How much memory a stream takes while it is iterated, per chunk, beside its text."""

from __future__ import annotations

import asyncio
import importlib
import sys
import tracemalloc
from typing import TYPE_CHECKING

from benchmarks import peers
from benchmarks.async_clients import read_by_rillm
from benchmarks.clients import OURS, counted, opened_peers, rillm_chunks
from benchmarks.process import output_of, peak_rss
from benchmarks.report import Bound, Table
from benchmarks.wire import words

if TYPE_CHECKING:
    from benchmarks.server import Server
    from benchmarks.sizes import Sizes

LIMIT = 200  # bytes a chunk, beside the text
OURS_ASYNC = "rillm, async"


def measure(server: Server, sizes: Sizes) -> list[Table]:
    title = f"Memory per chunk beside the text: growth of the peak from {sizes.few:,} chunks on, a fresh process each"
    result = Table(title, ("client", "to chunks", "RSS: bytes", "traced: bytes"))
    for name in (OURS, OURS_ASYNC):
        rss = growth(server, name, sizes.few, sizes.many, "rss")
        traced = growth(server, name, sizes.few, sizes.many, "traced")
        result.rows.append((name, f"{sizes.many:,}", rss, traced))
        result.bounds.append(Bound(f"{name}, bytes of RSS", rss, LIMIT))
        result.bounds.append(Bound(f"{name}, bytes traced", traced, LIMIT))
    for name in peers.NAMES:
        if peers.is_installed(name):  # up to fewer chunks, of which some keep kilobytes
            rss = growth(server, name, sizes.few, sizes.chunks, "rss")
            result.rows.append((peers.titled(name), f"{sizes.chunks:,}", rss, None))
        else:
            result.rows.append((peers.titled(name), peers.NOT_INSTALLED))
    return [result]


def growth(server: Server, client: str, few: int, many: int, kind: str) -> float:
    """Bytes per chunk beyond the text."""
    urls = [server.url(chunks, distinct=True) for chunks in (few, many)]
    small, large = (output_of("-m", "benchmarks.memory", client, url, kind)[0] for url in urls)
    text = "".join(words(many, distinct=True)[few:]).encode()
    return (large - small - len(text)) / (many - few)


def read(client: str, base_url: str) -> None:
    if client == OURS:
        counted(rillm_chunks(base_url))
    elif client == OURS_ASYNC:
        asyncio.run(read_by_rillm(base_url))
    else:
        with opened_peers() as opened:
            chunks = opened[client]
            counted(chunks(base_url) if chunks else ())


def probe(client: str, base_url: str, kind: str) -> None:
    """Read an answer in this process, and print its peak."""
    if kind == "traced":
        # The end of a call loads the prices; to trace the making of that one large module takes 20 s.
        importlib.import_module("genai_prices.data")
        tracemalloc.start()
    read(client, base_url)
    print(tracemalloc.get_traced_memory()[1] if kind == "traced" else peak_rss())


if __name__ == "__main__":
    probe(*sys.argv[1:])
