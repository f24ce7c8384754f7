from __future__ import annotations

import pytest

from rillm.providers.formats import FORMATS
from rillm.streams.errors import StreamDecodeError, StreamTruncatedError
from tests.kit.amazon import wrapped
from tests.wire.outcome import read
from tests.wire.table_bedrock_invoke import COHERE, LLAMA, START, TITAN

INVOKE = "bedrock-invoke"


@pytest.mark.parametrize("body", [TITAN, LLAMA, COHERE])
def test_cut_short(body: bytes) -> None:
    for length in range(len(body)):
        assert isinstance(read(INVOKE, [body[:length]]).error, StreamTruncatedError)


def test_a_vendor_that_nobody_knows() -> None:
    error = read(INVOKE, [wrapped({"haiku": "Hi"})]).error
    assert isinstance(error, StreamDecodeError)
    assert "no vendor" in error.message


@pytest.mark.parametrize("frame", ["last", "other", "odd"])
def test_the_last_frame(frame: str) -> None:
    format_ = FORMATS[INVOKE]
    bodies = {"last": TITAN, "other": START, "odd": wrapped(b"") + START[:0]}
    frames = format_.framer(10_000).feed(bodies[frame])
    assert format_.is_last(frames[-1]) == (frame == "last")
