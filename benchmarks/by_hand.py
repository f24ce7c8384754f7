"""The loop that one would write by hand: httpx, split at blank lines, parse. What everything else is compared with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic_core import from_json

from benchmarks.wire import HEADERS, REQUEST

if TYPE_CHECKING:
    import httpx


def read(client: httpx.Client, base_url: str) -> int:
    """Read a whole answer; returns the number of its chunks."""
    count, rest = 0, b""
    with client.stream("POST", f"{base_url}/chat/completions", json=REQUEST, headers=HEADERS) as response:
        for block in response.iter_raw():
            *events, rest = (rest + block).split(b"\n\n")
            for event in events:
                if event != b"data: [DONE]":
                    from_json(event[6:])
                    count += 1
    return count


async def aread(client: httpx.AsyncClient, base_url: str) -> int:
    """As `read`, on an event loop."""
    count, rest = 0, b""
    async with client.stream("POST", f"{base_url}/chat/completions", json=REQUEST, headers=HEADERS) as response:
        async for block in response.aiter_raw():
            *events, rest = (rest + block).split(b"\n\n")
            for event in events:
                if event != b"data: [DONE]":
                    from_json(event[6:])
                    count += 1
    return count
