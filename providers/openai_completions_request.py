"""The request of OpenAI's legacy completions: https://platform.openai.com/docs/api-reference/completions/create."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from rillm.providers.azure import openai_url, takes_usage_option
from rillm.providers.request import Request, nothing
from rillm.providers.text_prompt import prompt_of

if TYPE_CHECKING:
    from rillm.providers.request import ChatCall, Translation

SAME: Final = (
    "frequency_penalty", "logit_bias", "max_tokens", "n", "presence_penalty", "seed", "stop", "temperature", "top_p",
    "user",
)  # fmt: skip


def encode(call: ChatCall) -> Request:
    """The request of a streamed completion of `prompt=`, or of the messages as text (`rillm.providers.text_prompt`).

    Raises:
        UnsupportedParamsError: the call has what belongs to chats, such as tools.
    """
    fields = call.translated(words(call))
    body: dict[str, Any] = {"model": call.model, "prompt": prompt_of(call), "stream": True, **fields}
    if takes_usage_option(call.provider, call.base, call.api_version):
        body["stream_options"] = {**call.params.get("stream_options", {}), "include_usage": True}
    return Request(openai_url(call.provider, call.base, call.model, call.api_version, path="/completions"), body)


def words(call: ChatCall) -> dict[str, str | Translation]:
    """What is called otherwise: here `logprobs` is a number, of the tokens that were likely in the place of each."""

    def logprobs(wanted: bool | int) -> dict[str, Any]:  # noqa: FBT001 - OpenAI's
        number = call.params.get("top_logprobs", 0) if isinstance(wanted, bool) else wanted
        return {} if wanted is False else {"logprobs": number}

    return {
        **{name: name for name in SAME},
        "logprobs": logprobs,
        "max_completion_tokens": "max_tokens",
        "top_logprobs": nothing,  # see logprobs
    }
