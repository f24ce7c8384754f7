"""Keystroke search: ask at a pause of the typing, and show each hit as it is found.

A search box asks a model when nothing has been typed for 0.3 seconds, and not at each key. Hits are shown one by one;
those for an older text go away with the text.

    []
    asked for dan
    ['Dancing on the Rhine']
    ['Dancing on the Rhine', 'Dante']
    []
    asked for danube
    ['The Blue Danube']
    ['The Blue Danube', 'Danube Bridges']

Why it is right: `debounce` keeps the calls of all keys but the last from being made. `distinct_until_changed` stands
behind it: a key that was taken back within the pause changes nothing, and the search goes on. `switch_map` closes the
connection of the old search when a new one begins, or the box is empty, and `take(3)` that of one that has found
enough.
"""

import asyncio
from collections.abc import AsyncIterator, Callable

import reactivex
from reactivex import Observable
from reactivex import operators as ops

import rillm
from rillm.testing import ScriptedCall, answer, scripted, stall

FORMAT = 'Search the catalogue. Answer with JSON: {"hits": ["title", …]}, the best first.'
Hits = list[str]


def hits(query: str) -> Observable[Hits]:
    """No hits at first, then those that have been found, at each new one."""
    if not query:
        return reactivex.of(Hits())
    messages = [{"role": "system", "content": FORMAT}, {"role": "user", "content": query}]
    answer = rillm.stream("openai/gpt-4o-mini", messages, response_format={"type": "json_object"})
    found = answer.pipe(rillm.json_elements("hits", str), ops.take(3))
    return found.pipe(ops.scan(with_one_more, Hits()), ops.start_with(Hits()))


def with_one_more(hits: Hits, hit: str) -> Hits:
    return [*hits, hit]


def search(typed: rillm.Stream[str], find: Callable[[str], Observable[Hits]]) -> rillm.Stream[Hits]:
    pauses = typed.pipe(ops.map(str.strip), ops.debounce(0.3))
    return pauses.pipe(ops.distinct_until_changed(), ops.switch_map(find))


async def keys(read: asyncio.Event) -> AsyncIterator[str]:
    """What is in the box at each key, as `websocket.iter_text()` of a web server tells it."""
    for text in ("d", "da", "dan"):
        yield text
    await read.wait()  # what has been found; then somebody types on
    for text in ("danu", "danub", "danube"):
        yield text


async def main() -> None:
    read = asyncio.Event()
    async for found in search(rillm.from_iterable(keys(read)), hits):
        print(found)
        if "Dante" in found:
            read.set()


FOUND = {
    "dan": answer('{"hits": ["Dancing on the Rhine", "Dante", "Danton"]}').pipe(stall(after=6)),
    "danube": answer('{"hits": ["The Blue Danube", "Danube Bridges"]}'),
}


def model(call: ScriptedCall) -> rillm.Stream[rillm.ModelResponseStream]:
    query = call.messages[-1]["content"]
    print("asked for", query)
    return FOUND[query]


if __name__ == "__main__":
    with scripted("openai/gpt-4o-mini", rest=model):  # without it the real model answers
        asyncio.run(main())
