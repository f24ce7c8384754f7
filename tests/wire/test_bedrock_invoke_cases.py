from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from rillm.providers.formats import FORMATS
from rillm.streams.errors import StreamDecodeError, StreamTruncatedError
from tests.kit.amazon import wrapped
from tests.wire.bedrock_invoke_table import ANSWERS, COHERE, FAILURES, LLAMA, START, TITAN
from tests.wire.outcome import Outcome, aread, assert_promises, cut, read
from tests.wire.summary import summary
from tests.wire.test_bedrock_cases import assert_failure

if TYPE_CHECKING:
    from collections.abc import Callable

READERS = pytest.mark.parametrize("reader", [read, aread])
INVOKE = "bedrock-invoke"


@READERS
@pytest.mark.parametrize("named", [True, False], ids=["of a vendor", "of any"])
@pytest.mark.parametrize("name", ANSWERS)
def test_answer(name: str, named: bool, reader: Callable[..., Outcome]) -> None:  # noqa: FBT001 - pytest names it
    vendor, body, expected = ANSWERS[name]
    outcome = reader(f"{INVOKE}-{vendor}" if named else INVOKE, [body])
    assert outcome.error is None
    assert_promises(outcome)
    response = outcome.response
    assert response is not None
    assert summary(response) == expected
    assert response.usage.is_estimated == ("usage" not in expected)


@READERS
@pytest.mark.parametrize("format_", [INVOKE, f"{INVOKE}-titan"])
@pytest.mark.parametrize("name", FAILURES)
def test_failure(name: str, format_: str, reader: Callable[..., Outcome]) -> None:
    body, expected = FAILURES[name]
    assert_failure(reader(format_, [body]), expected)


@pytest.mark.parametrize("name", ANSWERS)
def test_cut_anywhere(name: str) -> None:
    vendor, body, _ = ANSWERS[name]
    whole = read(f"{INVOKE}-{vendor}", [body]).comparable()
    for length in (1, 7, 100):
        assert read(f"{INVOKE}-{vendor}", cut(body, [length] * len(body))).comparable() == whole


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
