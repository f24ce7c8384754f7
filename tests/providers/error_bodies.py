"""What providers answer when the prompt is too long or the content refused: the status, and the body as it comes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping


def inner(**details: Any) -> dict[str, Any]:
    return {"error": details}


CONTEXT_WINDOW: Final[Mapping[str, tuple[int, Any]]] = {
    "openai": (
        400,
        inner(
            message="This model's maximum context length is 8192 tokens. However, you sent 9000 tokens.",
            type="invalid_request_error",
            param="messages",
            code="context_length_exceeded",
        ),
    ),
    "openai-code-alone": (400, inner(message="Too long", code="context_length_exceeded")),
    "openai-responses": (
        200,
        inner(
            code="context_length_exceeded",
            message="Your input exceeds the context window of this model. Please adjust your input and try again.",
        ),
    ),
    "openai-limit": (400, inner(message="Input tokens exceed the configured limit of 272000 tokens.", type="x")),
    "openai-string": (
        400,
        inner(
            message="Invalid 'messages[0].content': string too long. Expected a string with maximum length 1048576.",
            code="string_above_max_length",
        ),
    ),
    "anthropic": (
        400,
        {
            "type": "error",
            "error": {
                "type": "invalid_request_error",
                "message": "prompt is too long: 213012 tokens > 200000 maximum",
            },
        },
    ),
    "anthropic-with-max-tokens": (
        400,
        inner(
            type="invalid_request_error",
            message="input length and `max_tokens` exceed context limit: 198000 + 8192 > 200000, decrease input length",
        ),
    ),
    "gemini": (
        400,
        inner(
            code=400,
            message="The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).",
            status="INVALID_ARGUMENT",
        ),
    ),
    "bedrock": (400, {"message": "Input is too long for requested model."}),
    "bedrock-in-a-stream": (200, {"message": "Input is too long for requested model.", "type": "validationException"}),
    "cohere": (
        400,
        {
            "id": "1",
            "message": "too many tokens: total number of tokens in the prompt cannot exceed 4081 - received 5000. Try "
            "using a shorter prompt, or enabling prompt truncating.",
        },
    ),
    "mistral": (
        400,
        {
            "object": "error",
            "message": "Prompt contains 40960 tokens, too large for model with 32768 maximum context length",
            "type": "invalid_request_error",
            "param": None,
            "code": "3051",
        },
    ),
    "vllm": (
        400,
        {
            "object": "error",
            "message": "This model's maximum context length is 4096 tokens. However, you requested 4200 tokens in the "
            "messages, Please reduce the length of the messages.",
            "type": "BadRequestError",
            "param": None,
            "code": 400,
        },
    ),
    "vllm-prompt": (
        400,
        inner(
            message="The decoder prompt (length 5000) is longer than the maximum model length of 4096.",
            type="BadRequestError",
            code=400,
        ),
    ),
    "vllm-only": (
        400,
        inner(
            message="You passed 5000 input tokens and requested 16 output tokens. However, the model's context length "
            "is only 4096 tokens.",
            type="BadRequestError",
            code=400,
        ),
    ),
    "groq": (
        400,
        inner(
            message="Please reduce the length of the messages or completion.",
            type="invalid_request_error",
            param="messages",
            code="context_length_exceeded",
        ),
    ),
    "cerebras": (
        400,
        {
            "message": "Please reduce the length of the messages or completion. Current length is 10000",
            "type": "invalid_request_error",
            "param": "messages",
            "code": "wrong_api_format",
        },
    ),
    "openrouter": (
        400,
        inner(
            code=400,
            message="This endpoint's maximum context length is 131072 tokens. However, you asked for about 140000",
            metadata={"provider_name": None},
        ),
    ),
    "openrouter-relayed": (
        400,
        inner(
            code=400,
            message="Provider returned error",
            metadata={"raw": '{"error":{"message":"prompt is too long: 2 tokens > 1 maximum"}}', "provider_name": "P"},
        ),
    ),
    "xai": (
        400,
        {
            "code": "Client specified an invalid argument",
            "error": "This model's maximum prompt length is 131072 but the request contains 200000 tokens.",
        },
    ),
    "llama.cpp": (
        400,
        inner(
            code=400,
            message="the request exceeds the available context size. try increasing the context size",
            type="exceed_context_size_error",
        ),
    ),
    "lm-studio": (
        400,
        {
            "error": "Trying to keep the first 5000 tokens when context the overflows. However, the model is loaded "
            "with context length of only 4096 tokens, which is not enough.",
        },
    ),
    "tgi": (
        422,
        {
            "error": "Input validation error: `inputs` tokens + `max_new_tokens` must be <= 4096. Given: 5000 `inputs` "
            "tokens and 20 `max_new_tokens`",
            "error_type": "validation",
        },
    ),
    "watsonx": (
        400,
        {
            "errors": [],
            "message": "the number of input tokens 5000 cannot exceed the total tokens limit 4096 for this model",
        },
    ),
}
CONTENT_POLICY: Final[Mapping[str, tuple[int, Any]]] = {
    "openai": (400, inner(message="No", type="image_generation_user_error", code="content_policy_violation")),
    "openai-images": (400, inner(message="Your request was rejected as a result of our safety system.", code=None)),
    "openai-prompt": (
        400,
        inner(
            message="Invalid prompt: your prompt was flagged as potentially violating our usage policy.",
            type="invalid_request_error",
            code="invalid_prompt",
        ),
    ),
    "azure": (
        400,
        inner(
            message="The response was filtered due to the prompt triggering Azure OpenAI's content management policy.",
            type=None,
            param="prompt",
            code="content_filter",
            status=400,
            innererror={
                "code": "ResponsibleAIPolicyViolation",
                "content_filter_result": {"hate": {"filtered": True, "severity": "high"}},
            },
        ),
    ),
    "azure-in-a-stream": (200, inner(message="The response was filtered", code="content_filter")),
    "anthropic": (
        400,
        {
            "type": "error",
            "error": {"type": "invalid_request_error", "message": "Output blocked by content filtering policy"},
        },
    ),
    "openrouter": (
        403,
        inner(
            code=403,
            message="openai/gpt-4o requires moderation and your input was flagged",
            metadata={"reasons": ["violence"], "flagged_input": "x", "provider_name": "OpenAI"},
        ),
    ),
    "xai": (
        403,
        {
            "code": "The caller does not have permission to execute the specified operation",
            "error": "Content violates usage guidelines. Failed check: SAFETY_CHECK_TYPE_BIO",
        },
    ),
    "alibaba": (
        400,
        inner(
            code="data_inspection_failed",
            message="Input data may contain inappropriate content.",
            type="data_inspection_failed",
        ),
    ),
    "deepseek": (400, inner(message="Content Exists Risk", type="invalid_request_error", code="invalid_request_error")),
    "moonshot": (
        400,
        inner(message="The request was rejected because it was considered high risk", type="content_filter"),
    ),
}
