from __future__ import annotations

from typing import Any

import pytest

from rillm.streams.usage import Usage, completed, estimated_usage, merge_usage

Counts = tuple[int | None, int | None, int | None]  # prompt, answer, total


def estimate() -> Usage:
    return estimated_usage(20, "a" * 12)


@pytest.mark.parametrize(
    ("reported", "tokens", "is_estimated"),
    [
        (None, (20, 3, 23), True),
        ({"prompt_tokens": 7, "completion_tokens": 2}, (7, 2, 9), False),
        ({"prompt_tokens": 7, "completion_tokens": 0}, (7, 0, 7), False),
        ({"prompt_tokens": 7, "total_tokens": 7}, (7, 0, 7), False),
        ({"completion_tokens": 2}, (0, 2, 2), False),
        ({"prompt_tokens": 7}, (7, 3, 10), True),
    ],
)
def test_a_report_is_completed(
    reported: dict[str, Any] | None,
    tokens: tuple[int, int, int],
    is_estimated: bool,  # noqa: FBT001 - a row
) -> None:
    usage = completed(None if reported is None else Usage.model_validate(reported), estimate)
    assert (usage.prompt_tokens, usage.completion_tokens, usage.total_tokens) == tokens
    assert usage.is_estimated == is_estimated


def test_details_of_the_report_are_kept() -> None:
    reported = Usage.model_validate({"prompt_tokens": 7, "prompt_tokens_details": {"cached_tokens": 5}})
    details = completed(reported, estimate).prompt_tokens_details
    assert details is not None
    assert details.cached_tokens == 5


@pytest.mark.parametrize(
    ("earlier", "later", "merged"),
    [
        ((3, 4, 7), (3, 5, 8), (3, 5, 8)),
        ((3, 4, 7), (None, 5, None), (3, 5, 8)),
        ((3, 4, 7), (0, 0, 0), (0, 0, 0)),
        ((3, 4, 9), (3, 4, None), (3, 4, 7)),
        ((None, 4, None), (3, 4, 9), (3, 4, 9)),
        ((3, None, None), (None, 4, None), (3, 4, 7)),
    ],
)
def test_the_later_report_wins_field_by_field(earlier: Counts, later: Counts, merged: Counts) -> None:
    result = merge_usage(report(earlier), report(later))
    assert (result.prompt_tokens, result.completion_tokens, result.total_tokens) == merged


@pytest.mark.parametrize(
    "details", [{}, {"prompt_tokens_details": None}, {"prompt_tokens_details": {"audio_tokens": 1}}]
)
def test_details_that_a_later_report_lacks_stay(details: dict[str, Any]) -> None:
    earlier = Usage.model_validate({"prompt_tokens": 3, "prompt_tokens_details": {"cached_tokens": 2}})
    result = merge_usage(earlier, Usage.model_validate({"prompt_tokens": 4, **details}))
    assert result.prompt_tokens == 4
    assert result.prompt_tokens_details is not None
    assert result.prompt_tokens_details.cached_tokens == 2


def report(counts: Counts) -> Usage:
    fields = zip(("prompt_tokens", "completion_tokens", "total_tokens"), counts, strict=True)
    return Usage.model_validate({name: count for name, count in fields if count is not None})
