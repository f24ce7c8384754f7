"""The request of Amazon Bedrock's ConverseStream, and where and as whom requests go there.

https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ConverseStream.html
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from rillm.providers.aws import region_of, signer
from rillm.providers.bedrock_messages import conversation
from rillm.providers.bedrock_parameters import parameters
from rillm.providers.bedrock_tools import tool_config
from rillm.providers.request import Request

if TYPE_CHECKING:
    from rillm.providers.request import ChatCall

ACCEPT: Final = {"Accept": "application/vnd.amazon.eventstream"}
NO_THINKING: Final = {"type": "disabled"}
ROLES: Final = ("aws_role_name", "aws_web_identity_token")


def encode(call: ChatCall) -> Request:
    """The request of a streamed conversation."""
    return request(call, "converse-stream", converse_body(call))


def converse_body(call: ChatCall) -> dict[str, Any]:
    """The body of a conversation."""
    fields = parameters(call)
    thinking: dict[str, Any] = fields.get("additionalModelRequestFields", {}).get("thinking") or NO_THINKING
    tools = tool_config(call, may_force=thinking.get("type") == NO_THINKING["type"])
    return {**conversation(call), **({"toolConfig": tools} if tools else {}), **fields}


def request(call: ChatCall, action: str, body: dict[str, Any]) -> Request:
    """A request to do `action` with a model, which is signed if it bears no key.

    Raises:
        BadRequestError: nothing tells the region.
        UnsupportedParamsError: a role is to be assumed, which a profile can say and a parameter cannot.
    """
    for name in ROLES:
        if name in call.credentials:
            call.unsupported(f"{name}= (a profile with a role will do: aws_profile_name=)")
    model = str(call.credentials.get("model_id") or call.model)
    region = partial(region_of, model, call.credentials)
    base = str(call.credentials.get("aws_bedrock_runtime_endpoint") or call.base).rstrip("/")
    if "{region}" in base:
        base = base.replace("{region}", region())
    url = f"{base}/model/{quote(model, safe='')}/{action}"
    sign = None if call.key else signer(region, "bedrock", call.credentials)
    return Request(url, body, ACCEPT, sign)
