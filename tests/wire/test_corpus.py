from __future__ import annotations

import json
from random import Random
from typing import TYPE_CHECKING, Any

import pytest

import rillm
from rillm.streams.errors import APIStatusError
from tests.wire.corpus import Case, cases
from tests.wire.expectations import EXPECTATIONS
from tests.wire.outcome import Outcome, aread, assert_promises, cut, read
from tests.wire.summary import call_summary

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from rillm import Choices
    from tests.wire.expectation import Expectation

WITHOUT = pytest.param(None, marks=pytest.mark.skip(reason="WIRE_CORPUS names no folder of recorded streams"))
CASES = [pytest.param(case, id=case.name) for case in cases()] or [WITHOUT]
BYTE_BY_BYTE = 2_000  # at the start and at the end of a body; the middle of a larger one comes in one block


@pytest.mark.parametrize("reader", [read, aread])
@pytest.mark.parametrize("case", CASES)
def test_answer(case: Case, reader: Callable[..., Outcome]) -> None:
    expected, expectation = case.expected, EXPECTATIONS[case.format]
    outcome = reader(case.format, [case.body])
    assert_promises(outcome)
    assert_error(outcome, expected)
    response = outcome.response
    if response is None:
        assert not expected["text"]
        assert not outcome.chunks
        return
    if expectation.says_model:
        assert response.model == expected["model"]
    if expectation.says_id:
        assert response.id == (expected["id"] or response.id)
    wanted = expected.get("choices") or [expected]
    assert [found(choice, expectation) for choice in response.choices] == [
        answer({**expected, **choice}, expectation, failed=outcome.error is not None) for choice in wanted
    ]
    for key, value in expected.get("citations_top_level", {}).items():
        assert response.get(key) == value
    if expectation.citations:
        assert expectation.citations(response) == len(expected["citations"])
    if expectation.server_calls:
        assert expectation.server_calls(response) == len(expected["server_tool_calls"])
    if outcome.error is None:
        assert_usage(response.usage, expected["usage"] and expectation.usage(expected["usage"]))
        native = expected.get("native_finish_reason")
        assert response.choices[0].get("native_finish_reason") == native


def found(choice: Choices, expectation: Expectation) -> dict[str, Any]:
    message = choice.message
    logprobs: dict[str, Any] = choice.get("logprobs") or {}
    calls = [call_summary(call) for call in message.tool_calls or ()]
    return {
        "text": message.content or "",
        "reasoning": message.get("reasoning_content") or "",
        "refusal": message.get("refusal") or "",
        "calls": [parsed(call) for call in calls] if expectation.arguments_are_objects else calls,
        "finish_reason": choice.finish_reason,
        "logprob_tokens": len(logprobs.get("content") or logprobs.get("tokens") or ()),
    }


def parsed(call: tuple[str | None, str | None, str]) -> tuple[str | None, Any]:
    """Name and arguments; ids are ours where the format has none."""
    return call[1], json.loads(call[2])


def answer(expected: dict[str, Any], expectation: Expectation, *, failed: bool) -> dict[str, Any]:
    calls: list[Any] = [(call["id"], call["name"], call["arguments"]) for call in expected["tool_calls"]]
    if expectation.arguments_are_objects:
        calls = [(call["name"], call["arguments_json"]) for call in expected["tool_calls"]]
    implied = "tool_calls" if calls else "stop"
    raw = expected["finish_reason"]
    reason = expectation.reasons.get(raw, raw) or implied
    if calls and expectation.finish_follows_calls:
        reason = implied
    return {
        **{key: expected[key] for key in ("text", "reasoning", "refusal")},
        "calls": calls,
        "finish_reason": None if failed else reason,
        "logprob_tokens": expected.get("logprob_tokens", 0),
    }


def assert_error(outcome: Outcome, expected: dict[str, Any]) -> None:
    if not expected["errors"]:
        assert outcome.error is None
        return
    (told,) = expected["errors"]
    assert isinstance(outcome.error, APIStatusError)
    assert outcome.error.message == words_of(told)
    if isinstance(told, dict) and "code" in told and isinstance(told["code"], int):
        assert outcome.error.status_code == told["code"]
    assert outcome.error.status_code != 200


def words_of(error: dict[str, Any] | str) -> Any:
    """What an error says, in the place where a format says it."""
    return error if isinstance(error, str) else error.get("message") or error["error"]


def assert_usage(usage: rillm.Usage, expected: Mapping[str, Any] | None) -> None:
    assert usage.is_estimated == (expected is None)
    values = usage.model_dump()
    for key, value in (expected or {}).items():
        wanted = value if value is not None else values.get(key)
        # Ours has more keys where the details are a model of ours.
        assert values[key] == ({**values[key], **wanted} if isinstance(wanted, dict) else wanted), key


@pytest.mark.parametrize("case", CASES)
def test_cut_anywhere(case: Case) -> None:
    body, random = case.body, Random(case.name)  # noqa: S311 - repeatable cuts
    whole = read(case.format, [body]).comparable()
    middle = max(0, len(body) - 2 * BYTE_BY_BYTE)
    cuts = {
        "byte by byte": [1] * BYTE_BY_BYTE + [middle] + [1] * BYTE_BY_BYTE,
        "as received": case.network_lengths,
        "at random": [random.randint(1, 200) for _ in body],
        "at random, larger": [random.randint(1, 4000) for _ in body],
    }
    for name, lengths in cuts.items():
        assert read(case.format, cut(body, lengths)).comparable() == whole, name
    assert aread(case.format, cut(body, cuts["at random"])).comparable() == whole


@pytest.mark.parametrize("case", CASES)
def test_accumulate(case: Case) -> None:
    outcome = read(case.format, [case.body])
    stream = rillm.decode(case.format, [case.body]).pipe(rillm.accumulate())
    if outcome.error is not None or outcome.response is None:
        with pytest.raises(APIStatusError):
            list(stream)
        return
    (response,) = stream
    excluded = {"id", "created", "usage"}
    assert response.model_dump(exclude=excluded) == outcome.response.model_dump(exclude=excluded)
