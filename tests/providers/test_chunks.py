from __future__ import annotations

import pytest

from rillm.providers.chunks import chunk_of, end_chunk, head_chunk, text_chunk
from rillm.providers.endpoint import endpoint
from rillm.streams.errors import StreamDecodeError

REASONS = {"COMPLETE": "stop", "MAX_TOKENS": "length"}


@pytest.mark.parametrize("index", [0, 2])
def test_the_fast_way_makes_what_validation_makes(index: int) -> None:
    fast, validated = text_chunk("Hi", index), chunk_of({"content": "Hi"}, index=index)
    assert fast == validated
    assert repr(fast) == repr(validated)
    assert fast.model_dump_json() == validated.model_dump_json()
    for one, other in [
        (fast, validated),
        (fast.choices[0], validated.choices[0]),
        (fast.choices[0].delta, validated.choices[0].delta),
    ]:
        assert one.model_fields_set == other.model_fields_set
        assert one.extra == other.extra == {}


def test_chunks_share_nothing() -> None:
    one, other = text_chunk("a"), text_chunk("b")
    one.choices[0].delta.role = "assistant"
    one.choices[0].delta.extra["x"] = 1
    one.hidden_params["y"] = 2
    assert other == text_chunk("b")
    assert other.hidden_params == {}


def test_a_head_has_no_choice() -> None:
    assert (head_chunk(id="c1").id, head_chunk(id="c1").choices) == ("c1", [])


@pytest.mark.parametrize(
    ("native", "called", "reason"),
    [
        ("COMPLETE", False, "stop"),
        ("COMPLETE", True, "tool_calls"),
        ("MAX_TOKENS", False, "length"),
        ("MAX_TOKENS", True, "length"),
        ("BORED", False, "BORED"),
        (None, False, "stop"),
        (None, True, "tool_calls"),
    ],
)
def test_an_end(native: str | None, called: bool, reason: str) -> None:  # noqa: FBT001 - a case
    (choice,) = end_chunk(native, REASONS, called=called).choices
    assert choice.finish_reason == reason
    assert choice.delta.provider_specific_fields == ({"native_finish_reason": native} if native else None)


@pytest.mark.parametrize(
    ("base", "path", "url"),
    [
        ("https://a.test", "/v2/chat", "https://a.test/v2/chat"),
        ("https://a.test/v2", "/v2/chat", "https://a.test/v2/chat"),
        ("https://a.test/v2/chat", "/v2/chat", "https://a.test/v2/chat"),
        ("https://a.test/mine", "/v2/chat", "https://a.test/mine/v2/chat"),
        ("https://a.test/mine/api", "/api/chat", "https://a.test/mine/api/chat"),
        ("https://v2", "/v2/chat", "https://v2/v2/chat"),
        ("https://a.test/xv2", "/v2/chat", "https://a.test/xv2/v2/chat"),
    ],
)
def test_endpoint(base: str, path: str, url: str) -> None:
    assert endpoint(base, path) == url


def test_fields_of_the_chunk() -> None:
    chunk = chunk_of({}, finish_reason="stop", id="c1", usage={"prompt_tokens": 3})
    assert (chunk.id, chunk.choices[0].finish_reason, chunk.get("usage")) == ("c1", "stop", {"prompt_tokens": 3})
    assert chunk_of({}, choices=[]).choices == []


def test_a_wrong_type() -> None:
    with pytest.raises(StreamDecodeError, match=r"at choices\.0\.delta\.content"):
        chunk_of({"content": 5})
