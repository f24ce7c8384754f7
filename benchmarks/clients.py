"""Sync clients: each makes the call as its users do, and gives an iterable of chunks."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from functools import cache, partial
from typing import TYPE_CHECKING, Any, NamedTuple

import httpx

import rillm
from benchmarks import by_hand, peers
from benchmarks.wire import API_KEY, MESSAGES, MODEL, REQUEST

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

HAND = "httpx by hand"
OURS = "rillm"
OURS_ON_HTTPX = "rillm on httpx's engine"


class Client(NamedTuple):
    """`read` reads a whole answer and gives the number of its chunks; None where the client is not installed."""

    name: str
    read: Callable[[str], int] | None
    is_peer: bool = False


def counted(chunks: Iterable[object]) -> int:
    count = 0
    for _ in chunks:
        count += 1  # noqa: SIM113 - the index of the last one is not known where there is none
    return count


def rillm_chunks(base_url: str, **params: Any) -> rillm.Stream[rillm.ModelResponseStream]:
    return rillm.completion(f"openai/{MODEL}", MESSAGES, stream=True, api_base=base_url, api_key=API_KEY, **params)


def litellm_chunks(base_url: str) -> Iterable[object]:
    litellm = peers.module("litellm")
    chunks: Iterable[object] = litellm.completion(
        model=f"openai/{MODEL}", messages=MESSAGES, stream=True, api_base=base_url, api_key=API_KEY
    )
    return chunks


def openai_chunks(stack: ExitStack) -> Callable[[str], Iterable[object]]:
    root = stack.enter_context(peers.module("openai").OpenAI(api_key=API_KEY))
    at = cache(lambda base_url: root.with_options(base_url=base_url))
    return lambda base_url: at(base_url).chat.completions.create(**REQUEST)


@contextmanager
def opened_peers() -> Iterator[dict[str, Callable[[str], Iterable[object]] | None]]:
    """What the installed peers give for a base URL; None for the others."""
    with ExitStack() as stack:
        yield {
            "openai": openai_chunks(stack) if peers.is_installed("openai") else None,
            "litellm": litellm_chunks if peers.is_installed("litellm") else None,
        }


@contextmanager
def opened_clients() -> Iterator[list[Client]]:
    """All of them; the first is the one that the others are compared with."""
    with httpx.Client() as plain, httpx.Client() as engine, opened_peers() as others:
        yield [
            Client(HAND, partial(by_hand.read, plain)),
            Client(OURS, lambda base_url: counted(rillm_chunks(base_url))),
            Client(OURS_ON_HTTPX, lambda base_url: counted(rillm_chunks(base_url, client=engine))),
            *(
                Client(peers.titled(name), chunks and (lambda base_url, chunks=chunks: counted(chunks(base_url))), True)
                for name, chunks in others.items()
            ),
        ]
