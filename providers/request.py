"""What a wire format's encoder is given, and what it makes of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from rillm.streams.errors import UnsupportedParamsError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from rillm.providers.provider import Provider

    Translation = Callable[[Any], Mapping[str, Any]]

# OpenAI's parameters: a format that has no word for one cannot do it. All others are the provider's own, and are sent.
OPENAI_PARAMETERS: Final = frozenset({
    "audio", "frequency_penalty", "function_call", "functions", "logit_bias", "logprobs", "max_completion_tokens",
    "max_tokens", "modalities", "n", "parallel_tool_calls", "prediction", "presence_penalty", "prompt_cache_key",
    "prompt_cache_retention", "reasoning_effort", "response_format", "safety_identifier", "seed", "service_tier",
    "stop", "store", "stream_options", "temperature", "thinking", "tool_choice", "tools", "top_logprobs", "top_p",
    "user", "verbosity", "web_search_options",
})  # fmt: skip
# Who the caller is and where, by LiteLLM's names: for the provider's encoder, and never part of a body.
CREDENTIALS: Final = (
    "aws_access_key_id", "aws_secret_access_key", "aws_session_token", "aws_profile_name", "aws_region_name",
    "aws_role_name", "aws_session_name", "aws_external_id", "aws_session_tags", "aws_web_identity_token",
    "aws_sts_endpoint", "aws_bedrock_runtime_endpoint", "model_id",  # an ARN beside the model's name
    "vertex_project", "vertex_location", "vertex_credentials",
    "azure_ad_token", "azure_ad_token_provider",
)  # fmt: skip
# With these values they ask for nothing that a format could lack.
NOTHING: Final[Mapping[str, Any]] = {
    "frequency_penalty": 0, "logprobs": False, "modalities": ["text"], "n": 1, "parallel_tool_calls": True,
    "presence_penalty": 0, "store": False, "tool_choice": "auto", "tools": [],
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class ChatCall:
    """A completion as the caller asks for it, in OpenAI's words.

    Attributes:
        provider, model: who is asked; the model without the provider's prefix.
        messages: plain JSON.
        params: without those that are None.
        base: the base URL, without a slash at the end.
        api_version: for providers that date their API.
        drop_params: whether what the provider cannot do is left out instead of being an error.
        key: the key of the call, for providers whose requests depend on whether there is one.
        credentials: the `CREDENTIALS` that were given.
    """

    provider: Provider
    model: str
    messages: Sequence[Mapping[str, Any]]
    params: Mapping[str, Any]
    base: str
    api_version: str | None = None
    drop_params: bool = False
    key: str | None = field(default=None, repr=False)
    credentials: Mapping[str, Any] = field(default_factory=dict[str, Any], repr=False)

    def unsupported(self, what: str) -> None:
        """Drop what the provider cannot do, if the caller allows that.

        Raises:
            UnsupportedParamsError: the caller does not.
        """
        if not self.drop_params:
            raise UnsupportedParamsError(
                f"{self.provider.name} does not support {what}. Leave it out, or pass drop_params=True to have it "
                "dropped.",
                llm_provider=self.provider.name,
                model=self.model,
            )

    def accepted(self) -> dict[str, Any]:
        """The parameters without those that the provider's row says it does not accept.

        Raises:
            UnsupportedParamsError: there is one that asks for something.
        """
        for name in self.provider.unsupported & self.params.keys():
            self._refuse(name, self.params[name])
        return {name: value for name, value in self.params.items() if name not in self.provider.unsupported}

    def _refuse(self, name: str, value: Any) -> None:
        if name != "stream_options" and (name not in NOTHING or value != NOTHING[name]):
            self.unsupported(f"the parameter {name!r}")

    def translated(self, words: Mapping[str, str | Translation]) -> dict[str, Any]:
        """The parameters in the words of a format.

        Args:
            words: for each OpenAI parameter that the format has a word for, that word, or a function from the value to
                the fields that stand for it. Parameters that are not OpenAI's keep their names.

        Raises:
            UnsupportedParamsError: there is no word for one.
        """
        fields: dict[str, Any] = {}
        for name, value in self.params.items():
            word = words.get(name)
            if word is None and name in OPENAI_PARAMETERS:
                self._refuse(name, value)
            elif word is None or isinstance(word, str):
                fields[word or name] = value
            else:
                fields |= word(value)
        return fields


def nothing(_value: Any) -> dict[str, Any]:
    """The translation of a parameter that makes no field of its own."""
    return {}


def listed_as(name: str) -> Translation:
    """The translation of a parameter that may be one text or a list of them, into a field that is a list.

    >>> listed_as("stopSequences")("END")
    {'stopSequences': ['END']}
    """
    return lambda value: {name: [value] if isinstance(value, str) else value}


@dataclass(frozen=True, slots=True)
class Request:
    """A POST request.

    Attributes:
        url: where to.
        body: sent as JSON.
        headers: beside those of every request.
        sign: makes further headers of URL and body, for providers that sign their requests.
    """

    url: str
    body: dict[str, Any]
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    sign: Callable[[str, bytes], Mapping[str, str]] | None = None
