"""What a recording holds, feature by feature: as we read it, and as it was computed independently.

WIRE_CORPUS=… python -m tests.wire.conformance > tests/wire/RESULTS.md
"""

from __future__ import annotations

import json
import re
import sys
from collections import Counter
from random import Random
from typing import TYPE_CHECKING, Any

from rillm.streams.errors import APIStatusError, StreamTruncatedError
from rillm.streams.finish_reasons import OPENAI_WORDS
from tests.wire.corpus import Case, cases
from tests.wire.expectations import EXPECTATIONS
from tests.wire.outcome import Outcome, aread, cut, read
from tests.wire.summary import call_summary

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from rillm import Choices, ModelResponse, Usage
    from tests.wire.expectation import Expectation

    # What we found and what is expected, by feature.
    Facts = dict[str, tuple[Any, Any]]

BYTE_BY_BYTE = 2_000  # at the start and at the end of a body; the middle of a larger one comes in one block
CUTS_SHORT = 20  # places in each recording where it is cut off
REASON = re.compile(rb'"finish_?reason": *"', re.IGNORECASE)
FEATURES = (
    "text", "reasoning", "refusal", "tool calls", "citations", "server tools", "finish reason", "usage", "errors",
    "logprobs", "identity", "cut anywhere", "cut short",
)  # fmt: skip


def facts(case: Case, outcome: Outcome) -> Facts:
    """The features that the recording has."""
    expected, expectation = case.expected, EXPECTATIONS[case.format]
    found: Facts = {"errors": errors(outcome, expected, expectation)} if is_failure(expected, expectation) else {}
    response = outcome.response
    if response is None:
        return {**found, "text": ("", expected["text"])}
    wanted = expected.get("choices") or [expected]
    failed = outcome.error is not None
    ours = [of_choice(choice, expectation) for choice in response.choices]
    theirs = [of_answer({**expected, **choice}, expectation, failed=failed) for choice in wanted]
    for feature in ("text", "reasoning", "refusal", "tool calls", "finish reason", "logprobs"):
        values = [one[feature] for one in ours], [one[feature] for one in theirs]
        if any(values[0]) or any(values[1]):
            found[feature] = values
    found |= counts(response, expected, expectation)
    if not failed:
        found["identity"] = identity(response, expected, expectation)
        found["usage"] = used(response.usage, expected["usage"] and expectation.usage(expected["usage"]))
    return found


def is_failure(expected: Mapping[str, Any], expectation: Expectation) -> bool:
    return bool(expected["errors"]) or (expectation.needs_reason and not expectation.raw_reason(expected))


def errors(outcome: Outcome, expected: Mapping[str, Any], expectation: Expectation) -> tuple[Any, Any]:
    """Message and status; of several errors the first ends the stream. A missing end is one, too."""
    error = outcome.error
    if not expected["errors"]:
        return isinstance(error, StreamTruncatedError), expectation.needs_reason
    told = expected["errors"][0]
    if isinstance(told, str):
        told = {"message": told}
    status = told.get("code") if isinstance(told.get("code"), int) else error and error.status_code
    found = error and (error.message, error.status_code, isinstance(error, APIStatusError), error.status_code != 200)
    return found, (told.get("message") or told["error"], status, True, True)


def of_choice(choice: Choices, expectation: Expectation) -> dict[str, Any]:
    message = choice.message
    logprobs: dict[str, Any] = choice.get("logprobs") or {}
    calls = [call_summary(call) for call in message.tool_calls or ()]
    return {
        "text": message.content or "",
        "reasoning": message.get("reasoning_content") or "",
        "refusal": message.get("refusal") or "",
        # Ids are ours where a format has none, and arguments a dump of ours where it has objects.
        "tool calls": [(name, json.loads(text)) for _, name, text in calls]
        if expectation.arguments_are_objects
        else calls,
        "finish reason": choice.finish_reason,
        "logprobs": len(logprobs.get("content") or logprobs.get("tokens") or ()),
    }


def of_answer(expected: Mapping[str, Any], expectation: Expectation, *, failed: bool) -> dict[str, Any]:
    calls: list[Any] = [(call["id"], call["name"], call["arguments"]) for call in expected["tool_calls"]]
    if expectation.arguments_are_objects:
        calls = [(call["name"], call["arguments_json"]) for call in expected["tool_calls"]]
    implied = "tool_calls" if calls else "stop"
    raw = expectation.raw_reason(expected)
    reason = expectation.reasons.get(raw) or OPENAI_WORDS.get(raw, raw) or implied
    follows_calls = expectation.finish_follows_calls and reason == "stop"
    return {
        **{key: expected[key] for key in ("text", "reasoning", "refusal")},
        "tool calls": calls,
        "finish reason": None if failed else implied if follows_calls else reason,
        "logprobs": expected.get("logprob_tokens", 0),
    }


def counts(response: ModelResponse, expected: Mapping[str, Any], expectation: Expectation) -> Facts:
    found: Facts = {}
    top = expected.get("citations_top_level", {})
    if top:
        found["citations"] = ({key: response.get(key) for key in top}, top)
    elif expectation.citations and expected["citations"]:
        found["citations"] = (expectation.citations(response), len(expected["citations"]))
    if expectation.server_calls and expected["server_tool_calls"]:
        found["server tools"] = (expectation.server_calls(response), len(expected["server_tool_calls"]))
    return found


def identity(response: ModelResponse, expected: Mapping[str, Any], expectation: Expectation) -> tuple[Any, Any]:
    """Model, id and the provider's own finish reason, where the format tells them."""
    native = expected.get("native_finish_reason")
    model = expected["model"] if expectation.says_model else response.model
    name = expected["id"] if expectation.says_id and expected["id"] else response.id
    ours = response.choices[0].get("native_finish_reason") if native else None
    return (response.model, response.id, ours), (model, name, native)


def used(usage: Usage, expected: Mapping[str, Any] | None) -> tuple[Any, Any]:
    """What was reported, as far as it was; of details ours has more keys."""
    values = usage.model_dump()
    ours: dict[str, Any] = {"is estimated": usage.is_estimated}
    theirs: dict[str, Any] = {"is estimated": expected is None}
    for key, value in (expected or {}).items():
        if value is not None:
            ours[key] = values.get(key)
            theirs[key] = {**(values.get(key) or {}), **value} if isinstance(value, dict) else value
    return ours, theirs


def cut_anywhere(case: Case) -> tuple[Any, Any]:
    """The same chunks, however the body is cut into blocks."""
    body, random = case.body, Random(case.name)  # noqa: S311 - repeatable cuts
    whole = read(case.format, [body]).comparable()
    middle = max(0, len(body) - 2 * BYTE_BY_BYTE)
    cuts = {
        "byte by byte": [1] * BYTE_BY_BYTE + [middle] + [1] * BYTE_BY_BYTE,
        "as received": case.network_lengths,
        "at random": [random.randint(1, 200) for _ in body],
        "at random, larger": [random.randint(1, 4000) for _ in body],
    }
    same = {name: read(case.format, cut(body, lengths)).comparable() == whole for name, lengths in cuts.items()}
    same["async"] = aread(case.format, cut(body, cuts["at random"])).comparable() == whole
    return same, dict.fromkeys(same, True)


def cut_short(case: Case) -> tuple[Any, Any]:
    """Always the beginning of the text, and no clean end before the whole has come or the provider has told a reason.

    Some tell one and go on.
    """
    body, random = case.body, Random(case.name)  # noqa: S311 - repeatable cuts
    text = spoken(read(case.format, [body]).response)
    wrong: list[tuple[int, str]] = []
    for place in sorted(random.sample(range(len(body)), min(CUTS_SHORT, len(body)))):
        outcome = read(case.format, [body[:place]])
        said = spoken(outcome.response)
        is_over = said == text or REASON.search(body[:place]) or EXPECTATIONS[case.format].ends_with_data
        if not text.startswith(said) or (outcome.error is None and not is_over):
            wrong.append((place, said))
        elif outcome.error is not None and not isinstance(outcome.error, StreamTruncatedError | APIStatusError):
            wrong.append((place, repr(outcome.error)))
    return wrong, []


def spoken(response: ModelResponse | None) -> str:
    """The text of the first choice."""
    return (response.choices[0].message.content or "") if response else ""


def table(found: Iterable[tuple[str, str, bool]]) -> list[str]:
    """`passed/total` for each format and feature, in Markdown."""
    passed, total = Counter[tuple[str, str]](), Counter[tuple[str, str]]()
    for format_, feature, holds in found:
        for row in (format_, "**all**"):
            total[row, feature] += 1
            passed[row, feature] += holds
    rows = [*sorted({row for row, _ in total} - {"**all**"}), "**all**"]
    cells = {key: f"{passed[key]}/{count}" for key, count in total.items()}
    lines = [[row, *(cells.get((row, feature), "") for feature in FEATURES)] for row in rows]
    head = [["format", *FEATURES], ["---"] * (len(FEATURES) + 1)]
    return [f"| {' | '.join(line)} |" for line in (*head, *lines)]


def judged(case: Case) -> Iterable[tuple[str, str, bool]]:
    """Whether each feature of a recording is as expected, by `for` and by `async for` alike."""
    everything = facts(case, read(case.format, [case.body])), facts(case, aread(case.format, [case.body]))
    more: Facts = {"cut anywhere": cut_anywhere(case), "cut short": cut_short(case)}
    for feature in FEATURES:
        values = [found[feature] for found in (*everything, more) if feature in found]
        if values:
            yield case.format, feature, all(ours == theirs for ours, theirs in values)


def main() -> None:
    recordings = cases()
    lines = table(one for case in recordings for one in judged(case))
    sys.stdout.write(
        f"# {len(recordings)} recorded streams\n\nMade by `python -m tests.wire.conformance`: for each format and "
        "feature, how many of the recordings that have it are read as expected, by `for` and by `async for`.\n\n"
    )
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
