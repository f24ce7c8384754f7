"""Requests of Amazon Bedrock's InvokeModelWithResponseStream, in the words of each vendor.

https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from rillm.providers.anthropic_request import messages_body
from rillm.providers.bedrock_prompts import PROMPTS, prompt_body
from rillm.providers.bedrock_request import converse_body, request
from rillm.streams.errors import BadRequestError

if TYPE_CHECKING:
    from collections.abc import Callable

    from rillm.providers.request import ChatCall, Request

    Body = Callable[[ChatCall], dict[str, Any]]


def encode(call: ChatCall) -> Request:
    """The request of a streamed answer.

    Raises:
        BadRequestError: the model's name does not tell the vendor, or the vendor's format is not known here.
        UnsupportedParamsError: the vendor's models cannot do what is asked for.
    """
    for name, body in BODIES.items():
        if name in call.model:
            return request(call, "invoke-with-response-stream", body(call))
    raise BadRequestError(
        f"The request format of this model is not known: {call.model!r}. Write 'bedrock/converse/{call.model}'.",
        llm_provider=call.provider.name,
        model=call.model,
    )


def nova_body(call: ChatCall) -> dict[str, Any]:
    """https://docs.aws.amazon.com/nova/latest/userguide/complete-request-schema.html: nearly that of Converse."""
    body: dict[str, Any] = {"schemaVersion": "messages-v1", **converse_body(call)}
    of_model: dict[str, Any] = body.pop("additionalModelRequestFields", {})
    inference = {**body.get("inferenceConfig", {}), **of_model.pop("inferenceConfig", {})}
    return {**body, **of_model, **({"inferenceConfig": inference} if inference else {})}


def claude_body(call: ChatCall) -> dict[str, Any]:
    """As Anthropic has it; the model and streaming are told by the URL."""
    return {"anthropic_version": "bedrock-2023-05-31", **messages_body(call)}


# By a part of the model's name.
BODIES: Final[dict[str, Body]] = {
    "anthropic.": claude_body,
    "amazon.nova": nova_body,
    **dict.fromkeys(PROMPTS, prompt_body),
}
