from __future__ import annotations

from typing import Any

import pytest

from rillm.streams.usage import Usage, completed, estimated_usage


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
