"""LiteLLM's other errors, which few of ours raise. They grow on the tree of `rillm.streams.errors`.

    RillmError
    ├── APIError
    │   ├── MockException                     one that a test made up
    │   └── APIResponseValidationError
    │       └── JSONSchemaValidationError     an answer that breaks the schema it was asked to keep
    ├── BadRequestError
    │   ├── InvalidRequestError               its name in the first versions of OpenAI's SDK
    │   ├── RejectedRequestError              somebody's check refused the request; `request_data` is what it was
    │   ├── ImageFetchError                   an image of the request could not be fetched
    │   ├── UnsupportedEndpointError
    │   └── LiteLLMUnknownProvider
    ├── BudgetExceededError               a limit in US dollars was reached
    └── OpenAIError

LiteLLM has these names, and code that was written for it imports and raises them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Unpack

from rillm.streams.errors import APIError, APIResponseValidationError, BadRequestError, RillmError

if TYPE_CHECKING:
    from rillm.streams.rillm_error import Details


class MockException(APIError): ...  # noqa: N818 - this name and the others are LiteLLM's


class JSONSchemaValidationError(APIResponseValidationError):
    def __init__(
        self, model: str, llm_provider: str, raw_response: str, schema: str, message: str | None = None
    ) -> None:
        told = message or f"The answer does not fit the schema {schema}: {raw_response}"
        RillmError.__init__(self, told, llm_provider, model)
        self.raw_response = raw_response
        self.schema = schema


class InvalidRequestError(BadRequestError): ...


class RejectedRequestError(BadRequestError):
    def __init__(
        self,
        message: str,
        model: str = "",
        llm_provider: str = "",
        request_data: dict[str, Any] | None = None,
        **details: Unpack[Details],
    ) -> None:
        RillmError.__init__(self, message, llm_provider, model, **details)
        self.request_data = request_data


class ImageFetchError(BadRequestError): ...


class UnsupportedEndpointError(BadRequestError): ...


class LiteLLMUnknownProvider(BadRequestError):  # noqa: N818 - as above
    def __init__(self, model: str, custom_llm_provider: str | None = None) -> None:
        message = f"There is no provider {custom_llm_provider!r} that could answer for the model {model!r}."
        RillmError.__init__(self, message, custom_llm_provider or "", model)


class BudgetExceededError(RillmError):
    """Costs are in US dollars."""

    status = 422

    def __init__(
        self, current_cost: float, max_budget: float, message: str | None = None, llm_provider: str = ""
    ) -> None:
        spent = f"Budget has been exceeded: {current_cost} of {max_budget} US dollars are spent."
        RillmError.__init__(self, message or spent, llm_provider)
        self.current_cost = current_cost
        self.max_budget = max_budget


class OpenAIError(RillmError):
    def __init__(self, original_exception: Exception | None = None) -> None:
        RillmError.__init__(self, str(original_exception or "OpenAI's API failed."), "openai")
