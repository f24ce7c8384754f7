"""`mock_completion`: a call that is answered in this process, whatever model it names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, overload

from rillm.calls import completion
from rillm.providers.mock_answer import DEFAULT_TEXT
from rillm.providers.resolve import resolve
from rillm.streams.errors import BadRequestError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rillm.streams.chunk import ModelResponseStream
    from rillm.streams.response import ModelResponse
    from rillm.streams.stream import Stream


@overload
def mock_completion(
    model: str, messages: Sequence[Any], stream: Literal[True], n: int | None = ..., **params: Any
) -> Stream[ModelResponseStream]: ...
@overload
def mock_completion(
    model: str, messages: Sequence[Any], stream: Literal[False] | None = ..., n: int | None = ..., **params: Any
) -> ModelResponse: ...
@overload
def mock_completion(
    model: str,
    messages: Sequence[Any],
    stream: bool | None = ...,  # noqa: FBT001 - LiteLLM's parameters, in its order
    n: int | None = ...,
    **params: Any,
) -> ModelResponse | Stream[ModelResponseStream]: ...
def mock_completion(  # noqa: PLR0913, PLR0917 - as above
    model: str,
    messages: Sequence[Any],
    stream: bool | None = False,  # noqa: FBT001, FBT002 - as above
    n: int | None = None,
    mock_response: object = DEFAULT_TEXT,
    mock_tool_calls: Sequence[Any] | None = None,
    mock_timeout: bool | None = False,  # noqa: FBT001, FBT002 - as above
    timeout: Any = None,
    **params: Any,
) -> ModelResponse | Stream[ModelResponseStream]:
    """`completion` with an answer of your own: no key, no network, and the model may be one that nobody has heard of.

    Args:
        model, messages, stream, params: as for `completion`.
        n: how many choices to answer with; they are equal.
        mock_response: a text, a whole answer, chunks, or an error: see `rillm.providers.mock.MockSource`, which also
            tells of `mock_delay`, `mock_chunk_delay` (seconds) and `mock_slice`.
        mock_tool_calls: of the form `{"id", "type", "function": {"name", "arguments"}}`; streamed as well.
        mock_timeout: fail with a `Timeout` after `timeout`.
        timeout: seconds, or an `httpx.Timeout`.

    Raises:
        RillmError: the error that the arguments stand for.

    >>> mock_completion("any/model", [], mock_response="Hello").choices[0].message.content
    'Hello'
    """
    try:
        resolve(model, params.get("custom_llm_provider"))
    except BadRequestError:
        params["custom_llm_provider"] = "mock"
    return completion(
        model,
        messages,
        stream=stream,
        n=n,
        mock_response=DEFAULT_TEXT if mock_response is None else mock_response,
        mock_tool_calls=mock_tool_calls,
        mock_timeout=mock_timeout,
        timeout=timeout,
        **params,
    )
