"""The base of chunks and responses: a pydantic model that is also read like the dict it came from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict

if TYPE_CHECKING:
    from collections.abc import Callable


class Model(BaseModel):
    """Fields by attribute or by key; fields that the provider adds are kept.

    `defer_build` keeps `import rillm` fast: a schema is built when the first chunk arrives.
    """

    model_config = ConfigDict(extra="allow", protected_namespaces=(), defer_build=True)

    def __getitem__(self, key: str) -> Any:
        try:
            return getattr(self, key)
        except AttributeError as error:
            raise KeyError(key) from error

    def __setitem__(self, key: str, value: Any) -> None:
        setattr(self, key, value)

    def __contains__(self, key: object) -> bool:
        return isinstance(key, str) and hasattr(self, key)

    def get(self, key: str, default: Any = None) -> Any:
        """The field's value, or `default` where there is no such field."""
        return getattr(self, key, default)

    def json(self, **kwargs: Any) -> dict[str, Any]:  # type: ignore[override]
        """The fields as a dict, as LiteLLM's `json()` gives it; `model_dump_json()` gives text."""
        return self.model_dump(**kwargs)

    @property
    def extra(self) -> dict[str, Any]:
        """The fields that the provider added."""
        return self.__pydantic_extra__ or {}


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


# The slot's own setter: a third of the price of `setattr`, which matters once per chunk.
set_hidden_params: Callable[[HiddenParams, dict[str, Any]], None] = BaseModel.__dict__["__pydantic_private__"].__set__
