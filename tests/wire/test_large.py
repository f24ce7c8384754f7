from __future__ import annotations

import json

import pytest

from rillm.streams.errors import FrameTooLargeError
from tests.wire.outcome import cut, read

MEGABYTE = 2**20


def event(text: str) -> bytes:
    return b"data: %b\n\n" % json.dumps({"choices": [{"delta": {"content": text}}]}).encode()


@pytest.mark.parametrize("length", [4 * MEGABYTE, 65536, 1000])
def test_a_line_of_a_megabyte(length: int) -> None:
    body = event("x" * MEGABYTE) + b"data: [DONE]\n\n"
    response = read("openai-chat", cut(body, [length] * (len(body) // length))).response
    assert response is not None
    assert response.choices[0].message.content == "x" * MEGABYTE


@pytest.mark.parametrize("length", [4 * MEGABYTE, 100])
def test_a_line_over_the_limit(length: int) -> None:
    body = event("Hi") + event("x" * 5000) + b"data: [DONE]\n\n"
    outcome = read("openai-chat", cut(body, [length] * (len(body) // length)), max_frame_bytes=2000)
    assert isinstance(outcome.error, FrameTooLargeError)
    assert outcome.error.partial is not None
    assert outcome.error.partial.choices[0].message.content == "Hi"


def test_a_document_over_the_limit() -> None:
    body = b'{"choices": [' + b" " * 5000
    outcome = read("openai-chat", cut(body, [1000] * 5), max_frame_bytes=2000)
    assert isinstance(outcome.error, FrameTooLargeError)


def test_plain_text_of_a_megabyte() -> None:
    outcome = read("openai-chat", cut(b"x" * MEGABYTE, [1000] * 1000), max_frame_bytes=2 * MEGABYTE)
    assert outcome.error is not None
    assert len(outcome.error.message) < 400
