"""`Router`: names of one's own for models, each with deployments that stand in for one another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, overload

from rillm.calls import acompletion, completion
from rillm.parameters import listed
from rillm.streams.errors import BadRequestError
from rillm.target import OF_ONE_PROVIDER

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rillm.completion_stream import CompletionStream
    from rillm.streams.response import ModelResponse


class Router:
    """The part of LiteLLM's router that calls need: a name means a list of deployments, asked in their order.

    Args:
        model_list: `{"model_name": ..., "litellm_params": {"model": ..., "api_key": ..., ...}}` each; several of one
            name are each other's fallbacks.
        fallbacks: `[{"name": ["other name", ...]}, ...]`, asked after those.
        num_retries: of each deployment, where the call does not say.
        settings: further parameters of every call.

    >>> router = Router([{"model_name": "fast", "litellm_params": {"model": "mock/fast", "mock_response": "Hello"}}])
    >>> router.completion("fast", [{"role": "user", "content": "Hi"}]).choices[0].message.content
    'Hello'
    """

    def __init__(
        self,
        model_list: Sequence[Mapping[str, Any]],
        fallbacks: Sequence[Mapping[str, Sequence[str]]] = (),
        num_retries: int | None = None,
        **settings: Any,
    ) -> None:
        self.model_list = [dict(deployment) for deployment in model_list]
        self.fallbacks = fallbacks
        self._usual = {**settings, **({} if num_retries is None else {"num_retries": num_retries})}

    @overload
    def completion(
        self, model: str, messages: Sequence[Any], *, stream: Literal[True], **params: Any
    ) -> CompletionStream: ...
    @overload
    def completion(
        self, model: str, messages: Sequence[Any], *, stream: Literal[False] | None = None, **params: Any
    ) -> ModelResponse: ...
    def completion(
        self, model: str, messages: Sequence[Any], *, stream: bool | None = None, **params: Any
    ) -> ModelResponse | CompletionStream:
        """As `rillm.completion`, of a model of this router.

        Raises:
            BadRequestError: there is none of this name.
        """
        return completion(messages=messages, stream=stream, **self._params(model, params))

    @overload
    async def acompletion(
        self, model: str, messages: Sequence[Any], *, stream: Literal[True], **params: Any
    ) -> CompletionStream: ...
    @overload
    async def acompletion(
        self, model: str, messages: Sequence[Any], *, stream: Literal[False] | None = None, **params: Any
    ) -> ModelResponse: ...
    async def acompletion(
        self, model: str, messages: Sequence[Any], *, stream: bool | None = None, **params: Any
    ) -> ModelResponse | CompletionStream:
        """As `completion`, on the running event loop."""
        return await acompletion(messages=messages, stream=stream, **self._params(model, params))

    def _params(self, model: str, params: Mapping[str, Any]) -> dict[str, Any]:
        names = [model, *(name for plan in self.fallbacks for name in plan.get(model, ()))]
        first, *others = [deployment for name in names for deployment in self._deployments(name)]
        # A fallback takes over what the call says: here what the call itself says, nothing of the first deployment.
        alone = {name: self._usual.get(name) for name in first if name not in params}
        common = {name: value for name, value in params.items() if name not in OF_ONE_PROVIDER}
        plans = [{**alone, **other, **common} for other in others]
        return {**self._usual, **first, **params, "fallbacks": [*plans, *listed(params.get("fallbacks"))]}

    def _deployments(self, name: str) -> list[dict[str, Any]]:
        found = [dict(one["litellm_params"]) for one in self.model_list if one["model_name"] == name]
        if not found:
            known = ", ".join(sorted({str(one["model_name"]) for one in self.model_list}))
            raise BadRequestError(f"This router has no model {name!r}. It has: {known}.", model=name)
        return found
