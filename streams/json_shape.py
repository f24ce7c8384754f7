"""What is made of JSON that is still being written, by the type that it is to have in the end.

What has closed is validated, as pydantic does it. What is open is made without validation from what has come of it: a
model from its fields, a list from its items, a text from its beginning. Where the type does not tell what to make of it
(half a `datetime`, a union of models before the field that tells them apart), there is nothing to show yet.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from pydantic_core import SchemaValidator

from rillm.streams.json_instances import AROUND
from rillm.streams.json_openings import ABSENT, of_array, of_object
from rillm.streams.json_values import is_object

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rillm.streams.json_instances import Schema
    from rillm.streams.json_openings import Opening, Tagged

THROUGH = frozenset({"any", "list", "dict"})  # what is the same in Python as in JSON, once it is there


class Shape:
    """A type, by pydantic's core schema of it.

    Args:
        schema: of the type.
        definitions: schemas that are referred to, by the names of the references.
        config: of the model that it is a field of.
        known: the shapes of one type, by their schemas, for it may be within itself.
    """

    def __init__(
        self,
        schema: Schema,
        definitions: dict[str, Schema] | None = None,
        config: Schema | None = None,
        known: dict[int, Shape] | None = None,
    ) -> None:
        if schema["type"] == "definitions":
            definitions = {definition["ref"]: definition for definition in schema["definitions"]}
            schema = schema["schema"]
        self._schema = schema
        self._definitions = definitions or {}
        self._config = config
        self._known = {} if known is None else known

    def whole(self, text: str) -> Any:
        """The value of JSON that is whole; ABSENT if it is none of this type."""
        try:
            return self._validator.validate_json(text)
        except Exception:  # noqa: BLE001 - validators are somebody else's code; in the end it is told what is wrong
            return ABSENT

    @cached_property
    def _validator(self) -> SchemaValidator:
        schema: Any = self._schema
        if self._definitions:
            schema = {"type": "definitions", "schema": schema, "definitions": [*self._definitions.values()]}
        config: Any = self._config
        return SchemaValidator(schema, config)

    @cached_property
    def shows_text(self) -> bool:
        """Whether the beginning of a text is shown."""
        return any(schema["type"] in {"str", "any"} for schema in self._bare(self._schema))

    @cached_property
    def object(self) -> Opening | Tagged | None:
        """How an open object is shown; None if it is shown when it is whole."""
        choices = [choice for schema in self._bare(self._schema) if (choice := of_object(schema, self._of))]
        return choices[0] if len(choices) == 1 else None

    @cached_property
    def array(self) -> Opening | None:
        """How an open array is shown; None if it is shown when it is whole."""
        choices = [choice for schema in self._bare(self._schema) if (choice := of_array(schema, self._of))]
        return choices[0] if len(choices) == 1 else None

    def _bare(self, schema: Schema) -> Iterator[Schema]:
        """The schemas that a value may have, without what stands around them."""
        kind = schema["type"]
        if kind in AROUND:
            yield from self._bare(schema["schema"])
        elif kind == "definition-ref":
            yield from self._bare(self._definitions[schema["schema_ref"]])
        elif kind == "union":
            for choice in schema["choices"]:
                yield from self._bare(choice if is_object(choice) else choice[0])
        elif kind == "json-or-python" and schema["json_schema"]["type"] in THROUGH:
            yield schema["json_schema"]
        else:
            yield schema

    def _of(self, schema: Schema, config: Schema | None = None) -> Shape:
        if id(schema) not in self._known:
            self._known[id(schema)] = Shape(schema, self._definitions, config or self._config, self._known)
        return self._known[id(schema)]
