"""Why a model stopped, in OpenAI's words: https://platform.openai.com/docs/api-reference/chat/object.

For those who answer in OpenAI's format with another's words. A decoder of a native format has a table of its own, as
`rillm.providers.gemini_candidate` has Google's: there a word that nobody knows may be "stop", here it stays as it is.
"""

from __future__ import annotations

from typing import Any, Final

# Only what is to be changed: a word of OpenAI's, and one that nobody knows, stay as they are.
OPENAI_WORDS: Final[dict[str, str]] = {
    **dict.fromkeys(("end_turn", "stop_sequence", "STOP", "COMPLETE", "eos_token", "eos"), "stop"),
    **dict.fromkeys(("max_tokens", "MAX_TOKENS", "model_length"), "length"),
    **dict.fromkeys(("tool_use", "TOOL_CALL"), "tool_calls"),
    **dict.fromkeys(
        (
            *("refusal", "SAFETY", "safety", "BLOCKLIST", "RECITATION", "PROHIBITED_CONTENT", "SPII", "LANGUAGE"),
            *("IMAGE_SAFETY", "guardrail_intervened", "content_filtered", "ERROR_TOXIC", "sensitive"),
        ),
        "content_filter",
    ),
}


def in_openai_words(choice: dict[str, Any]) -> dict[str, Any]:
    """The fields of a choice with its `finish_reason` as OpenAI would say it.

    The provider's own word, where it was another one, is kept in `provider_specific_fields["native_finish_reason"]`.

    >>> in_openai_words({"finish_reason": "max_tokens"})
    {'finish_reason': 'length', 'provider_specific_fields': {'native_finish_reason': 'max_tokens'}}
    """
    native = choice.get("finish_reason")
    reason = OPENAI_WORDS.get(native) if isinstance(native, str) else None
    if reason is None:
        return choice
    fields: dict[str, Any] = choice.get("provider_specific_fields") or {}
    fields = {**fields, "native_finish_reason": native}
    return {**choice, "finish_reason": reason, "provider_specific_fields": fields}
