"""What a JSON value of a server is, for a type checker as well."""

from __future__ import annotations

from typing import Any, Final, TypeGuard

EMPTY: Final[tuple[Any, ...]] = (None, "", [], {})  # what says nothing


def is_object(value: Any) -> TypeGuard[dict[str, Any]]:
    return isinstance(value, dict)


def is_array(value: Any) -> TypeGuard[list[Any]]:
    return isinstance(value, list)


def objects_in(values: Any) -> list[dict[str, Any]]:
    """The objects in a list; none where it is no list."""
    return [value for value in values if is_object(value)] if is_array(values) else []


def merged(earlier: Any, later: Any) -> Any:
    """`later` over `earlier`, object by object; null changes nothing."""
    if is_object(earlier) and is_object(later):
        return earlier | {key: merged(earlier.get(key), value) for key, value in later.items()}
    return earlier if later is None else later


def gather(values: dict[str, Any], key: str, value: Any) -> None:
    """Add to lists; of anything else keep the last that is not null."""
    earlier = values.get(key)
    if is_array(value):
        if not is_array(earlier):
            values[key] = earlier = []
        earlier.extend(value)
    elif value is not None or key not in values:
        values[key] = value
