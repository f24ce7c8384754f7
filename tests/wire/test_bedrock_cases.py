from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from rillm.streams.errors import FrameTooLargeError, StreamTruncatedError
from tests.kit.amazon import START, text
from tests.wire.bedrock_table import ANSWERS, CONVERSE, FAILURES
from tests.wire.outcome import Outcome, aread, assert_promises, cut, read
from tests.wire.summary import summary

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.wire.bedrock_table import Failure

READERS = pytest.mark.parametrize("reader", [read, aread])
BODIES = {**{name: body for name, (body, _) in ANSWERS.items()}, **{name: body for name, (body, _) in FAILURES.items()}}


@READERS
@pytest.mark.parametrize("name", ANSWERS)
def test_answer(name: str, reader: Callable[..., Outcome]) -> None:
    body, expected = ANSWERS[name]
    outcome = reader(CONVERSE, [body])
    assert outcome.error is None
    assert_promises(outcome)
    response = outcome.response
    assert response is not None
    assert summary(response) == expected
    assert response.usage.is_estimated == ("usage" not in expected)


@READERS
@pytest.mark.parametrize("name", FAILURES)
def test_failure(name: str, reader: Callable[..., Outcome]) -> None:
    body, expected = FAILURES[name]
    assert_failure(reader(CONVERSE, [body]), expected)


def assert_failure(outcome: Outcome, expected: Failure) -> None:
    kind, status, words, partial = expected
    assert_promises(outcome)
    error = outcome.error
    assert type(error).__name__ == kind.__name__
    assert isinstance(error, kind)
    assert error.status_code == status
    assert words in error.message
    assert (error.partial and summary(error.partial)) == partial


@pytest.mark.parametrize("name", BODIES)
def test_cut_anywhere(name: str) -> None:
    body = BODIES[name]
    whole = read(CONVERSE, [body]).comparable()
    for length in (1, 7, 100):
        assert read(CONVERSE, cut(body, [length] * len(body))).comparable() == whole
    assert aread(CONVERSE, cut(body, [5] * len(body))).comparable() == whole


@pytest.mark.parametrize("name", set(ANSWERS) - {"whole", "more-after-the-end"})
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
