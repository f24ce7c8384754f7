"""IBM watsonx.ai's text generation: https://cloud.ibm.com/apidocs/watsonx-ai#text-generation-stream."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from rillm.providers.chunks import chunk_of, end_chunk, text_chunk
from rillm.providers.endpoint import endpoint
from rillm.providers.failures import failure
from rillm.providers.json_decoder import JSONDecoder
from rillm.providers.provider import first_set
from rillm.providers.request import Request, listed_as, nothing
from rillm.providers.text_prompt import prompt_of
from rillm.streams.json_values import is_object

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rillm.providers.request import ChatCall
    from rillm.streams.chunk import ModelResponseStream
    from rillm.streams.errors import RillmError

VERSION: Final = "2024-05-31"
PROJECT_ENV: Final = ("WATSONX_PROJECT_ID",)
IN_BODY: Final = ("project_id", "space_id", "moderations", "parameters")
NOT_FINISHED: Final = "not_finished"
FINISH_REASONS: Final[Mapping[str, str]] = {
    "eos_token": "stop",
    "stop_sequence": "stop",
    "max_tokens": "length",
    "token_limit": "length",
    "time_limit": "length",
}
# No end of an answer, and the status that stands for it; 499 is what proxies have for "cancelled".
FAILED: Final[Mapping[str, int]] = {"error": 500, "cancelled": 499}


class WatsonxTextDecoder(JSONDecoder):
    """Events with `results` to chunks, up to the one with a reason to stop."""

    def __init__(self) -> None:
        super().__init__()
        self._begun = False
        self._prompt_tokens = 0

    def read(self, data: dict[str, Any]) -> Sequence[ModelResponseStream]:
        if data.get("errors"):
            raise self.failure(data)
        if not data.get("results"):
            return ()
        (result,) = data["results"]
        # Only the first event tells of the prompt; in the others it is 0.
        self._prompt_tokens = max(self._prompt_tokens, result.get("input_token_count") or 0)
        chunks: list[ModelResponseStream] = []
        if text := result["generated_text"]:
            plain = self._begun and isinstance(text, str)
            chunks.append(text_chunk(text) if plain else chunk_of({"content": text}, model=data.get("model_id")))
            self._begun = True
        reason = (result.get("stop_reason") or NOT_FINISHED).lower()
        if reason in FAILED:
            raise failure({"message": f"The model stopped with the reason {reason!r}."}, status=FAILED[reason])
        if reason != NOT_FINISHED:
            self.terminated = True
            usage = {"prompt_tokens": self._prompt_tokens, "completion_tokens": result.get("generated_token_count")}
            chunks.append(end_chunk(reason, FINISH_REASONS, usage=usage))
        return chunks

    def failure(self, data: Any) -> RillmError:
        if not is_object(data):
            return failure(data)
        return failure(data.get("errors") or data, status=data.get("status_code"))


def encode(call: ChatCall) -> Request:
    """The request of a streamed text; messages become one (see `rillm.providers.text_prompt`).

    `project_id`, else WATSONX_PROJECT_ID, or `space_id` says on whose account.

    Raises:
        UnsupportedParamsError: the call has what the API does not take, such as tools or images.
    """
    given = call.translated({
        "max_completion_tokens": "max_new_tokens",
        "max_tokens": "max_new_tokens",
        "prompt": nothing,
        "seed": "random_seed",
        "stop": listed_as("stop_sequences"),
        "temperature": lambda degrees: {"temperature": degrees, "decoding_method": "sample" if degrees else "greedy"},
        "top_p": "top_p",
    })  # fmt: skip
    body: dict[str, Any] = {name: given.pop(name) for name in IN_BODY if name in given}
    project = first_set(PROJECT_ENV)
    if project and not {"project_id", "space_id"} & body.keys():
        body["project_id"] = project
    parameters = {**body.pop("parameters", {}), **given}
    body |= {"model_id": call.model, "input": prompt_of(call)}
    url = endpoint(call.base, "/ml/v1/text/generation_stream")
    version = "" if urlsplit(url).query else f"?version={call.api_version or VERSION}"
    return Request(url + version, {**body, "parameters": parameters} if parameters else body)


def is_finished(frame: bytes) -> bool:
    """Whether an event is the last one."""
    return b'"stop_reason":' in frame and NOT_FINISHED.encode() not in frame.lower()
