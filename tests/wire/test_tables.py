"""What comes of small bodies in each format, by the tables beside this module."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from rillm.streams.errors import RillmError, StreamTruncatedError
from tests.wire.outcome import Outcome, aread, assert_promises, cut, read
from tests.wire.summary import summary
from tests.wire.table_anthropic_messages import ANTHROPIC_MESSAGES
from tests.wire.table_bedrock_converse import BEDROCK_CONVERSE
from tests.wire.table_bedrock_invoke import BEDROCK_INVOKE
from tests.wire.table_cohere_v1 import COHERE_V1
from tests.wire.table_cohere_v2 import COHERE_V2
from tests.wire.table_gemini import GOOGLE
from tests.wire.table_ollama import OLLAMA_CHAT, OLLAMA_GENERATE
from tests.wire.table_openai_chat import OPENAI
from tests.wire.table_openai_responses import OPENAI_RESPONSES
from tests.wire.table_texts import WATSONX_TEXT, WRITER_COMPLETIONS
from tests.wire.table_tgi import TGI

if TYPE_CHECKING:
    from collections.abc import Callable

    from rillm import ModelResponse
    from tests.wire.table import Failure, Table

TABLES = [
    *OPENAI, OPENAI_RESPONSES, ANTHROPIC_MESSAGES, *GOOGLE, BEDROCK_CONVERSE, *BEDROCK_INVOKE, COHERE_V1, COHERE_V2,
    OLLAMA_CHAT, OLLAMA_GENERATE, TGI, WATSONX_TEXT, WRITER_COMPLETIONS,
]  # fmt: skip
READERS = pytest.mark.parametrize("reader", [read, aread])
MADE_UP = re.compile("call_[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
TOO_DEEP = "nested-too-deep"  # and too large to be cut into single bytes


def rows(kind: str, wanted: Callable[[Table, str], bool] | None = None) -> pytest.MarkDecorator:
    """A parameter for each row of each table that is `wanted`."""
    cases = [
        pytest.param(table, name, expected, id=f"{table.format}-{name}")
        for table in TABLES
        for name, expected in getattr(table, kind).items()
        if wanted is None or wanted(table, name)
    ]
    return pytest.mark.parametrize(("table", "name", "expected"), cases)


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.format)
def test_every_body_has_its_row(table: Table) -> None:
    assert set(table.bodies) == {*table.answers, *table.failures}


def as_sent(response: ModelResponse) -> dict[str, Any]:
    """Its summary without what we make up where a provider gives none: ids of calls, and all of audio but its data."""
    values = summary(response)
    if "calls" in values:
        values["calls"] = [call[1:] if MADE_UP.fullmatch(call[0] or "") else call for call in values["calls"]]
    if MADE_UP.fullmatch(values.get("audio", {}).get("id", "")):
        values["audio"] = {"data": values["audio"]["data"]}
    return values


@READERS
@rows("answers")
def test_answer(table: Table, name: str, expected: dict[str, Any], reader: Callable[..., Outcome]) -> None:
    outcome = reader(table.format, [table.bodies[name]])
    assert outcome.error is None
    assert_promises(outcome)
    response = outcome.response
    assert response is not None
    assert as_sent(response) == expected
    assert response.usage.is_estimated == ("usage" not in expected)


@READERS
@rows("failures")
def test_failure(table: Table, name: str, expected: Failure, reader: Callable[..., Outcome]) -> None:
    kind, status, words, partial = expected
    outcome = reader(table.format, [table.bodies[name]])
    assert_promises(outcome)
    error = outcome.error
    assert type(error).__name__ == kind.__name__
    assert isinstance(error, RillmError)
    assert error.status_code == status
    assert words in error.message
    assert (error.partial and as_sent(error.partial)) == partial


@rows("bodies", lambda _table, name: name != TOO_DEEP)
def test_cut_anywhere(table: Table, name: str, expected: bytes) -> None:
    body = expected
    whole = read(table.format, [body]).comparable()
    assert read(table.format, cut(body, [1] * len(body))).comparable() == whole
    assert aread(table.format, cut(body, [7] * len(body))).comparable() == whole
    assert (whole[1] is type(None)) == (name in table.answers)


def end_of(table: Table, name: str) -> int:
    """Where the marker of an answer's end stands; 0 or less where there is none, as in those that came whole."""
    return table.bodies[name].rfind(table.end) if table.end else 0


@rows("answers", lambda table, name: end_of(table, name) > 0)
def test_an_answer_that_is_cut_off_is_never_taken_for_a_whole_one(
    table: Table, name: str, expected: dict[str, Any]
) -> None:
    body = table.bodies[name]
    text: str = expected.get("text", "")
    end = end_of(table, name)
    assert end > 0
    for length in range(0, end, 1 + end // 200):
        outcome = read(table.format, [body[:length]])
        assert_promises(outcome)
        assert isinstance(outcome.error, StreamTruncatedError), (length, outcome.error)
        partial = outcome.error.partial
        if partial is not None:
            assert text.startswith(partial.choices[0].message.content or "")
            assert partial.choices[0].finish_reason is None


@rows("answers")
def test_what_is_told_of_the_end_is_on_the_finish_chunk(table: Table, name: str, expected: dict[str, Any]) -> None:
    told = {choice.get("index", 0): native_of(choice) for choice in expected.get("choices", [expected])}
    for chunk in read(table.format, [table.bodies[name]]).chunks:
        for choice in chunk.choices:
            assert native_of(choice.delta.model_dump()) == (told[choice.index] if choice.finish_reason else None)


def native_of(values: dict[str, Any]) -> Any:
    fields: dict[str, Any] = values.get("provider_specific_fields") or {}
    return fields.get("native_finish_reason")
