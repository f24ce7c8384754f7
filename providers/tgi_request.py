"""The request of Text Generation Inference: https://huggingface.github.io/text-generation-inference."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rillm.providers.endpoint import endpoint
from rillm.providers.request import Request, listed_as, nothing
from rillm.providers.text_prompt import prompt_of

if TYPE_CHECKING:
    from rillm.providers.request import ChatCall, Translation


def encode(call: ChatCall) -> Request:
    """The request of a streamed text; messages become one (see `rillm.providers.text_prompt`).

    `details` are asked for: without them, there is no usage and no reason to finish. An address of one model
    (`…/models/<name>`) is where it is asked itself.

    Raises:
        UnsupportedParamsError: the call has what the server does not take, such as tools or images.
    """
    given = call.translated(words(call))
    parameters: dict[str, Any] = {"details": True, **given.pop("parameters", {}), **given}
    url = call.base if "/models/" in call.base else endpoint(call.base, "/generate_stream")
    return Request(url, {"inputs": prompt_of(call), "parameters": parameters, "stream": True})


def words(call: ChatCall) -> dict[str, str | Translation]:
    """What the server calls OpenAI's parameters."""

    def response_format(given: dict[str, Any]) -> dict[str, Any]:
        if given.get("type") == "json_schema":
            return {"grammar": {"type": "json", "value": given["json_schema"].get("schema", {})}}
        if given.get("type") != "text":
            call.unsupported("JSON without a schema")
        return {}

    return {
        "frequency_penalty": "frequency_penalty",
        "logprobs": nothing,  # each token has its own anyway
        "max_completion_tokens": "max_new_tokens",
        "max_tokens": "max_new_tokens",
        "prompt": nothing,
        "response_format": response_format,
        "seed": "seed",
        "stop": listed_as("stop"),
        "temperature": temperature,
        "top_logprobs": "top_n_tokens",
        "top_p": top_p,
    }


def temperature(degrees: float) -> dict[str, Any]:
    """0 is no temperature of the server's; what it means there is not to sample."""
    return {"temperature": degrees, "do_sample": True} if degrees else {"do_sample": False}


def top_p(share: float) -> dict[str, Any]:
    """The server takes what is less than 1; all of it is what it does without."""
    return {"top_p": share} if share < 1 else {}
