"""What a chunk tells of one candidate: https://ai.google.dev/api/generate-content#candidate."""

from __future__ import annotations

from itertools import chain, repeat
from typing import TYPE_CHECKING, Any, Final

from rillm.providers.gemini_calls import Calls
from rillm.providers.gemini_parts import delta_of
from rillm.streams.json_values import is_array, is_object, objects_in

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

# In OpenAI's words; any other reason ended the answer and says no more than "stop".
FINISH_REASONS: Final = {
    "MAX_TOKENS": "length",
    **dict.fromkeys(
        (
            *("SAFETY", "RECITATION", "LANGUAGE", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII", "MODEL_ARMOR"),
            *("IMAGE_SAFETY", "IMAGE_PROHIBITED_CONTENT", "IMAGE_RECITATION"),
        ),
        "content_filter",
    ),
}
NO_REASON: Final = "FINISH_REASON_UNSPECIFIED"
# What is kept as it is, and its name in `provider_specific_fields`.
METADATA: Final = {"groundingMetadata": "grounding_metadata", "urlContextMetadata": "url_context_metadata"}
OF_THE_END: Final = {"finishMessage": "finish_message", "blockReasonMessage": "finish_message"}


class Candidate:
    """One of the answers, while it comes. `response_id` is the response's."""

    def __init__(self, index: int, response_id: str) -> None:
        self._index = index
        self._calls = Calls(f"{response_id}/{index}")

    def choices(self, candidate: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        """What a chunk brings as a choice of OpenAI's, and the end of the answer as another one."""
        content, native = candidate.get("content"), candidate.get("finishReason")
        delta = delta_of(content.get("parts") if is_object(content) else None, self._calls)
        fields = {name: candidate[key] for key, name in METADATA.items() if candidate.get(key)}
        citations = citations_of(candidate.get("citationMetadata"))
        if citations:
            fields["citations"] = citations
        if fields:
            delta["provider_specific_fields"] = {**delta.get("provider_specific_fields", {}), **fields}
        logprobs = logprobs_of(candidate.get("logprobsResult"))
        is_last = bool(native) and native != NO_REASON
        if delta or logprobs or not is_last:
            yield {"index": self._index, "delta": delta, "logprobs": logprobs}
        if is_last:
            reason = FINISH_REASONS.get(str(native), "stop")
            if self._calls.can_be_run and reason != "content_filter":
                reason = "tool_calls"
            yield end_of_choice(self._index, reason, str(native), candidate)


def blocked(feedback: Mapping[str, Any]) -> dict[str, Any]:
    """The choice that stands for the answer to a prompt that was blocked."""
    return end_of_choice(0, "content_filter", str(feedback["blockReason"]), feedback)


def end_of_choice(index: int, reason: str, native: str, details: Mapping[str, Any]) -> dict[str, Any]:
    said = {name: details[key] for key, name in OF_THE_END.items() if details.get(key)}
    fields = {"native_finish_reason": native, **said}
    if reason == "content_filter" and details.get("safetyRatings"):
        fields["safety_ratings"] = details["safetyRatings"]
    return {"index": index, "delta": {"provider_specific_fields": fields}, "finish_reason": reason}


def citations_of(metadata: Any) -> list[Any]:
    """The sources that the answer recites; the Gemini API and Vertex AI have a name each for their list."""
    sources = (metadata.get("citationSources") or metadata.get("citations")) if is_object(metadata) else None
    return sources if is_array(sources) else []


def logprobs_of(result: Any) -> dict[str, Any] | None:
    """Google's log probabilities in OpenAI's shape: https://ai.google.dev/api/generate-content#LogprobsResult."""
    if not is_object(result) or not result.get("chosenCandidates"):
        return None
    alternatives = [objects_in(step.get("candidates")) for step in objects_in(result.get("topCandidates"))]
    return {
        "content": [
            {**token_of(token), "top_logprobs": [token_of(one) for one in others]}
            for token, others in zip(
                objects_in(result["chosenCandidates"]), chain(alternatives, repeat([])), strict=False
            )
        ]
    }


def token_of(candidate: Mapping[str, Any]) -> dict[str, Any]:
    text = str(candidate.get("token", ""))
    return {"token": text, "logprob": candidate.get("logProbability"), "bytes": list(text.encode())}
