"""Streams of a source that remembers what was done to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import pytest

from rillm.streams.stream import Stream, from_source
from rillm.testing import probes
from tests.kit.leaks import run

if TYPE_CHECKING:
    from reactivex import Observable

T = TypeVar("T")
SILENCE = probes.SILENCE
Script = probes.Probe


def stream_of(*steps: probes.Step[Any]) -> Stream[Any]:
    return from_source(Script(*steps))


def collect(observable: Observable[T]) -> list[T]:
    """All items, by `for`."""
    assert isinstance(observable, Stream)
    return list(observable)


def acollect(observable: Observable[T]) -> list[T]:
    """All items, by `async for`."""
    assert isinstance(observable, Stream)

    async def main() -> list[T]:
        return [item async for item in observable]

    return run(main())


both = pytest.mark.parametrize("collect", [collect, acollect], ids=["sync", "async"])
