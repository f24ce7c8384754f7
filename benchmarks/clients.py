"""Sync clients: each makes the call as its users do, and gives an iterable of chunks."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from functools import cache, partial
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar

import httpx

import rillm
from benchmarks import by_hand, peers
from benchmarks.wire import API_KEY, MESSAGES, MODEL, REQUEST

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable

HAND = "httpx by hand"
OURS = "rillm"
OURS_ON_HTTPX = "rillm on httpx's engine"


Result = TypeVar("Result")


class Client(NamedTuple, Generic[Result]):
    """`read` reads a whole answer and gives the number of its chunks; None where the client is not installed."""

    name: str
    read: Callable[[str], Result] | None
    is_peer: bool = False


def counted(chunks: Iterable[object]) -> int:
    count = 0
    for _ in chunks:
        count += 1
    return count


def read_counted(chunks: Callable[[str], Iterable[object]], base_url: str) -> int:
    return counted(chunks(base_url))


def rillm_chunks(base_url: str, **params: Any) -> rillm.Stream[rillm.ModelResponseStream]:
    return rillm.completion(f"openai/{MODEL}", MESSAGES, stream=True, api_base=base_url, api_key=API_KEY, **params)


def litellm_chunks(base_url: str) -> Iterable[object]:
    litellm = peers.module("litellm")
    chunks: Iterable[object] = litellm.completion(
        model=f"openai/{MODEL}", messages=MESSAGES, stream=True, api_base=base_url, api_key=API_KEY
    )
    return chunks


def opened_openai(stack: ExitStack) -> Callable[[str], Iterable[object]]:
    root = stack.enter_context(peers.module("openai").OpenAI(api_key=API_KEY))

    @cache
    def at(base_url: str) -> Any:
        return root.with_options(base_url=base_url)

    def chunks(base_url: str) -> Iterable[object]:
        answer: Iterable[object] = at(base_url).chat.completions.create(**REQUEST)
        return answer

    return chunks


@contextmanager
def opened_peers() -> Generator[dict[str, Callable[[str], Iterable[object]] | None]]:
    """What the installed peers give for a base URL; None for the others."""
    with ExitStack() as stack:
        yield {
            "openai": opened_openai(stack) if peers.is_installed("openai") else None,
            "litellm": litellm_chunks if peers.is_installed("litellm") else None,
        }


@contextmanager
def opened_clients() -> Generator[list[Client[int]]]:
    """All of them; the first is the one that the others are compared with."""
    with httpx.Client() as plain, httpx.Client() as engine, opened_peers() as others:
        yield [
            Client(HAND, partial(by_hand.read, plain)),
            Client(OURS, partial(read_counted, rillm_chunks)),
            Client(OURS_ON_HTTPX, partial(read_counted, partial(rillm_chunks, client=engine))),
            *(
                Client(peers.titled(name), None if chunks is None else partial(read_counted, chunks), is_peer=True)
                for name, chunks in others.items()
            ),
        ]
