from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic_core import to_json

import rillm
from rillm.streams.errors import StreamTruncatedError
from tests.wire.outcome import Outcome, aread, read
from tests.wire.summary import summary
from tests.wire.table_gemini import ANSWERS, BODIES, format_of

if TYPE_CHECKING:
    from collections.abc import Callable

READERS = pytest.mark.parametrize("reader", [read, aread])

# Content and finish_reason of each chunk that a consumer sees.
SEEN: dict[str, list[tuple[str | None, str | None]]] = {
    "text": [("Hi", None), (" there", None), (None, "stop")],
    "text-in-parts": [("Hi there", None), (None, "stop")],
    "finish-always": [("Hi", None), (" there", None), (None, "stop")],
    "finish-first": [(None, "content_filter")],
    "blocked": [(None, "content_filter")],
    "usage-after-finish": [("Hi", None), (None, "stop")],
    "signature-of-text": [("Hi", None), (None, None), (None, "stop")],
    "interaction-length": [("Hi", None), (None, "length")],
}
# The fragments of arguments that a consumer sees.
STREAMED = {
    "call": ['{"x":1}'],
    "call-streamed": [
        "",
        '{"x":1',
        ',"who":{"name":"A',
        'da \\"L\\"',
        '","tags":["a",false',
        ']},"last one":null',
        "}",
    ],
    "interaction-call": ["", '{"x"', ":1}", '{"y":2}'],
}


@pytest.mark.parametrize("name", sorted({*ANSWERS} - {"text-without-names"}))
def test_id_and_model(name: str) -> None:
    response = read(format_of(name), [BODIES[name]]).response
    assert response is not None
    assert (response.id, response.model) == ("r1", "m")


@pytest.mark.parametrize("name", ["text", "thoughts", "call", "call-streamed", "image", "array", "interaction-text"])
def test_cut_short(name: str) -> None:
    """Wherever the data ends before the last finish reason, the answer was cut off, with the text that had come."""
    body = BODIES[name]
    whole = ANSWERS[name].get("text", "")
    last = body.rfind(b'"finishReason"') if b'"finishReason"' in body else body.rfind(b'"interaction.completed"')
    texts = set[str]()
    for end in range(last):
        outcome = read(format_of(name), [body[:end]])
        assert isinstance(outcome.error, StreamTruncatedError), body[:end]
        partial = outcome.error.partial
        texts.add((partial and partial.choices[0].message.content) or "")
    assert all(whole.startswith(text) for text in texts)


@pytest.mark.parametrize("name", [name for name in sorted(BODIES) if name.startswith(("array", "object", "html"))])
def test_a_body_that_is_no_event_stream(name: str) -> None:
    """A server may answer so although it was asked for one."""
    assert read("gemini", [BODIES[name]]).comparable() == read("gemini-json-array", [BODIES[name]]).comparable()


@pytest.mark.parametrize(("name", "expected"), SEEN.items())
def test_chunks(name: str, expected: list[tuple[str | None, str | None]]) -> None:
    choices = [chunk.choices[0] for chunk in read(format_of(name), [BODIES[name]]).chunks]
    assert [(choice.delta.content, choice.finish_reason) for choice in choices] == expected


@pytest.mark.parametrize(("name", "expected"), STREAMED.items())
def test_arguments_are_streamed(name: str, expected: list[str]) -> None:
    deltas = [chunk.choices[0].delta for chunk in read(format_of(name), [BODIES[name]]).chunks]
    assert [call.function.arguments for delta in deltas for call in delta.tool_calls or ()] == expected


@pytest.mark.parametrize("name", ["call", "interaction-call"])
def test_signature_of_a_call_is_kept(name: str) -> None:
    response = read(format_of(name), [BODIES[name]]).response
    assert response is not None
    calls = response.choices[0].message.tool_calls or []
    assert calls[0].get("provider_specific_fields") == {"thought_signature": "s1"}


@READERS
def test_usage_so_far(reader: Callable[..., Outcome]) -> None:
    """What is known when the stream breaks, although the reports beside the text are not handed on."""
    events = BODIES["usage-grows"].split(b"\r\n\r\n")
    outcome = reader("gemini", [event + b"\r\n\r\n" for event in events[:2]])
    assert outcome.error is not None
    assert outcome.error.partial is not None
    assert outcome.error.partial.usage.model_dump(exclude_none=True) == {
        "prompt_tokens": 3,
        "completion_tokens": 2,
        "total_tokens": 5,
    }
    assert outcome.chunks[-1].hidden_params["usage"].total_tokens == 5


@pytest.mark.parametrize("name", ["usage-grows", "call-streamed", "interaction-text"])
def test_accumulate_agrees_with_the_builder(name: str) -> None:
    (response,) = rillm.decode(format_of(name), [BODIES[name]]).pipe(rillm.accumulate())
    assert summary(response) == ANSWERS[name]


NAMES = {
    "gemini": (
        *(
            "candidates",
            "content",
            "parts",
            "text",
            "thought",
            "functionCall",
            "name",
            "args",
            "partialArgs",
            "jsonPath",
        ),
        *("stringValue", "willContinue", "inlineData", "mimeType", "executableCode", "toolCall", "codeExecutionResult"),
        *("thoughtSignature", "finishReason", "index", "citationMetadata", "groundingMetadata", "logprobsResult"),
        *("chosenCandidates", "topCandidates", "promptFeedback", "blockReason", "usageMetadata", "responseId"),
        *("promptTokenCount", "promptTokensDetails", "candidatesTokenCount", "error", "message", "code"),
    ),
    "gemini-interactions": (
        *("event_type", "interaction", "step", "delta", "type", "text", "content", "arguments", "signature", "id"),
        *("name", "status", "usage", "total_tokens", "steps", "summary", "annotations", "data", "error", "message"),
    ),
}
WORDS = (
    *("text", "thought_summary", "arguments_delta", "function_call", "google_search_call", "image", "failed", "STOP"),
    *("step.start", "step.delta", "step.stop", "interaction.completed", "interaction.created", "$.a[0]", "audio/x", ""),
)


@given(st.data(), st.sampled_from(sorted(NAMES)))
def test_whatever_comes(data: st.DataObject, name: str) -> None:
    """The stream ends well or with an error of ours, whatever is where something else should be."""
    values = st.recursive(
        st.none() | st.booleans() | st.integers(0, 3) | st.sampled_from(WORDS),
        lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(NAMES[name]), inner, max_size=4),
        max_leaves=12,
    )
    frames = data.draw(st.lists(values, max_size=4))
    read(name, [b"data: %b\n\n" % to_json(frame) for frame in frames])
    read(name, [to_json(frame) for frame in frames[:1]])
