"""The request of Cohere's chat API, version 1: https://docs.cohere.com/reference/chat-stream-v1."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from rillm.providers.cohere_v2_request import OTHER, SAME
from rillm.providers.endpoint import endpoint
from rillm.providers.request import Request
from rillm.providers.text_prompt import text_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rillm.providers.request import ChatCall

ROLES: Final[Mapping[Any, str]] = {"assistant": "CHATBOT", "system": "SYSTEM", "developer": "SYSTEM"}
HEADERS: Final = {"Accept": "application/stream+json"}


def encode(call: ChatCall) -> Request:
    """The request of a streamed chat: the last message, and those before it as its history.

    Raises:
        UnsupportedParamsError: the call has more than text, or what is only in version 2.
    """
    *earlier, last = call.messages or [{}]
    history = [{"role": ROLES.get(one.get("role"), "USER"), "message": text_of(call, one)} for one in earlier]
    words = {**{name: name for name in SAME if name != "logprobs"}, **OTHER}
    body: dict[str, Any] = {"model": call.model, "message": text_of(call, last), "stream": True}
    if history:
        body["chat_history"] = history
    return Request(endpoint(call.base, "/v1/chat"), {**body, **call.translated(words)}, HEADERS)
