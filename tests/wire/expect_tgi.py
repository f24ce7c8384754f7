"""How the recorded facts of Text Generation Inference are read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.wire.expectation import Expectation

if TYPE_CHECKING:
    from collections.abc import Mapping


def generated(usage: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"completion_tokens": usage["generated_tokens"]}


TGI = Expectation(
    usage=generated, reasons={"eos_token": "stop", "stop_sequence": "stop"}, says_model=False, says_id=False
)
