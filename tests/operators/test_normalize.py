from __future__ import annotations

import json
from typing import Any

import pytest

import rillm
from rillm.providers.openai_chat import OpenAIChatDecoder
from rillm.streams.stream import from_source
from tests.kit.sources import Script

DONE = b"[DONE]"


def frame(text: str | None = None, finish: str | None = None, **fields: Any) -> bytes:
    delta = {} if text is None else {"content": text}
    return json.dumps({"choices": [{"index": 0, "delta": delta, "finish_reason": finish}], **fields}).encode()


def chunks(*frames: bytes | Exception, **options: Any) -> list[rillm.ModelResponseStream]:
    steps = [one if isinstance(one, Exception) else [one] for one in frames]
    return list(from_source(Script(*steps)).pipe(rillm.normalize(OpenAIChatDecoder, **options)))


@pytest.mark.parametrize(
    ("frames", "seen"),
    [
        ([frame("a"), frame("b"), frame(finish="stop"), DONE], [("a", None), ("b", None), (None, "stop")]),
        ([frame("a", "stop"), DONE], [("a", None), (None, "stop")]),
        ([frame("a"), frame(finish="length")], [("a", None), (None, "length")]),
        ([frame("a"), frame(finish="end_turn"), DONE], [("a", None), (None, "stop")]),
        ([frame("a"), frame(finish="a new word"), DONE], [("a", None), (None, "a new word")]),
        ([frame("a"), frame(finish="stop"), rillm.StreamTruncatedError("cut")], [("a", None), (None, "stop")]),
        ([frame("a"), DONE], [("a", None), (None, "stop")]),
        ([frame("a"), frame(""), frame(), DONE], [("a", None), (None, "stop")]),
        ([frame("a"), DONE, frame("b")], [("a", None), (None, "stop")]),
        ([DONE], [(None, "stop")]),
    ],
)
def test_good_ends(frames: list[bytes | Exception], seen: list[tuple[str | None, str | None]]) -> None:
    got = [(chunk.choices[0].delta.content, chunk.choices[0].finish_reason) for chunk in chunks(*frames)]
    assert [(text or None, reason) for text, reason in got] == seen


@pytest.mark.parametrize(
    ("frames", "error"),
    [
        ([], rillm.StreamTruncatedError),
        ([frame("a")], rillm.StreamTruncatedError),
        ([frame("a"), rillm.Timeout("late")], rillm.Timeout),
        ([b"{", DONE], rillm.StreamDecodeError),
        ([b"[]", DONE], rillm.StreamDecodeError),
        ([frame("a"), b'{"error": {"message": "m", "code": 429}}'], rillm.RateLimitError),
    ],
)
def test_bad_ends(frames: list[bytes | Exception], error: type[rillm.RillmError]) -> None:
    with pytest.raises(error) as caught:
        chunks(*frames, model="m", hidden_params={"custom_llm_provider": "p"})
    if error is not rillm.Timeout:  # that is the source's
        assert isinstance(caught.value, rillm.MidStreamFallbackError)
        assert caught.value.is_pre_first_chunk
        assert (caught.value.llm_provider, caught.value.model) == ("p", "m")


def test_the_providers_own_finish_reason_is_kept() -> None:
    last: Any = chunks(frame("a"), frame(finish="end_turn"), DONE)[-1]
    assert last.choices[0].provider_specific_fields == {"native_finish_reason": "end_turn"}


def test_a_whole_answer_as_a_frame_is_a_delta() -> None:
    whole = b'{"choices": [{"index": 0, "message": {"role": "assistant", "content": "a"}, "finish_reason": "stop"}]}'
    assert [chunk.choices[0].delta.content for chunk in chunks(whole, DONE)] == ["a", None]


def test_one_head_for_all() -> None:
    seen = chunks(frame("a", id="1", model="served", created=7), frame("b", id="2", model="other"), DONE, model="asked")
    assert {(chunk.id, chunk.model, chunk.created) for chunk in seen} == {("1", "asked", 7)}
    assert [chunk.choices[0].delta.role for chunk in seen] == ["assistant", None, None]
    assert seen[0].hidden_params["provider_response_model"] == "served"


@pytest.mark.parametrize("include_usage", [True, False])
def test_usage(*, include_usage: bool) -> None:
    usage = {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3}
    seen = chunks(
        frame("a"), frame(finish="stop"), b'{"choices":[],"usage":%b}' % json.dumps(usage).encode(), DONE,
        include_usage=include_usage,
    )  # fmt: skip
    assert [bool(chunk.get("usage")) for chunk in seen] == [False, False, True][: 2 + include_usage]
    assert seen[-1].hidden_params["usage"].total_tokens == 3


def test_hidden_params_are_copied() -> None:
    given = {"litellm_call_id": "x"}
    chunks(frame("a", model="m"), DONE, hidden_params=given)
    assert given == {"litellm_call_id": "x"}


def test_usage_that_nobody_reported_is_estimated() -> None:
    *_, last = chunks(frame("four words of text"), DONE, include_usage=True)
    assert last.usage is not None
    assert last.usage.is_estimated
    assert last.usage.completion_tokens == 5
    assert last.choices[0].delta.content is None
