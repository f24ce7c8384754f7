"""How the recorded facts of formats that stream nothing but text are read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.wire.expectation import Expectation

if TYPE_CHECKING:
    from collections.abc import Mapping


def generated(usage: Mapping[str, Any]) -> Mapping[str, Any]:
    """The prompt's tokens are those of the first event, which the recorded facts do not hold."""
    return {"completion_tokens": usage["generated_token_count"]}


WATSONX_TEXT = Expectation(usage=generated, reasons={"eos_token": "stop"}, says_id=False)
WRITER_COMPLETIONS = Expectation(says_model=False, says_id=False, ends_with_data=True)
