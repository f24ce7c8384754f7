"""`partial_json`: what an answer says in JSON, as an object that fills while it is being written."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

from pydantic import TypeAdapter, ValidationError

from rillm.operators.json_errors import SHOWN, adapter_of, cut_off, misfit, name_of, problems
from rillm.operators.json_reading import json_reading
from rillm.streams.json_grammar import ARRAY, OBJECT, NotJsonError
from rillm.streams.json_openings import ABSENT, ANY
from rillm.streams.json_shape import Shape
from rillm.streams.json_shown import shown
from rillm.streams.json_so_far import JsonSoFar

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rillm.operators.operator import Operator
    from rillm.streams.chunk import ModelResponseStream
    from rillm.streams.json_so_far import Moment

T = TypeVar("T")

PLAIN: Final = Shape(ANY)


class Partial(Generic[T]):
    """What has come of a `T` at one moment. It is made out when it is looked at, and stays as it is.

    Attributes:
        is_complete: whether this is all; then pydantic has validated it.
    """

    def __init__(self, moment: Moment, shape: Shape, whole: T = ABSENT) -> None:
        self.is_complete = whole is not ABSENT
        self._moment = moment
        self._shape = shape
        self._whole = whole

    @cached_property
    def value(self) -> T:
        """The `T`: what has not come of a model is its default, or None.

        What has closed in it is the same object in all that follow, and not to be changed.
        """
        value: Any = self._whole if self.is_complete else shown(self._moment, self._shape)
        return None if value is ABSENT else value  # type: ignore[return-value]

    @cached_property
    def json(self) -> Any:
        """What has come, as dicts, lists, texts and numbers."""
        return shown(self._moment, PLAIN)

    def __repr__(self) -> str:
        return f"Partial({self.value!r}{'' if self.is_complete else ', ...'})"


def partial_json(
    type_: type[T] | TypeAdapter[T], *, index: int = 0, tool: str | None = None
) -> Operator[ModelResponseStream | str, Partial[T]]:
    """Emit what has come of a JSON answer, as its type, with each piece that adds to it.

        -{"to":"Kim-----------------------_Lee"}-------------------|
        [ partial_json(dict) ]
        -Partial({'to':_'Kim'},_...)------Partial({'to':_'Kim_Lee'})|

    In `partial.value` of a model, what has not come is its default, or None. What has closed is validated by its own
    type, and a text is there from its first letter on. Numbers and literals come when they are whole, and so does that
    of which the beginning says nothing: a date, a union of models without a discriminator. A value that is none of its
    type stays as it was before it closed, or away: what is wrong is told in the end. The last partial `is_complete`,
    and pydantic has validated all of it.

    A partial is but a note of where the answer stood, and costs the same however long that is; `value` is made when it
    is asked for. JSON goes from the first bracket, of the kind that the type wants, to the last, at most 100 levels
    deep; prose and a Markdown fence around it are passed over. When it is complete, the stream goes on to its end, so
    that usage is counted.

    Args:
        type_: a pydantic model, another type that pydantic knows, or a `TypeAdapter`.
        index: which choice, for calls with n > 1.
        tool: the name of a tool: the arguments of its first call are read instead of the content.

    Errors: `JSONSchemaValidationError` as soon as the text cannot be JSON, or is whole and none of the type; it says
    where and what stood there. `StreamTruncatedError` when the stream ends before the JSON does; it is not `retryable`
    if the model had reached its limit of tokens. Both have what had come in `.partial`. `BadRequestError` at once for a
    type that pydantic does not know.

    >>> import rillm
    >>> from pydantic import BaseModel
    >>> class Recipe(BaseModel):
    ...     title: str
    ...     minutes: int = 0
    >>> answer = rillm.stream("mock/echo", mock_response='{"title": "Hot soup", "minutes": 20}')
    >>> for partial in answer.pipe(rillm.partial_json(Recipe)):
    ...     print(partial)
    Partial(Recipe(title=None, minutes=0), ...)
    Partial(Recipe(title='Hot', minutes=0), ...)
    Partial(Recipe(title='Hot soup', minutes=0), ...)
    Partial(Recipe(title='Hot soup', minutes=20))
    """
    adapter = adapter_of(type_)
    schema: Any = adapter.core_schema
    shape = Shape(schema)
    return json_reading(lambda: _Answer(adapter, shape, name_of(type_)), index, tool)


class _Answer(Generic[T]):
    """One answer."""

    def __init__(self, adapter: TypeAdapter[T], shape: Shape, name: str) -> None:
        self._adapter = adapter
        self._shape = shape
        self._name = name
        self._so_far = JsonSoFar((OBJECT if shape.object else "") + (ARRAY if shape.array else "") or OBJECT + ARRAY)

    def read(self, text: str) -> Iterator[Partial[T]]:
        try:
            moment = self._so_far.feed(text)
        except NotJsonError as error:
            raise misfit(f"The answer is no JSON: {error}", self.came(), self._name) from error
        if moment is not None:
            whole = self._validated() if self._so_far.is_complete else ABSENT
            yield Partial(moment, self._shape, whole)

    def lack(self, reason: str | None) -> Exception | None:
        if self._so_far.is_complete:
            return None
        if self._so_far.has_begun:
            return cut_off(f"The JSON was cut off, at {self.came()[-SHOWN:]!r}", reason)
        return misfit("There is no JSON in the answer", self.came(), self._name)

    def came(self) -> str:
        text = self._so_far.text
        return text.part(0, len(text))

    def _validated(self) -> T:
        text = self._so_far.whole()
        try:
            return self._adapter.validate_json(text)
        except ValidationError as error:
            raise misfit(f"The answer is no {self._name}: {problems(error)}", text, self._name) from error
