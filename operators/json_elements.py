"""`json_elements`: the elements of an array in a JSON answer, each as soon as it is complete."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Generic, Literal, TypeAlias, TypeVar

from pydantic import TypeAdapter, ValidationError

from rillm.operators.json_errors import SHOWN, adapter_of, cut_off, misfit, name_of, problems
from rillm.operators.json_reading import json_reading
from rillm.streams.errors import BadRequestError
from rillm.streams.json_elements import ElementTexts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rillm.operators.operator import Operator
    from rillm.streams.chunk import ModelResponseStream

T = TypeVar("T")
OnInvalid: TypeAlias = Literal["raise", "skip"] | Callable[[ValidationError, str], object]


def json_elements(
    path: str,
    item_type: type[T] | TypeAdapter[T],
    *,
    on_invalid: OnInvalid = "raise",
    index: int = 0,
    tool: str | None = None,
) -> Operator[ModelResponseStream | str, T]:
    """Emit each element of an array in a JSON answer, as its type, the moment it closes.

        -{"steps":["bo---il"----]}----|
        [ json_elements("steps", str) ]
        -----------------boil---------|

    Nothing else of the answer is kept. JSON goes from the first bracket, of the kind that the path begins with, to the
    last; prose and a Markdown fence around it are passed over. When the array has closed, the stream goes on to its
    end, so that usage is counted: leave it by `take` or `first`, and the connection is closed at once.

    Args:
        path: the names that lead to the array, with dots between them, as in "result.items"; "" or "$" if the answer is
            the array. A number is a place in an array, and `*` any name or place: "chapters.*.steps" gives the elements
            of several arrays, one after the other.
        item_type: a pydantic model, another type that pydantic knows, or a `TypeAdapter`.
        on_invalid: what becomes of an element that is none of the type: "raise" an error, "skip" it, or a function that
            is called with pydantic's error and the text of the element; then it is skipped.
        index: which choice, for calls with n > 1.
        tool: the name of a tool; the arguments of its first call, which are kept, are read instead of the content.

    Errors: `JSONSchemaValidationError` for an invalid element, for what cannot be JSON, and where the answer ends
    without such an array; then it says which names were there. `StreamTruncatedError` when the stream ends within the
    array; it is not `retryable` if the model had reached its limit of tokens. `BadRequestError` at once for a wrong
    argument.

    >>> import rillm
    >>> answer = rillm.stream("mock/echo", mock_response='Primes: {"primes": [2, 3, 5, "six", 7]}')
    >>> list(answer.pipe(rillm.json_elements("primes", int, on_invalid="skip")))
    [2, 3, 5, 7]
    """
    adapter, name, steps = adapter_of(item_type), name_of(item_type), steps_of(path)
    if not callable(on_invalid) and on_invalid not in {"raise", "skip"}:
        raise BadRequestError(f'on_invalid is "raise", "skip" or a function, not {on_invalid!r}.')
    return json_reading(lambda: _Elements(adapter, name, steps, on_invalid), index, tool)


class _Elements(Generic[T]):
    """The elements of one answer."""

    def __init__(self, adapter: TypeAdapter[T], name: str, steps: list[str], on_invalid: OnInvalid) -> None:
        self._adapter = adapter
        self._name = name
        self._array = f"an array at {'.'.join(steps)!r}" if steps else "an array"
        self._texts = ElementTexts(steps)
        self._on_invalid = on_invalid
        self._number = 0
        self._beginning = ""

    def read(self, text: str) -> Iterator[T]:
        if len(self._beginning) < SHOWN:
            self._beginning += text[:SHOWN]
        for element in self._texts.feed(text):
            self._number += 1
            try:
                item = self._adapter.validate_json(element)
            except ValidationError as error:
                self._refuse(error, element)
            else:
                yield item
        if self._texts.broken:
            raise misfit(f"The answer is no JSON: {self._texts.broken}", text, self._name) from self._texts.broken

    def lack(self, reason: str | None) -> Exception | None:
        if self._texts.is_cut_off:
            return cut_off(f"The JSON was cut off after element {self._number} of {self._array}", reason)
        if not self._texts.has_begun:
            return misfit(f"There is no JSON in the answer, with {self._array}", self._beginning, self._name)
        if self._texts.missing:
            return misfit(f"The answer has not {self._array}: {self._texts.missing}", self._beginning, self._name)
        return None

    def came(self) -> str:
        return ""

    def _refuse(self, error: ValidationError, element: str) -> None:
        if callable(self._on_invalid):
            self._on_invalid(error, element)
        elif self._on_invalid == "raise":
            said = f"Element {self._number} of {self._array} is no {self._name}: {problems(error)}"
            raise misfit(said, element, self._name) from error


def steps_of(path: str) -> list[str]:
    """The names in a path.

    Raises:
        BadRequestError: one of them is empty.

    >>> steps_of("$.result.items"), steps_of("")
    (['result', 'items'], [])
    """
    names = path.removeprefix("$").removeprefix(".")
    steps = names.split(".") if names else []
    if not all(steps):
        raise BadRequestError(f"The path has an empty name: {path!r}")
    return steps
