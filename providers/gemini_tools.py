"""Tools of OpenAI's as Google's: https://ai.google.dev/api/caching#Tool."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rillm.streams.errors import BadRequestError
from rillm.streams.json_values import is_object, objects_in

if TYPE_CHECKING:
    from collections.abc import Mapping


def tools_of(params: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Functions as declarations, Google's own tools (`{"googleSearch": {}}`) as they are.

    Args:
        params: of the call; of them `tools` and `web_search_options`.
    """
    declarations: list[dict[str, Any]] = []
    tools: list[dict[str, Any]] = []
    for tool in objects_in(params.get("tools")):
        function = tool.get("function")
        if is_object(function):
            declarations.append(declaration_of(function))
        elif tool.get("type") == "function":  # as in the Responses API
            declarations.append(declaration_of(tool))
        else:
            tools.append(tool)
    if declarations:
        tools.insert(0, {"functionDeclarations": declarations})
    if params.get("web_search_options") is not None:
        tools.append({"googleSearch": {}})
    return tools


def declaration_of(function: Mapping[str, Any]) -> dict[str, Any]:
    declaration = {key: function[key] for key in ("name", "description") if function.get(key)}
    schema = function.get("parameters")
    if is_object(schema) and schema:
        declaration |= schema_field("parameters", "parametersJsonSchema", schema)
    return declaration


def schema_field(openapi: str, json_schema: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    """A schema under the name of the field that takes it: JSON Schema or, with types like "OBJECT", Google's own."""
    schema = {key: value for key, value in schema.items() if key != "$schema"}
    return {openapi if str(schema.get("type")).isupper() else json_schema: schema}


def choice_of(choice: Any) -> dict[str, Any]:
    """The `functionCallingConfig` for a `tool_choice`.

    Raises:
        BadRequestError: it is none.
    """
    modes = {"auto": "AUTO", "none": "NONE", "required": "ANY", "any": "ANY"}
    if isinstance(choice, str) and choice in modes:
        return {"functionCallingConfig": {"mode": modes[choice]}}
    function = choice.get("function") if is_object(choice) else None
    if is_object(function):
        return {"functionCallingConfig": {"mode": "ANY", "allowedFunctionNames": [function.get("name")]}}
    raise BadRequestError(f"tool_choice= has to be 'auto', 'none', 'required' or a function, not {choice!r}.")
