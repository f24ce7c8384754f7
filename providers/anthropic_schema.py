"""JSON schemas within the limits of Anthropic's structured outputs.

https://platform.claude.com/docs/en/build-with-claude/structured-outputs#json-schema-limitations
"""

from __future__ import annotations

from typing import Any, Final

from rillm.streams.json_values import is_array, is_object

Schema = dict[str, Any]

OF_NAMES: Final = frozenset({"properties", "$defs", "definitions"})
OF_LISTS: Final = frozenset({"anyOf", "allOf", "oneOf"})
REFUSED: Final = frozenset({
    "exclusiveMaximum", "exclusiveMinimum", "maxContains", "maxItems", "maxLength", "maxProperties", "maximum",
    "minContains", "minLength", "minProperties", "minimum", "multipleOf", "uniqueItems",
})  # fmt: skip


def within_limits(schema: Any) -> Any:
    """`schema` as Anthropic takes it: objects have no further properties, and limits are told in words.

    >>> within_limits({"type": "object", "properties": {"age": {"type": "integer", "minimum": 1}}})["properties"]
    {'age': {'type': 'integer', 'description': 'minimum: 1'}}
    """
    if not is_object(schema):
        return schema
    limits = {name: value for name, value in schema.items() if name in REFUSED or is_large_minimum(name, value)}
    kept = {name: part(name, value) for name, value in schema.items() if name not in limits}
    if "oneOf" in kept:
        kept["anyOf"] = kept.pop("oneOf")
    if "properties" in kept or "object" in (kept.get("type"), *listed(kept.get("type"))):
        kept["additionalProperties"] = False
    if limits:
        words = ", ".join(f"{name}: {value}" for name, value in limits.items())
        kept["description"] = f"{kept['description']} ({words})" if kept.get("description") else words
    return kept


def part(name: str, value: Any) -> Any:
    """What stands under a keyword, with the schemas in it."""
    if name in OF_NAMES and is_object(value):
        return {key: within_limits(one) for key, one in value.items()}
    if name in OF_LISTS:
        return [within_limits(one) for one in listed(value)]
    return within_limits(value) if name == "items" else value


def is_large_minimum(name: str, value: Any) -> bool:
    return name == "minItems" and value not in {0, 1}


def listed(value: Any) -> list[Any]:
    return value if is_array(value) else []
