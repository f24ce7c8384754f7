"""Models on Amazon Bedrock that take one prompt: a row for each family.

https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters.html. Tools, images and all that is more than text
are for Converse.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from rillm.providers.request import listed_as
from rillm.streams.errors import BadRequestError
from rillm.streams.json_values import is_array, is_object

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rillm.providers.request import ChatCall, Translation


@dataclass(frozen=True, slots=True)
class Prompt:
    """How a family takes it.

    Attributes:
        name: the field that it is in.
        turn: what becomes of a message: a template for its `role` and `text`.
        end: what comes after the last message and before the answer.
        max_tokens, stop: the family's names of these parameters; None where it has none.
        top_p: as above.
        begin: what stands before the first message.
        roles: the family's names of roles, where they are others than OpenAI's.
        inside: the field that the parameters are in; None where they stand beside the prompt.
    """

    name: str
    turn: str
    end: str
    max_tokens: str
    top_p: str
    stop: str | None = None
    begin: str = ""
    roles: Mapping[str, str] = field(default_factory=dict[str, str])
    inside: str | None = None

    def words(self) -> Mapping[str, str | Translation]:
        words: dict[str, str | Translation] = {
            "max_tokens": self.max_tokens,
            "max_completion_tokens": self.max_tokens,
            "temperature": "temperature",
            "top_p": self.top_p,
        }
        if self.stop is not None:
            words["stop"] = listed_as(self.stop)
        return words


TITAN: Final = Prompt(
    "inputText", "{role}: {text}\n", "Bot:", "maxTokenCount", "topP", "stopSequences",
    roles={"system": "System", "user": "User", "assistant": "Bot"}, inside="textGenerationConfig",
)  # fmt: skip
COHERE: Final = Prompt(
    "prompt", "{role}: {text}\n", "Chatbot:", "max_tokens", "p", "stop_sequences",
    roles={"system": "System", "user": "User", "assistant": "Chatbot"},
)  # fmt: skip
LLAMA_3: Final = Prompt(
    "prompt", "<|start_header_id|>{role}<|end_header_id|>\n\n{text}<|eot_id|>",
    "<|start_header_id|>assistant<|end_header_id|>\n\n", "max_gen_len", "top_p", begin="<|begin_of_text|>",
)  # fmt: skip
LLAMA_4: Final = Prompt(
    "prompt", "<|header_start|>{role}<|header_end|>\n\n{text}<|eot|>", "<|header_start|>assistant<|header_end|>\n\n",
    "max_gen_len", "top_p", begin="<|begin_of_text|>",
)  # fmt: skip
# By a part of the model's name.
PROMPTS: Final[Mapping[str, Prompt]] = MappingProxyType({
    "amazon.titan-text": TITAN, "cohere.command-text": COHERE, "cohere.command-light": COHERE,
    "meta.llama3": LLAMA_3, "meta.llama4": LLAMA_4,
})  # fmt: skip


def prompt_body(call: ChatCall) -> dict[str, Any]:
    """The body for a family of `PROMPTS`."""
    prompt = next(prompt for name, prompt in PROMPTS.items() if name in call.model)
    turns = [
        prompt.turn.format(role=prompt.roles.get(role, role), text=text)
        for role, text in (said(message) for message in call.messages)
    ]
    fields = call.translated(prompt.words())
    if prompt.inside is not None:
        fields = {prompt.inside: fields} if fields else {}
    return {prompt.name: f"{prompt.begin}{''.join(turns)}{prompt.end}", **fields}


def said(message: Mapping[str, Any]) -> tuple[str, str]:
    """Role and text.

    Raises:
        BadRequestError: there is more to a message than these.
    """
    role, content = message.get("role"), message.get("content")
    role = "system" if role == "developer" else role
    texts = [part.get("text") if is_object(part) else part for part in content] if is_array(content) else [content]
    pieces = [text for text in texts if isinstance(text, str)]
    if len(pieces) < len(texts) or role not in {"system", "user", "assistant"}:
        raise BadRequestError(
            "This model takes nothing but text by InvokeModel. Write 'bedrock/converse/…' before its name.",
            llm_provider="bedrock",
        )
    return role, "".join(pieces)
