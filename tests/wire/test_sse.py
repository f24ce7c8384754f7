"""`from_sse(to_sse(answer))` is the answer: of every body beside this module, and of every recording."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import rillm
from rillm.streams.json_values import EMPTY
from tests.kit.frames import FORMATS
from tests.wire.corpus import cases
from tests.wire.outcome import Outcome, read
from tests.wire.summary import call_summary
from tests.wire.test_tables import TABLES, as_sent

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rillm import Choices, Usage


def answers() -> Iterator[Any]:
    for table in TABLES:
        yield from (
            pytest.param(table.format, table.bodies[name], id=f"{table.format}-{name}") for name in table.answers
        )
    yield from (pytest.param(case.format, case.body, id=case.name) for case in cases())


def of_choice(choice: Choices, format_: str, ids: Sequence[str]) -> dict[str, Any]:
    message, reason = choice.message, choice.finish_reason
    calls = [call_summary(call) for call in message.tool_calls or ()]
    values: dict[str, Any] = {
        "index": choice.index,
        "text": message.content,
        "refusal": message.get("refusal"),
        "reasoning": message.get("reasoning_content"),
        "thinking": message.get("thinking_blocks"),
        "calls": calls,
        "finish_reason": reason,
    }
    if format_ != "openai":  # they have a text for a refusal, and one way to call a function, with an id of its own
        if message.function_call:
            calls.append((None, message.function_call.name, message.function_call.arguments))
        values["calls"] = [call if call[0] in ids else call[1:] for call in calls]
        values["text"] = (message.content or "") + (values.pop("refusal") or "")
        values["finish_reason"] = of_reason(reason, format_, called=bool(calls))
    return {name: value for name, value in values.items() if value not in EMPTY}


def of_reason(reason: str | None, format_: str, *, called: bool) -> str | None:
    """What is left of a reason: Anthropic's clients are told of calls, and the AI SDK has a list of its own."""
    if reason == "function_call" or (format_ == "anthropic" and called and reason == "stop"):
        return "tool_calls"
    known = {"stop", "length", "tool_calls", "content_filter", "error"}
    return reason if format_ == "anthropic" or reason in known else "other"


def of_usage(usage: Usage, format_: str) -> dict[str, Any] | None:
    """As it was reported; Anthropic has no total."""
    if usage.is_estimated:
        return None
    prompt, completion = usage.prompt_tokens_details, usage.completion_tokens_details
    return {
        "prompt": usage.prompt_tokens,
        "completion": usage.completion_tokens,
        "total": None if format_ == "anthropic" else usage.total_tokens,
        "cached": prompt and prompt.cached_tokens,
        "thoughts": completion and completion.reasoning_tokens,
    }


def summary_of(outcome: Outcome, format_: str, ids: Sequence[str]) -> dict[str, Any]:
    response = outcome.response
    assert response is not None
    return {
        "choices": [of_choice(choice, format_, ids) for choice in response.choices],
        "usage": of_usage(response.usage, format_),
        "id": response.id,
        "model": response.model,
    }


def ids_of(response: rillm.ModelResponse) -> list[str]:
    """Those by which a call can be found."""
    ids = [call.id or "" for choice in response.choices for call in choice.message.tool_calls or ()]
    return [id_ for id_ in ids if id_ and ids.count(id_) == 1]


def can_say(response: rillm.ModelResponse, format_: str) -> bool:
    is_custom = any(call.custom for choice in response.choices for call in choice.message.tool_calls or ())
    return format_ == "openai" or (
        [choice.index for choice in response.choices] == [0] and not (is_custom and format_ == "anthropic")
    )


def everything_in(response: rillm.ModelResponse) -> dict[str, Any]:
    """Groq's own field repeats the usage, once."""
    return {name: value for name, value in as_sent(response).items() if name != "x_groq"}


@pytest.mark.parametrize("format_", FORMATS)
@pytest.mark.parametrize(("wire", "body"), [*answers()])
def test_the_same_answer_comes_back(wire: str, body: bytes, format_: Any) -> None:
    before = read(wire, [body])
    if before.error is not None or not before.chunks:
        pytest.skip("no answer that ends well")
    assert before.response is not None
    stream = rillm.of(*before.chunks).pipe(rillm.to_sse(format_), rillm.from_sse(format_))
    if not can_say(before.response, format_):
        with pytest.raises(rillm.RillmError, match=r"one choice|no custom tools"):
            list(stream)
        return
    after = Outcome([*stream])
    ids = ids_of(before.response)
    assert summary_of(after, format_, ids) == summary_of(before, format_, ids)
    if format_ == "openai":
        assert after.response is not None
        assert everything_in(after.response) == everything_in(before.response)
