"""OpenAI's parameters in Converse.

https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_InferenceConfiguration.html
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final

from rillm.providers.anthropic_thinking import thinking_fields
from rillm.providers.bedrock_tools import vendors_own
from rillm.providers.request import listed_as, nothing

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rillm.providers.request import ChatCall, Translation

INFERENCE: Final = ("maxTokens", "temperature", "topP", "stopSequences")
# Further fields of the API; what is none of them and not OpenAI's is the model's.
FIELDS: Final = (
    "additionalModelResponseFieldPaths", "guardrailConfig", "outputConfig", "performanceConfig", "promptVariables",
    "requestMetadata", "serviceTier", "toolConfig",
)  # fmt: skip


def parameters(call: ChatCall) -> dict[str, Any]:
    """The fields of a request beside the conversation and the tools that are given in OpenAI's words.

    Raises:
        UnsupportedParamsError: the API cannot do what a parameter asks for.
    """
    fields = call.translated(words(call))
    inference = {**fields.pop("inferenceConfig", {}), **taken(fields, INFERENCE)}
    known = taken(fields, FIELDS)
    of_model = {**fields.pop("additionalModelRequestFields", {}), **fields}
    if is_claude(call.model):
        of_model = with_thinking(call, of_model)
    if "top_k" in of_model and is_nova(call.model):
        of_model["inferenceConfig"] = {"topK": of_model.pop("top_k")}
    return {
        **known,
        **({"inferenceConfig": inference} if inference else {}),
        **({"additionalModelRequestFields": of_model} if of_model else {}),
    }


def taken(fields: dict[str, Any], names: Sequence[str]) -> dict[str, Any]:
    """Those of the fields that have these names, taken out."""
    return {name: fields.pop(name) for name in names if name in fields}


def words(call: ChatCall) -> Mapping[str, str | Translation]:
    """What OpenAI's parameters are called here. Tools have a place of their own."""
    return {
        "max_tokens": "maxTokens",
        "max_completion_tokens": "maxTokens",
        "temperature": "temperature",
        "top_p": "topP",
        "stop": listed_as("stopSequences"),
        "service_tier": lambda tier: {"serviceTier": {"type": "default" if tier == "auto" else tier}},
        "thinking": "thinking",
        "reasoning_effort": nothing if is_claude(call.model) else partial(reasoning, call.model),
        "tools": own_tools,
        "tool_choice": nothing,
        "response_format": nothing,
    }


def own_tools(tools: Any) -> dict[str, Any]:
    own = vendors_own(tools)
    return {"tools": own} if own else {}


def with_thinking(call: ChatCall, fields: dict[str, Any]) -> dict[str, Any]:
    """Claude's fields with those that an effort stands for; the caller's own count more."""
    thinking = thinking_fields(call)
    output: dict[str, Any] = {**thinking.pop("output_config", {}), **fields.get("output_config", {})}
    return {**thinking, **fields, **({"output_config": output} if output else {})}


def reasoning(model: str, effort: str) -> dict[str, Any]:
    """How much a model is to think, by its vendor's words."""
    if is_nova(model):
        thinks = effort not in {"none", "disable"}
        enabled = {"type": "enabled", "maxReasoningEffort": effort}
        return {"reasoningConfig": enabled if thinks else {"type": "disabled"}}
    return {"reasoning_effort": effort}


def is_claude(model: str) -> bool:
    return "anthropic." in model


def is_nova(model: str) -> bool:
    return "amazon.nova" in model
