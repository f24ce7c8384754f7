from __future__ import annotations

import pytest

from rillm.providers.framing import HEAD_BYTES, WHOLE_BODY, BodyFramer
from rillm.providers.json_array import ArrayFramer
from rillm.providers.sse import SSEFramer
from rillm.streams.errors import FrameTooLargeError
from rillm.streams.frame import NamedFrame

BOM = "\ufeff".encode()

# A body, its frames, and whether they are the body itself because it is no event stream.
CASES: dict[str, tuple[bytes, list[bytes], bool]] = {
    "an event stream": (b"data: a\n\ndata: b\n\n", [b"a", b"b"], False),
    "after blank lines": (b"\n \n\ndata: a\n\n", [b"a"], False),
    "after a comment": (b": hello\n\ndata: a\n\n", [b"a"], False),
    "after a byte order mark": (BOM + b"data: a\n\n", [b"a"], False),
    "an event that looks like JSON": (b"data: {}\n\n{}", [b"{}"], False),
    "after an unknown field": (b"x: y\n\ndata: a\n\n", [b"a"], False),
    "nothing": (b"", [], False),
    "blank lines": (b"\n\n \n", [], False),
    "comments": (b": hello\n\n: hello\n\n", [], False),
    "cut in the first field": (b"dat", [], False),
    "cut in a byte order mark": (BOM[:2], [], False),
    "cut in the first event": (b"event: a\ndata: {", [], False),
    "an object": (b'{"a": "\n\ndata: x\n\n"}', [b'{"a": "\n\ndata: x\n\n"}'], True),
    "a list": (b"\n\n [1]", [b" [1]"], True),
    "HTML": (b"<html>\n\n</html>", [b"<html>\n\n</html>"], True),
    "plain text": (b"Not\n\nfound", [b"Not\n\nfound"], True),
    "plain text with a colon": (b"error: no", [b"error: no"], True),
    "plain text, long": (b"x" * 3000, [b"x" * HEAD_BYTES], True),
}


@pytest.mark.parametrize("size", [1, 2, 5000])
@pytest.mark.parametrize(("body", "expected", "whole"), CASES.values(), ids=list(CASES))
def test_frames(body: bytes, expected: list[bytes], whole: bool, size: int) -> None:  # noqa: FBT001 - a parameter
    framer = BodyFramer(SSEFramer())
    frames = [frame for start in range(0, len(body), size) for frame in framer.feed(body[start : start + size])]
    frames += framer.end()
    assert [frame.strip() for frame in frames] == [frame.strip() for frame in expected]
    assert [isinstance(frame, NamedFrame) and frame.event == WHOLE_BODY for frame in frames] == [whole] * len(frames)


@pytest.mark.parametrize("size", [1, 2, 5000])
@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"data: a\n\n", [b"a"]),
        (b' [{"a":1},\n{"b":2}]', [b'{"a":1}', b'{"b":2}']),
        (b'[{"a":1},{"b":', [b'{"a":1}']),
        (b"[]", []),
        (b'{"a":1}', [b'{"a":1}']),
        (b"Not found", [b"Not found"]),
    ],
)
def test_documents_with_a_framer_of_their_own(body: bytes, expected: list[bytes], size: int) -> None:
    framer = BodyFramer(SSEFramer(), document=ArrayFramer)
    frames = [frame for start in range(0, len(body), size) for frame in framer.feed(body[start : start + size])]
    assert [*frames, *framer.end()] == expected


@pytest.mark.parametrize("body", [b"{", b"data: ", b"text"])
def test_too_large(body: bytes) -> None:
    framer = BodyFramer(SSEFramer(100), 100)
    framer.feed(body)
    with pytest.raises(FrameTooLargeError):
        framer.feed(b"x" * 200)
