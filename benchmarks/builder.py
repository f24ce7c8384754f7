"""CPU per chunk of `stream_chunk_builder`, against LiteLLM's, and whether it depends on how many there are."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import rillm
import rillm.types
from benchmarks import peers
from benchmarks.report import Bound, Table
from benchmarks.timing import MICRO, Best, cpu_seconds
from benchmarks.wire import MODEL, words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from benchmarks.server import Server
    from benchmarks.sizes import Sizes

    Builder = Callable[[list[Any]], Any]

OURS = "rillm"
PEER = "litellm"
LIMIT = 0.1  # of the time that LiteLLM takes
LINEAR_LIMIT = 1.25  # of a chunk among many against one among few, or the other way round; many overrun the caches


def measure(_server: Server, sizes: Sizes) -> list[Table]:
    libraries: dict[str, tuple[Builder, Any]] = {OURS: (rillm.stream_chunk_builder, rillm.types)}
    if peers.is_installed(PEER):
        libraries[PEER] = peers.module(PEER).stream_chunk_builder, peers.module("litellm.types.utils")
    title = f"stream_chunk_builder: CPU per chunk, best of {sizes.rounds} (peer {sizes.peer_rounds})"
    columns = ("chunks, builder", f"{sizes.few:,}: µs", f"{sizes.chunks:,}: µs", "ratio", "litellm = 1")
    result = Table(title, columns)
    for kind, delta in {"text": text, "arguments": arguments}.items():
        few, many = Best(), Best()
        for name, (build, types) in libraries.items():
            times = rounds(name, build, types, delta, sizes)
            for of_few, of_many in times:
                few.add(name, of_few)
                many.add(name, of_many)
        add_rows(result, kind, few, many)
    return [result]


def rounds(
    name: str, build: Builder, types: Any, delta: Callable[[Any, str], Any], sizes: Sizes
) -> Iterator[tuple[float, float]]:
    """Seconds per chunk among few and among many, again and again. As many chunks each, so that both are timed well."""
    few, many = (chunks(types, delta, number) for number in (sizes.few, sizes.chunks))
    check(build(few), sizes.few)
    times = sizes.chunks // sizes.few
    for _ in range(sizes.rounds if name == OURS else sizes.peer_rounds):
        of_few = cpu_seconds(partial(repeated, build, few, times)) / times / sizes.few
        yield of_few, cpu_seconds(partial(build, many)) / sizes.chunks


def chunks(types: Any, delta: Callable[[Any, str], Any], number: int) -> list[Any]:
    """Chunks as a caller has them; the last one has the usage, so that nobody counts tokens."""
    deltas = [delta(types, word) for word in words(number)]
    made = [
        types.ModelResponseStream(
            id="chatcmpl-1", created=1, model=MODEL, choices=[types.StreamingChoices(delta=each, index=0)]
        )
        for each in deltas
    ]
    made[-1].usage = types.Usage(prompt_tokens=10, completion_tokens=number, total_tokens=10 + number)
    return made


def text(types: Any, word: str) -> Any:
    return types.Delta(content=word)


def arguments(types: Any, word: str) -> Any:
    function = types.Function(arguments=word, name="write")
    call = types.ChatCompletionDeltaToolCall(id="call_1", function=function, type="function", index=0)
    return types.Delta(tool_calls=[call])


def check(response: Any, number: int) -> None:
    message = response.choices[0].message
    whole = message.content or message.tool_calls[0].function.arguments
    if whole != "".join(words(number)):
        raise RuntimeError("the builder has lost something")


def repeated(build: Builder, made: list[Any], times: int) -> None:
    for _ in range(times):
        build(made)


def add_rows(result: Table, kind: str, few: Best, many: Best) -> None:
    peer = many.get(PEER)
    for name in (OURS, PEER):
        seconds = many.get(name)
        if seconds is None:
            result.rows.append((f"{kind}, {name}", peers.NOT_INSTALLED))
            continue
        against = seconds / peer if peer else None
        result.rows.append(
            (f"{kind}, {peers.titled(name)}", few[name] * MICRO, seconds * MICRO, seconds / few[name], against)
        )
    ratio = many[OURS] / few[OURS]
    result.bounds.append(
        Bound(f"{kind}, a chunk among many against one among few", max(ratio, 1 / ratio), LINEAR_LIMIT)
    )
    if peer:
        result.bounds.append(Bound(f"{kind}, rillm against litellm", many[OURS] / peer, LIMIT))
