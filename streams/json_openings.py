"""How objects and arrays are shown that are still open, by pydantic's core schemas."""

from __future__ import annotations

import json
from collections.abc import Hashable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol

from rillm.streams.json_instances import AROUND, default_of, instance, names_of
from rillm.streams.json_values import is_object

if TYPE_CHECKING:
    from collections.abc import Callable

    from rillm.streams.json_instances import Schema
    from rillm.streams.json_shape import Shape

ABSENT: Final[Any] = object()  # what has not come, or is no value of its type
ANY: Final[Schema] = {"type": "any"}
ARRAYS: Final[dict[str, Callable[[list[Any]], Any]]] = {
    "any": list,
    "list": list,
    "set": lambda items: {item for item in items if isinstance(item, Hashable)},
    "frozenset": lambda items: frozenset(item for item in items if isinstance(item, Hashable)),
}


@dataclass(frozen=True, eq=False, slots=True)
class Opening:
    """How an open object or array is shown.

    Attributes:
        child: the shape of the child of a name, or at a place in an array; None where nothing is to be shown.
        make: what is made of the children that have come, a dict by name or a list.
    """

    child: Callable[[Any], Shape | None]
    make: Callable[[Any], Any]


@dataclass(frozen=True, eq=False, slots=True)
class Tagged:
    """A union: the member of one of these names tells which of the shapes it is."""

    names: frozenset[str]
    shapes: dict[Any, Shape]

    def chosen(self, tag: str) -> Opening | Tagged | None:
        """How an object is shown that has this tag, as JSON."""
        shape = None if tag.startswith(("{", "[")) else self.shapes.get(json.loads(tag, strict=False))
        return shape.object if shape else None


class ShapeOf(Protocol):
    """Gives the shape of a schema, and of a model's field under the configuration of the model."""

    def __call__(self, schema: Schema, config: Schema | None = None, /) -> Shape: ...


def of_array(schema: Schema, shape_of: ShapeOf) -> Opening | None:
    """How an array of this schema is shown; None if it is none, or only when it is whole."""
    kind = schema["type"]
    if kind == "model" and schema["root_model"]:
        return rooted(schema, shape_of(schema["schema"], schema.get("config")).array)
    if kind == "tuple":
        return of_tuple([shape_of(item) for item in schema["items_schema"]], schema.get("variadic_item_index"))
    if kind not in ARRAYS:
        return None
    items = shape_of(schema.get("items_schema", ANY))
    return Opening(lambda _: items, ARRAYS[kind])


def of_tuple(shapes: list[Shape], variadic: int | None) -> Opening:
    def child(place: int) -> Shape | None:
        place = place if variadic is None else min(place, variadic)
        return shapes[place] if place < len(shapes) else None

    return Opening(child, tuple)


def of_object(schema: Schema, shape_of: ShapeOf) -> Opening | Tagged | None:
    """How an object of this schema is shown; None if it is none, or only when it is whole."""
    match schema["type"]:
        case "any":
            return Opening(lambda _: shape_of(ANY), dict)
        case "dict":
            return of_dict(shape_of(schema.get("keys_schema", ANY)), shape_of(schema.get("values_schema", ANY)))
        case "tagged-union" if not callable(schema["discriminator"]):
            names = schema["discriminator"]
            paths = [[names]] if isinstance(names, str) else names
            shapes = {tag: shape_of(choice) for tag, choice in schema["choices"].items()}
            return Tagged(frozenset(path[0] for path in paths if len(path) == 1), shapes)
        case "model" if schema["root_model"]:
            return rooted(schema, shape_of(schema["schema"], schema.get("config")).object)
        case "model" | "dataclass" | "typed-dict":
            return of_fields(schema, shape_of)
        case _:
            return None


def rooted(schema: Schema, inner: Opening | Tagged | None) -> Opening | None:
    """As `inner`, but in a root model."""
    if not isinstance(inner, Opening):
        return None
    make = inner.make
    return Opening(inner.child, lambda came: instance(schema["cls"], {"root": make(came)}, None, {"root"}))


def of_dict(keys: Shape, values: Shape) -> Opening:
    def make(came: dict[str, Any]) -> dict[Any, Any]:
        pairs = ((keys.whole(json.dumps(name)), value) for name, value in came.items())
        return {key: value for key, value in pairs if key is not ABSENT}

    return Opening(lambda _: values, dict if keys.shows_text else make)


def of_fields(schema: Schema, shape_of: ShapeOf) -> Opening:
    """How a model, a dataclass or a typed dictionary is shown. In the latter there is only what has come."""
    config: Schema = schema.get("config") or {}
    fields = fields_of(schema)
    names = {alias: name for name, field in fields.items() for alias in names_of(name, field, config)}
    shapes = {name: shape_of(field["schema"], config) for name, field in fields.items()}
    defaults = {name: default_of(field["schema"]) for name, field in fields.items()}
    others = shape_of(ANY) if config.get("extra_fields_behavior") == "allow" else None

    def child(name: str) -> Shape | None:
        return shapes[names[name]] if name in names else others

    def known(came: dict[str, Any]) -> dict[str, Any]:
        return {names[name]: value for name, value in came.items() if name in names}

    def make(came: dict[str, Any]) -> Any:
        values = known(came)
        extra = {name: value for name, value in came.items() if name not in names} if others else None
        whole = {name: values[name] if name in values else default() for name, default in defaults.items()}
        return instance(schema["cls"], whole, extra, {*values})

    return Opening(child, known if schema["type"] == "typed-dict" else make)


def fields_of(schema: Schema) -> dict[str, Schema]:
    inner: Schema = schema.get("schema", schema)
    while inner["type"] in AROUND:
        inner = inner["schema"]
    listed: Any = inner["fields"]
    fields = listed if is_object(listed) else {field["name"]: field for field in listed}
    return {name: field for name, field in fields.items() if not field.get("init_only")}
