"""Tools and the choice among them: https://platform.claude.com/docs/en/agents-and-tools/tool-use/define-tools."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from rillm.providers.anthropic_models import has_strict_tools
from rillm.providers.anthropic_schema import within_limits
from rillm.streams.json_values import is_array, is_object

if TYPE_CHECKING:
    from rillm.providers.anthropic_fields import Values
    from rillm.providers.request import ChatCall

CHOICES: Final = {"auto": "auto", "required": "any", "any": "any", "none": "none"}
NATIVE_CHOICES: Final = frozenset({"auto", "any", "tool", "none"})
SEARCHES: Final = {"low": 1, "medium": 5, "high": 10}  # how many a `search_context_size` allows, as in LiteLLM


def tool_fields(call: ChatCall) -> Values:
    """The fields `tools` and `tool_choice`, as far as the call needs them."""
    told: Any = call.params.get("tools")
    tools = [tool(call.model, one) for one in told] if is_array(told) else []
    options: Any = call.params.get("web_search_options")
    if options is not None:
        tools.append(web_search(options if is_object(options) else {}))
    choice = tool_choice(call)
    return {**({"tools": tools} if tools else {}), **({"tool_choice": choice} if choice else {})}


def tool(model: str, told: Any) -> Any:
    """A function as Anthropic has it; Anthropic's own tools as they are.

    `strict` is sent to the models that can be; others do what they can. All else beside the function is kept:
    `cache_control`, `defer_loading`, ….
    """
    function: Any = told.get("function") if is_object(told) else None
    if not is_object(function):
        return told
    schema: Values = {"type": "object", "properties": {}, **(function.get("parameters") or {})}
    rest = {name: value for name, value in told.items() if name not in {"type", "function"}}
    named = {name: value for name, value in function.items() if name not in {"parameters", "strict"}}
    if function.get("strict") and has_strict_tools(model):
        return {**named, "input_schema": within_limits(schema), "strict": True, **rest}
    return {**named, "input_schema": schema, **rest}


def web_search(options: Values) -> Values:
    """Anthropic's own search: https://platform.claude.com/docs/en/agents-and-tools/tool-use/web-search-tool."""
    search: Values = {"type": "web_search_20250305", "name": "web_search"}
    where: Any = options.get("user_location")
    if is_object(where):
        search["user_location"] = {"type": "approximate", **(where.get("approximate") or where)}
    uses = SEARCHES.get(str(options.get("search_context_size")))
    return {**search, "max_uses": uses} if uses else search


def tool_choice(call: ChatCall) -> Values | None:
    """Which tools the model may or has to call.

    Raises:
        UnsupportedParamsError: Anthropic has no such choice.
    """
    told: Any = call.params.get("tool_choice")
    one_by_one = call.params.get("parallel_tool_calls") is False
    choice = named_choice(told)
    if told is not None and choice is None:
        call.unsupported(f"tool_choice={told!r}")
    if not one_by_one or (choice and choice["type"] == "none"):
        return choice
    return {"type": "auto", **(choice or {}), "disable_parallel_tool_use": True}


def named_choice(told: Any) -> Values | None:
    """A choice in Anthropic's words; None if it has none for it."""
    if isinstance(told, str):
        return {"type": CHOICES[told]} if told in CHOICES else None
    if not is_object(told):
        return None
    function: Any = told.get("function")
    if told.get("type") == "function" and is_object(function):
        return {"type": "tool", "name": function.get("name")}
    return dict(told) if told.get("type") in NATIVE_CHOICES else None
