from __future__ import annotations

import json
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rillm.providers.framing import WHOLE_BODY
from rillm.providers.json_array import ArrayFramer
from rillm.streams.errors import FrameTooLargeError
from rillm.streams.frame import NamedFrame

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

# A body, the elements that come of it, and whether they are the body itself because it is no array.
BODIES: dict[str, tuple[bytes, list[bytes], bool]] = {
    "one element": (b'[{"a":1}]', [b'{"a":1}'], False),
    "as Google writes it": (
        b'[{\n  "a": 1\n}\n,\r\n{\n  "a": 2\n}\n]\n',
        [b'{\n  "a": 1\n}', b'{\n  "a": 2\n}'],
        False,
    ),
    "no element": (b"[]", [], False),
    "blanks": (b' \r\n\t[ \n {"a":1} ,\t{"b":2}\r\n ] \n', [b'{"a":1}', b'{"b":2}'], False),
    "objects in objects": (b'[{"a":{"b":{}}},{"c":[{},{}]}]', [b'{"a":{"b":{}}}', b'{"c":[{},{}]}'], False),
    "braces in a string": (b'[{"a":"}{]["},{"b":"{"}]', [b'{"a":"}{]["}', b'{"b":"{"}'], False),
    "quotes in a string": (rb'[{"a":"\"}"},{"b":"\\"}]', [rb'{"a":"\"}"}', rb'{"b":"\\"}'], False),
    "escapes in a string": (rb'[{"a":"\\\"\u007d\\"},{"b":"\n"}]', [rb'{"a":"\\\"\u007d\\"}', rb'{"b":"\n"}'], False),
    "invalid UTF-8 in a string": (b'[{"a":"\xff\xc3"}]', [b'{"a":"\xff\xc3"}'], False),
    "without commas": (b'[{"a":1}{"b":2}]', [b'{"a":1}', b'{"b":2}'], False),
    "more behind it": (b'[{"a":1}] {"b":2}, x', [b'{"a":1}'], False),
    "not closed": (b'[{"a":1},', [b'{"a":1}'], False),
    "cut in an element": (b'[{"a":1},{"b":{}', [b'{"a":1}'], False),
    "cut in a string": (b'[{"a":1},{"b":"}', [b'{"a":1}'], False),
    "cut behind a backslash": (b'[{"a":1},{"b":"\\', [b'{"a":1}'], False),
    "a number": (b'[{"a":1}, 5, {"b":2}]', [b'{"a":1}', b"5"], False),
    "a string": (b'["{}"]', [b'"'], False),
    "an array": (b"[[{}]]", [b"["], False),
    "a brace too many": (b'[{"a":1}}, {"b":2}]', [b'{"a":1}', b"}"], False),
    "nothing": (b"", [], False),
    "nothing but blanks": (b" \n\n ", [], False),
    "an object": (b'{"error":{}}', [b'{"error":{}}'], True),
    "HTML": (b"<p>[{}]</p>", [b"<p>[{}]</p>"], True),
}
# With a limit of 7 bytes: the elements, and whether an error comes after them.
LIMIT_OF_SEVEN: list[tuple[bytes, tuple[list[bytes], bool]]] = [
    (b'[{"a":1},\n\n\n\n\n\n\n\n{"a":2}]', ([b'{"a":1}', b'{"a":2}'], False)),
    (b'[{"a":12}]', ([], True)),
    (b'[{"a":1234', ([], True)),
    (b'[{"a":1},{"a":12},{"a":3}]', ([b'{"a":1}'], True)),
    (b'{"a":12}', ([], True)),
]
PIECES = [b"{", b"}", b'"', b'"a":"}"', b"[", b"]", b",", b"\n", b"1", "ü".encode()]
VALUES = st.recursive(
    st.text(st.sampled_from('a"\\{}[],:\n\u2028ü'), max_size=8) | st.integers() | st.none(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text('{"\\', max_size=3), inner, max_size=3),
    max_leaves=8,
)


def cut_everywhere(body: bytes) -> list[Sequence[bytes]]:
    """All ways to cut a body in two, with an empty block between, and into single bytes."""
    single = [body[at : at + 1] for at in range(len(body))]
    return [[body], single, *([body[:at], b"", body[at:]] for at in range(len(body) + 1))]


def framed(blocks: Iterable[bytes], limit: int = 1000) -> tuple[list[bytes], bool]:
    framer = ArrayFramer(limit)
    elements: list[bytes] = []
    try:
        for block in blocks:
            elements += framer.feed(block)
        elements += framer.end()
    except FrameTooLargeError:
        return elements, True
    return elements, False


@pytest.mark.parametrize(("body", "expected", "whole"), BODIES.values(), ids=list(BODIES))
def test_elements(body: bytes, expected: list[bytes], whole: bool) -> None:  # noqa: FBT001 - a parameter
    for blocks in cut_everywhere(body):
        elements, _ = framed(blocks)
        assert elements == expected, blocks
        names = [element.event for element in elements if isinstance(element, NamedFrame)]
        assert names == [WHOLE_BODY] * whole


@pytest.mark.parametrize(("body", "expected"), LIMIT_OF_SEVEN)
def test_too_large(body: bytes, expected: tuple[list[bytes], bool]) -> None:
    for blocks in cut_everywhere(body):
        assert framed(blocks, 7) == expected, blocks


def test_an_error_stays() -> None:
    framer = ArrayFramer(7)
    assert framer.feed(b'[{"a":1},{"a":12}') == [b'{"a":1}']
    with pytest.raises(FrameTooLargeError):
        framer.feed(b"]")
    with pytest.raises(FrameTooLargeError):
        framer.end()


@given(
    st.lists(st.dictionaries(st.text('a{}"\\', max_size=4), VALUES, max_size=3), max_size=4),
    st.sampled_from([None, 2]),
    st.sampled_from(["ascii", "utf-8"]),
    st.lists(st.integers(0, 30), max_size=40),
)
def test_what_was_sent_arrives(
    objects: list[dict[str, Any]],
    indent: int | None,
    escaped_to: str,
    lengths: list[int],
) -> None:
    texts = [json.dumps(one, indent=indent, ensure_ascii=escaped_to == "ascii") for one in objects]
    body = ("[" + "\n,\r\n".join(texts) + "\n]").encode()
    places = [0, *(sum(lengths[:count]) for count in range(1, len(lengths) + 1)), len(body)]
    blocks = [body[start:end] for start, end in pairwise(places)] if places[-2] < len(body) else [body]
    elements, failed = framed(blocks, 10_000)
    assert not failed
    assert [json.loads(element) for element in elements] == objects


@given(st.lists(st.sampled_from(PIECES), max_size=20).map(b"".join))
@example(b'{"a":"{')
@example(b"}{")
def test_where_it_is_cut_changes_nothing(rest: bytes) -> None:
    whole, *others = [framed(blocks) for blocks in cut_everywhere(b"[" + rest)]
    assert all(other == whole for other in others)


def test_a_long_text_in_small_blocks() -> None:
    text = b'\\"}' * 1_000_000  # with anything but one look at each byte this takes minutes
    body = b'[{"a":"' + text + b'"}]'
    elements, _ = framed((body[at : at + 50] for at in range(0, len(body), 50)), 10_000_000)
    assert elements == [b'{"a":"' + text + b'"}']
