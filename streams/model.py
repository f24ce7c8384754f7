"""The base of chunks and responses: a pydantic model that is also read like the dict it came from."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Final

from pydantic import BaseModel, ConfigDict

if TYPE_CHECKING:
    from collections.abc import Callable

    from pydantic import ValidationError

RESPONSE_MS = "_response_ms"
RESPONSE_HEADERS = "_response_headers"
MISSING: Final = object()


def field_of(error: ValidationError) -> str:
    """Where the value is that did not validate, as `choices.0.delta.content`."""
    return ".".join(str(part) for part in error.errors()[0]["loc"])


@cache
def attributes_of(kind: type[BaseModel]) -> frozenset[str]:
    """What a class has beside the fields of its objects: properties and methods."""
    return frozenset(dir(kind))


class MissingFieldError(KeyError, AttributeError):
    """There is no such field: a `KeyError` as of any mapping, an `AttributeError` as LiteLLM raises it."""


class Model(BaseModel):
    """Fields by attribute or by key; fields that the provider adds are kept.

    `defer_build` keeps `import rillm` fast: a schema is built when the first chunk arrives.
    """

    model_config = ConfigDict(extra="allow", protected_namespaces=(), defer_build=True)

    def __getitem__(self, key: str) -> Any:
        try:
            return getattr(self, key)
        except AttributeError:
            raise MissingFieldError(key) from None

    def __setitem__(self, key: str, value: Any) -> None:
        setattr(self, key, value)

    def __contains__(self, key: object) -> bool:
        return isinstance(key, str) and self.get(key, MISSING) is not MISSING

    def __str__(self) -> str:
        return repr(self)

    def get(self, key: str, default: Any = None) -> Any:
        """The field's value, or `default` where there is no such field."""
        # Not by `getattr` alone: where there is nothing, as in most chunks, pydantic's takes ten times as long.
        fields = self.__dict__
        if key in fields:
            return fields[key]
        extra = self.__pydantic_extra__
        if extra and key in extra:
            return extra[key]
        return getattr(self, key, default) if key in attributes_of(self.__class__) else default

    def json(self, **kwargs: Any) -> dict[str, Any]:  # type: ignore[override]
        """The fields as a dict, as LiteLLM's `json()` gives it; `model_dump_json()` gives text."""
        return self.model_dump(**kwargs)

    def to_dict(self, **kwargs: Any) -> dict[str, Any]:
        """The fields as a dict, by the OpenAI SDK's name for it."""
        return self.model_dump(**kwargs)

    @property
    def extra(self) -> dict[str, Any]:
        """The fields that the provider added."""
        return self.__pydantic_extra__ or {}

    def _fill(self, values: dict[str, Any]) -> None:
        """Validate `values` into this new object."""
        self.__pydantic_validator__.validate_python(values, self_instance=self)


class HiddenParams(Model):
    """A model that carries what is known of its call beside its fields."""

    @property
    def _hidden_params(self) -> dict[str, Any]:
        params: dict[str, Any] | None = self.__pydantic_private__
        if params is None:
            params = {}
            set_hidden_params(self, params)
        return params

    @_hidden_params.setter
    def _hidden_params(self, value: dict[str, Any]) -> None:
        set_hidden_params(self, value)

    @property
    def hidden_params(self) -> dict[str, Any]:
        """Provider, model, usage and cost of the call, by LiteLLM's keys. One dict for all chunks of a stream."""
        return self._hidden_params

    @property
    def _response_ms(self) -> float:
        """Milliseconds from the request to the end of the answer; there only once they are known."""
        try:
            milliseconds: float = self._hidden_params[RESPONSE_MS]
        except KeyError:
            raise AttributeError(RESPONSE_MS) from None
        return milliseconds

    @_response_ms.setter
    def _response_ms(self, value: float) -> None:
        self._hidden_params[RESPONSE_MS] = value

    @property
    def _response_headers(self) -> dict[str, Any] | None:
        """The headers of the HTTP response, None if they are not known."""
        return self._hidden_params.get(RESPONSE_HEADERS)

    @_response_headers.setter
    def _response_headers(self, value: dict[str, Any] | None) -> None:
        self._hidden_params[RESPONSE_HEADERS] = value


# The slot's own setter: a third of the price of `setattr`, which matters once per chunk.
set_hidden_params: Callable[[HiddenParams, dict[str, Any]], None] = BaseModel.__dict__["__pydantic_private__"].__set__
