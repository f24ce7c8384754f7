"""How the recorded facts of Ollama's formats are read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.wire.expectation import Expectation

if TYPE_CHECKING:
    from collections.abc import Mapping


def counted(usage: Mapping[str, Any]) -> Mapping[str, Any]:
    counts = {"prompt_tokens": usage["prompt_eval_count"], "completion_tokens": usage["eval_count"]}
    return {**counts, "total_tokens": sum(counts.values())}


OLLAMA = Expectation(usage=counted, says_id=False, arguments_are_objects=True)
