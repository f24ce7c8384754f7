from __future__ import annotations

import pytest

from rillm.streams.errors import FrameTooLargeError, StreamTruncatedError
from tests.kit.amazon import START, text
from tests.wire.outcome import read
from tests.wire.table_bedrock_converse import ANSWERS, BODIES, CONVERSE


@pytest.mark.parametrize("name", sorted({*ANSWERS} - {"whole", "more-after-the-end"}))
def test_cut_short(name: str) -> None:
    body = BODIES[name]
    for length in range(len(body)):
        assert isinstance(read(CONVERSE, [body[:length]]).error, StreamTruncatedError)


def test_a_message_that_is_too_large() -> None:
    large = text("a" * 1000)
    outcome = read(CONVERSE, [START + text("Hi") + large], max_frame_bytes=len(large) - 1)
    assert isinstance(outcome.error, FrameTooLargeError)
    assert outcome.error.partial is not None
    assert outcome.error.partial.choices[0].message.content == "Hi"
    assert isinstance(read(CONVERSE, [large], max_frame_bytes=len(large)).error, StreamTruncatedError)
