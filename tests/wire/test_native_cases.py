"""What comes of small wire files in the formats that are not OpenAI's, one after the other."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from rillm.streams.errors import RillmError, StreamTruncatedError
from tests.wire.outcome import Outcome, aread, assert_promises, cut, read
from tests.wire.summary import summary
from tests.wire.table_cohere_v1 import COHERE_V1
from tests.wire.table_cohere_v2 import COHERE_V2
from tests.wire.table_ollama import OLLAMA_CHAT, OLLAMA_GENERATE
from tests.wire.table_texts import WATSONX_TEXT, WRITER_COMPLETIONS
from tests.wire.table_tgi import TGI

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.wire.native_table import Failure, Table

TABLES = [COHERE_V1, COHERE_V2, OLLAMA_CHAT, OLLAMA_GENERATE, TGI, WATSONX_TEXT, WRITER_COMPLETIONS]
READERS = pytest.mark.parametrize("reader", [read, aread])


def rows(kind: str) -> pytest.MarkDecorator:
    """A parameter for each row of each table."""
    cases = [
        pytest.param(table, name, expected, id=f"{table.format}-{name}")
        for table in TABLES
        for name, expected in getattr(table, kind).items()
    ]
    return pytest.mark.parametrize(("table", "name", "expected"), cases)


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.format)
def test_every_file_has_its_row(table: Table) -> None:
    assert set(table.files) == {*table.answers, *table.failures}


def without_made_up_ids(values: dict[str, Any] | None) -> dict[str, Any] | None:
    """A summary without the ids of calls that a provider gave none."""
    calls = [
        call[1:] if re.fullmatch("call_[0-9a-f]{32}", call[0]) else call for call in (values or {}).get("calls", ())
    ]
    return {**values, "calls": calls} if values and calls else values


@READERS
@rows("answers")
def test_answer(table: Table, name: str, expected: dict[str, Any], reader: Callable[..., Outcome]) -> None:
    outcome = reader(table.format, [table.body(name)])
    assert outcome.error is None
    assert_promises(outcome)
    response = outcome.response
    assert response is not None
    assert without_made_up_ids(summary(response)) == expected
    assert response.usage.is_estimated == ("usage" not in expected)


@READERS
@rows("failures")
def test_failure(table: Table, name: str, expected: Failure, reader: Callable[..., Outcome]) -> None:
    kind, status, words, partial = expected
    outcome = reader(table.format, [table.body(name)])
    assert_promises(outcome)
    error = outcome.error
    assert type(error).__name__ == kind.__name__
    assert isinstance(error, RillmError)
    assert error.status_code == status
    assert words in error.message
    assert without_made_up_ids(summary(error.partial) if error.partial else None) == partial


@rows("answers")
def test_cut_anywhere(table: Table, name: str, expected: dict[str, Any]) -> None:
    body = table.body(name)
    whole = read(table.format, [body]).comparable()
    assert read(table.format, cut(body, [1] * len(body))).comparable() == whole
    assert aread(table.format, cut(body, [7] * len(body))).comparable() == whole
    assert whole[1] is type(None), expected


@rows("answers")
def test_an_answer_that_is_cut_off_is_never_taken_for_a_whole_one(
    table: Table, name: str, expected: dict[str, Any]
) -> None:
    body = table.body(name)
    text: str = expected.get("text", "")
    if table.end is None:
        pytest.skip("the format has no end marker")
    end = body.rfind(table.end)
    for length in range(max(0, end)):
        outcome = read(table.format, [body[:length]])
        assert isinstance(outcome.error, StreamTruncatedError), (length, outcome.error)
        partial = outcome.error.partial
        said = partial.choices[0].message.content if partial else ""
        assert text.startswith(said or "")
        assert outcome.error.partial is None or outcome.error.partial.choices[0].finish_reason is None


@rows("answers")
def test_what_is_told_of_the_end_is_on_the_finish_chunk(table: Table, name: str, expected: dict[str, Any]) -> None:
    *others, last = read(table.format, [table.body(name)]).chunks
    native = expected.get("provider_specific_fields", {}).get("native_finish_reason")
    assert (last.choices[0].delta.provider_specific_fields or {}).get("native_finish_reason") == native
    for chunk in others:
        assert "native_finish_reason" not in (chunk.choices[0].delta.provider_specific_fields or {})
