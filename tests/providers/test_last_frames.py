"""Which frame is the end marker of a format: after it a connection can be used again."""

from __future__ import annotations

import pytest

from rillm.providers.formats import FORMATS


@pytest.mark.parametrize(
    ("name", "frame", "expected"),
    [
        ("tgi-generate", b'{"token":{"text":"i"},"generated_text":"Hi"}', True),
        ("tgi-generate", b'{"token": {"text": "i"}, "generated_text": "Hi"}', True),
        ("tgi-generate", b'{"token":{"text":"i"},"generated_text":null}', False),
        ("tgi-generate", b'{"token": {"text": "i"}, "generated_text": null}', False),
        ("tgi-generate", b'{"token": {"text": "i"}, "generated_text" : null}', False),
        ("tgi-generate", b'{"token":{"text":"\\"generated_text\\":"}}', False),
        ("ollama-chat", b'{"message":{"content":""},"done":true}', True),
        ("ollama-chat", b'{"message": {"content": ""}, "done": true}', True),
        ("ollama-chat", b'{"message": {"content": ""}, "done": false}', False),
        ("ollama-generate", b'{"response": "", "done" : true}', True),
    ],
)
def test_the_last_frame(name: str, frame: bytes, *, expected: bool) -> None:
    assert FORMATS[name].is_last(frame) is expected
