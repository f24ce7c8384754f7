"""What providers say when something went wrong, and the errors and statuses that it stands for."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from rillm.streams import errors

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rillm.streams.errors import RillmError

# Statuses that are not here: see `class_of` in `rillm.providers.failures`.
BY_STATUS: Final[Mapping[int, type[RillmError]]] = {
    400: errors.BadRequestError,
    401: errors.AuthenticationError,
    402: errors.PaymentRequiredError,
    403: errors.PermissionDeniedError,
    404: errors.NotFoundError,
    408: errors.Timeout,
    409: errors.ConflictError,
    410: errors.NotFoundError,  # a model that was switched off
    413: errors.BadRequestError,
    414: errors.BadRequestError,
    415: errors.BadRequestError,
    422: errors.UnprocessableEntityError,
    429: errors.RateLimitError,
    431: errors.BadRequestError,
    451: errors.PermissionDeniedError,
    500: errors.InternalServerError,
    502: errors.BadGatewayError,
    503: errors.ServiceUnavailableError,
    504: errors.Timeout,
    522: errors.Timeout,  # Cloudflare's: the server behind it did not answer
    524: errors.Timeout,
    529: errors.ServiceUnavailableError,  # Anthropic's: overloaded
}
# What errors inside a stream say instead of a status: OpenAI's and Anthropic's `type` and `code`, Google's `status`,
# the names of Bedrock's exceptions, TGI's `error_type`.
STATUS_BY_WORD: Final[Mapping[str, int]] = {
    "authentication_error": 401,
    "invalid_api_key": 401,
    "unauthenticated": 401,
    "unauthorized": 401,
    "unrecognizedclientexception": 401,
    "billing_error": 402,
    "insufficient_balance": 402,
    "permission_error": 403,
    "permission_denied": 403,
    "forbidden": 403,
    "accessdeniedexception": 403,
    "not_found_error": 404,
    "not_found": 404,
    "notfounderror": 404,
    "model_not_found": 404,
    "resourcenotfoundexception": 404,
    "timeout_error": 504,
    "timeout": 504,
    "deadline_exceeded": 504,
    "modeltimeoutexception": 504,
    "request_too_large": 413,
    "invalid_request_error": 400,
    "invalid_argument": 400,
    "failed_precondition": 400,
    "invalid_prompt": 400,
    "badrequesterror": 400,
    "validationexception": 400,
    "context_length_exceeded": 400,
    "content_filter": 400,
    "content_policy_violation": 400,
    "exceed_context_size_error": 400,
    "validation": 422,
    "rate_limit_error": 429,
    "ratelimiterror": 429,
    "rate_limit_exceeded": 429,
    "throttling_error": 429,
    "throttlingexception": 429,
    "servicequotaexceededexception": 429,
    "insufficient_quota": 429,
    "resource_exhausted": 429,
    "overloaded_error": 529,
    "overloaded": 529,
    "unavailable": 503,
    "service_unavailable": 503,
    "service_unavailable_error": 503,
    "serviceunavailableexception": 503,
    "modelnotreadyexception": 503,
    "api_error": 500,
    "server_error": 500,
    "internal": 500,
    "internal_error": 500,
    "internal_server_error": 500,
    "internalserverexception": 500,
    "modelstreamerrorexception": 500,
}


def any_of(*phrases: str) -> re.Pattern[str]:
    return re.compile("|".join(phrases), re.IGNORECASE)


CONTEXT_WINDOW: Final = any_of(
    r"context_length_exceeded|exceed_context_size",
    r"(maximum|max) (context|prompt|model|input) length",  # OpenAI and many more, xAI, vLLM
    r"context (window|limit)",  # OpenAI's Responses, Anthropic
    r"(longer than|exceeds?|overflows) (the )?((available|maximum|model's) )*context",  # llama.cpp, LM Studio, Ollama
    r"context length (is|of) only",  # vLLM, LM Studio
    r"(prompt|input|conversation) is too long",  # Anthropic, Bedrock
    r"tokens exceed the configured limit",  # OpenAI
    r"too many (input )?tokens",  # Cohere, Bedrock
    r"input token count",  # Gemini
    r"cannot exceed the total tokens limit",  # watsonx
    r"tokens \+ `max_new_tokens` must be|`inputs` must have less than",  # TGI
    r"reduce the length of the (messages|prompt|input)",  # Groq, Cerebras, SambaNova, older vLLM
    r"string too long. expected a string with maximum length",  # OpenAI
)
CONTENT_POLICY: Final = any_of(
    r"content[ _]filter|content_policy_violation|content management policy|ResponsibleAIPolicyViolation",  # Azure
    r"safety system|your prompt was flagged|violat\w+ (our )?usage (policy|policies|guidelines)",  # OpenAI, xAI
    r"requires moderation and your input was flagged",  # OpenRouter
    r"data_?inspection_?failed",  # Alibaba
    r"content exists risk|considered high risk",  # DeepSeek, Moonshot
    r"prohibited_content",  # Gemini
)
RATE_LIMIT: Final = any_of(r"rate limit (reached|exceeded)", r"too many requests")
WRONG_KEY: Final = any_of(r"api key not valid|api_key_invalid", r"(incorrect|invalid) api key")  # Gemini, xAI
# What a 400, or an error without any status, may say that is worth more than its number.
STATUS_BY_PHRASE: Final = ((RATE_LIMIT, 429), (WRONG_KEY, 401), (CONTEXT_WINDOW, 400), (CONTENT_POLICY, 400))
