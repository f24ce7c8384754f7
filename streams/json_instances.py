"""Instances of models and dataclasses of which not all has come, made without validation."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from pydantic import BaseModel
from pydantic_core import PydanticUndefined

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Schema: TypeAlias = dict[str, Any]  # one of `pydantic_core.core_schema`

# What may stand around another schema, which is its "schema".
AROUND: Final = frozenset({"nullable", "default", "function-after", "function-before", "function-wrap"})


def names_of(name: str, field: Schema, config: Schema) -> Iterator[str]:
    """The names that a field may have in JSON. A path into another value is none of them."""
    alias: Any = field.get("validation_alias")
    if alias is None or config.get("validate_by_name"):
        yield name
    if alias is not None and config.get("validate_by_alias", True):
        paths: Any = [[alias]] if isinstance(alias, str) else alias if isinstance(alias[0], list) else [alias]
        yield from (path[0] for path in paths if len(path) == 1)


def default_of(schema: Schema) -> Callable[[], Any]:
    """Makes what a field is that has not come: its default; None if it has none, or one that wants other fields."""
    while schema["type"] in AROUND - {"default"}:
        schema = schema["schema"]
    if schema["type"] != "default" or schema.get("default_factory_takes_data"):
        return lambda: None
    factory: Callable[[], Any] | None = schema.get("default_factory")
    return factory or (lambda: deepcopy(schema["default"]))


def instance(cls: type[Any], values: dict[str, Any], extra: dict[str, Any] | None, came: set[str]) -> Any:
    """An instance with these values of its fields, of which those in `came` were not made up.

    As `model_construct`, but without `model_post_init` and `__post_init__`, which count on all fields.
    """
    made: Any = object.__new__(cls)
    attributes = values
    if issubclass(cls, BaseModel):
        private = {name: one.get_default() for name, one in cls.__private_attributes__.items()}
        known = {name: one for name, one in private.items() if one is not PydanticUndefined}
        attributes = {
            "__dict__": values,
            "__pydantic_fields_set__": came,
            "__pydantic_extra__": extra,
            "__pydantic_private__": known if private else None,
        }
    for name, value in attributes.items():
        object.__setattr__(made, name, value)
    return made
