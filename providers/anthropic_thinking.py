"""How much Claude thinks, and in what form it answers, from OpenAI's `reasoning_effort` and `response_format`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from rillm.providers.anthropic_models import thinks_by_budget, thinks_unasked
from rillm.providers.anthropic_schema import within_limits
from rillm.streams.json_values import is_object

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rillm.providers.anthropic_fields import Values
    from rillm.providers.request import ChatCall

# LiteLLM's tokens of thinking for an effort; 1024 are the least that Anthropic allows.
BUDGETS: Final[Mapping[str, int]] = {
    "minimal": 1024, "low": 1024, "medium": 2048, "high": 4096, "xhigh": 8192, "max": 16384,
}  # fmt: skip
NO_EFFORT: Final = ("none", "disable")  # the latter is LiteLLM's
LEAST_EFFORT: Final = {"minimal": "low"}
USUAL_EFFORT: Final = "high"
ADAPTIVE: Final = {"type": "adaptive", "display": "summarized"}  # without a display, the newest models show nothing


def thinking_fields(call: ChatCall) -> Values:
    """The fields that `reasoning_effort` stands for; a `thinking` of the caller's own counts more.

    A budget of tokens for models before Claude 4.6, as in LiteLLM, and an effort for those after:
    https://platform.claude.com/docs/en/build-with-claude/adaptive-thinking.

    Raises:
        UnsupportedParamsError: there is no such effort.
    """
    told: Any = call.params.get("reasoning_effort")
    effort = told.get("effort") if is_object(told) else told
    if effort is None:
        return {}
    if effort in NO_EFFORT:
        thinking: Values | None = {"type": "disabled"} if thinks_unasked(call.model) else None
    elif effort not in BUDGETS:
        call.unsupported(f"reasoning_effort={effort!r}")
        return {}
    elif thinks_by_budget(call.model):
        thinking = {"type": "enabled", "budget_tokens": BUDGETS[effort]}
    else:
        thinking = dict(ADAPTIVE)
    fields: Values = {"thinking": thinking} if thinking else {}
    by_effort = effort not in NO_EFFORT and not thinks_by_budget(call.model)
    return fields | ({"output_config": {"effort": LEAST_EFFORT.get(effort, effort)}} if by_effort else {})


def thinking_tokens(fields: Values) -> int:
    """About how many tokens thinking takes by these fields of a request: it counts against `max_tokens`."""
    thinking, output = fields.get("thinking"), fields.get("output_config")
    if not is_object(thinking) or thinking.get("type") == "disabled":
        return 0
    effort = output.get("effort") if is_object(output) else None
    return int(thinking.get("budget_tokens") or BUDGETS.get(str(effort or USUAL_EFFORT), 0))


def format_fields(call: ChatCall) -> Values:
    """The field that `response_format` stands for: https://platform.claude.com/docs/en/build-with-claude/structured-outputs.

    Raises:
        UnsupportedParamsError: it asks for JSON without a schema, which Anthropic has no way to promise.
    """
    told: Any = call.params.get("response_format")
    if not is_object(told) or told.get("type") == "text":
        return {}
    named: Any = told.get("json_schema")
    schema = named.get("schema") if is_object(named) else told.get("response_schema")
    if not is_object(schema):
        call.unsupported(f"a response_format of the type {told.get('type')!r} without a schema")
        return {}
    return {"output_config": {"format": {"type": "json_schema", "schema": within_limits(schema)}}}
