from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from pydantic import BaseModel

import rillm
from rillm import APIError, ModelResponseStream, StreamTruncatedError
from rillm.streams.accumulator import Accumulator
from rillm.streams.logprobs import ChoiceLogprobs
from tests.kit.parts import Parts, fragment, part, text

if TYPE_CHECKING:
    from collections.abc import Iterable

REPORT = {"prompt_tokens": 3, "completion_tokens": 1, "total_tokens": 4}

# Chunks, and what the message of the first choice has, or the response where the name begins with "response: ".
CASES: dict[str, tuple[Parts, dict[str, Any]]] = {
    "text": (text("Hel", "lo"), {"content": "Hello", "role": "assistant", "tool_calls": None}),
    "no text": ([part({"role": "assistant", "content": ""})], {"content": ""}),
    "role": ([part({"role": "tool"}), *text("a")], {"role": "tool", "content": "a"}),
    "reasoning": (
        [part({"reasoning_content": "Let "}), part({"reasoning_content": "me"}), *text("Hi")],
        {"reasoning_content": "Let me", "content": "Hi"},
    ),
    "reasoning beside content": (
        [part({"content": "H", "reasoning_content": "a"}), part({"content": "i", "reasoning_content": "b"})],
        {"reasoning_content": "ab", "content": "Hi"},
    ),
    "refusal": ([part({"refusal": "I "}), part({"refusal": "can't"}), part({"refusal": None})], {"refusal": "I can't"}),
    "calls have no content": (
        [fragment(0, name="f", arguments="{"), fragment(0, arguments="}")],
        {"content": None},
    ),
    "content beside calls": ([*text("Hi"), fragment(0, name="f", arguments="{}")], {"content": "Hi"}),
    "lists grow": (
        [part({"annotations": [1]}), part({"annotations": [2, 3]}), part({"annotations": []})],
        {"annotations": [1, 2, 3]},
    ),
    "a list after something else": ([part({"images": "none"}), part({"images": [1]})], {"images": [1]}),
    "unknown fields: the last": (
        [part({"verdict": "a"}), part({"verdict": "b"}), part({"verdict": None})],
        {"verdict": "b"},
    ),
    "audio": (
        [
            part({"audio": {"id": "a", "data": "AA"}}),
            part({"audio": {"data": "AA", "transcript": "x", "expires_at": 7}}),
        ],
        {"audio": {"id": "a", "data": "AAAA", "expires_at": 7, "transcript": "x"}},
    ),
    "provider fields": (
        [part({"provider_specific_fields": {"a": 1}}), part({"provider_specific_fields": {"b": 2}})],
        {"provider_specific_fields": {"a": 1, "b": 2}},
    ),
    "response: usage, the last field by field": (
        [part({}, usage={"prompt_tokens": 3, "completion_tokens": 9}), part({}, usage={"completion_tokens": 0})],
        {"usage": {"prompt_tokens": 3, "completion_tokens": 0, "total_tokens": 3}},
    ),
    "response: usage in any chunk": ([part({}, usage=REPORT), *text("Hi"), part({}, usage={})], {"usage": REPORT}),
    "response: citations": ([part({}, citations=["a"]), part({}, citations=["a", "b"])], {"citations": ["a", "b"]}),
}


def read(value: Any) -> Any:
    return value.model_dump(exclude_none=True) if isinstance(value, BaseModel) else value


def built(chunks: Iterable[Any]) -> rillm.ModelResponse:
    response = rillm.stream_chunk_builder(list(chunks))
    assert response is not None
    return response


@pytest.mark.parametrize("parsed", [True, False], ids=["chunks", "dicts"])
@pytest.mark.parametrize(("name", "case"), CASES.items())
def test_builder(name: str, case: tuple[Parts, dict[str, Any]], parsed: bool) -> None:  # noqa: FBT001 - a parameter
    chunks, expected = case
    response = built(map(ModelResponseStream.model_validate, chunks) if parsed else chunks)
    found: Any = response if name.startswith("response: ") else response.choices[0].message
    assert {key: read(found.get(key)) for key in expected} == expected


def test_fields_that_nobody_sent_are_not_there() -> None:
    message = built(text("Hi")).choices[0].message
    assert not {"reasoning_content", "refusal", "annotations", "audio", "reasoning_details"} & message.extra.keys()


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        ([{"content": None}, {"content": [1]}, {"content": [2, 3]}, None], {"content": [1, 2, 3]}),
        ([{"content": [1], "refusal": None}, {"content": None, "refusal": [2]}], {"content": [1], "refusal": [2]}),
        ([-0.5, 0.0, -0.25], {"token_logprobs": [-0.5, -0.25]}),
        (["odd", [1]], None),
    ],
)
def test_logprobs(sent: list[Any], expected: dict[str, Any] | None) -> None:
    assert read(built(part({"content": "x"}, logprobs=value) for value in sent).choices[0].get("logprobs")) == expected


def test_logprobs_of_tokens_are_what_came() -> None:
    other: dict[str, Any] = {"token": "Ho", "logprob": -2.0, "bytes": None}
    tokens: list[dict[str, Any]] = [
        {"token": "Hi", "logprob": -0.5, "bytes": [72, 105], "top_logprobs": [other, {**other, "rank": 2}]},
        {"token": "", "logprob": 0.0, "bytes": [], "top_logprobs": []},
        {"token": "!", "logprob": -0.1, "bytes": [33], "top_logprobs": [], "id": 5},
    ]
    chunks = [ModelResponseStream.model_validate(part({"content": "x"}, logprobs={"content": [t]})) for t in tokens]
    logprobs = built(chunks).choices[0].get("logprobs")
    assert isinstance(logprobs, ChoiceLogprobs)
    assert logprobs.model_dump()["content"] == tokens


def test_logprobs_hide_nothing_beside_them() -> None:
    (choice,) = built([part({"content": "x"}, logprobs={"content": []}, stop_reason="###")]).choices
    assert choice.get("stop_reason") == "###"


def test_several_choices() -> None:
    chunks = [
        part({"content": "x"}, index=1),
        part({"content": "a"}, index=0),
        part({"content": "y"}, "length", index=1),
        part({"content": "b"}, index=0),
    ]
    choices = built(chunks).choices
    assert [(one.index, one.message.content, one.finish_reason) for one in choices] == [
        (0, "ab", "stop"),
        (1, "xy", "length"),
    ]


@pytest.mark.parametrize(
    ("chunks", "reason"),
    [
        (text("Hi"), "stop"),
        ([fragment(0, name="f")], "tool_calls"),
        ([part({}, "tool_calls"), part({}, "stop")], "stop"),
        ([part({"content": "Hi"}, "length")], "length"),
    ],
)
def test_finish_reason(chunks: Parts, reason: str) -> None:
    assert built(chunks).choices[0].finish_reason == reason


def test_nothing_to_build() -> None:
    assert rillm.stream_chunk_builder([]) is None


@pytest.mark.parametrize("chunks", [None, [None], ["text"], [{"choices": 1}], [part({}, usage="much")]])
def test_what_are_no_chunks(chunks: Any) -> None:
    with pytest.raises(APIError, match="Error building chunks"):
        rillm.stream_chunk_builder(chunks)


def test_usage_that_nobody_reported_is_estimated() -> None:
    messages = [{"role": "user", "content": "What is the capital of France?"}]
    response = rillm.stream_chunk_builder(text("Paris, of course"), messages)
    assert response is not None
    usage = response.usage
    assert usage.is_estimated
    assert usage.completion_tokens == 4
    assert usage.prompt_tokens > 0
    assert usage.total_tokens == usage.prompt_tokens + usage.completion_tokens


def test_all_that_the_model_wrote_counts() -> None:
    parts = [*text("a" * 4), part({"reasoning_content": "b" * 4}), fragment(0, name="c" * 4, arguments="d" * 4)]
    assert built(parts).usage.completion_tokens == 4


def test_an_empty_usage_is_no_report() -> None:
    assert built([*text("Hi"), part({}, usage={})]).usage.is_estimated


def test_reported_usage_is_not_marked() -> None:
    usage = built([*text("Hi"), part({}, usage=REPORT)]).usage
    assert not usage.is_estimated
    assert "estimated" not in usage.model_dump()


def body(*parts: dict[str, Any]) -> list[bytes]:
    return [b"data: " + ModelResponseStream.model_validate(each).model_dump_json().encode() + b"\n\n" for each in parts]


def test_partial() -> None:
    with pytest.raises(StreamTruncatedError) as caught:
        list(rillm.decode("openai-chat", body(*text("Hel", "lo"))))
    partial = caught.value.partial
    assert partial is not None
    assert (partial.object, partial.id, partial.model) == ("chat.completion", "c1", "m")
    (choice,) = partial.choices
    assert (choice.message.content, choice.message.role, choice.finish_reason) == ("Hello", "assistant", None)
    assert partial.usage.is_estimated


def test_partial_has_the_usage_that_was_reported() -> None:
    with pytest.raises(StreamTruncatedError) as caught:
        list(rillm.decode("openai-chat", body(part({"content": "Hi"}, usage=REPORT))))
    partial = caught.value.partial
    assert partial is not None
    assert not partial.usage.is_estimated
    assert partial.usage.total_tokens == 4


def test_accumulate() -> None:
    stream = rillm.decode("openai-chat", body(*text("Hel", "lo"), part({}, "stop")))
    accumulated = stream.pipe(rillm.accumulate())
    for _ in range(2):  # subscriptions share no state
        (response,) = accumulated
        assert response.choices[0].message.content == "Hello"
        assert response.choices[0].finish_reason == "stop"


def test_accumulate_passes_errors() -> None:
    with pytest.raises(StreamTruncatedError):
        list(rillm.decode("openai-chat", body(*text("Hel"))).pipe(rillm.accumulate()))


def test_accumulate_of_nothing() -> None:
    nothing: rillm.Stream[ModelResponseStream] = rillm.of()
    assert list(nothing.pipe(rillm.accumulate())) == []


def test_response_at_any_time() -> None:
    accumulator = Accumulator()
    seen: list[str | None] = []
    for chunk in map(ModelResponseStream.model_validate, text("a", "b", "c")):
        accumulator.add(chunk)
        seen.append(accumulator.response().choices[0].message.content)
    assert seen == ["a", "ab", "abc"]
