"""Messages of OpenAI's as Google's contents: https://ai.google.dev/api/caching#Content."""

from __future__ import annotations

import mimetypes
from typing import TYPE_CHECKING, Any, Final

from pydantic_core import from_json

from rillm.providers.data_urls import data_in
from rillm.providers.tool_arguments import arguments_of
from rillm.streams.errors import BadRequestError
from rillm.streams.json_values import is_object, objects_in

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

SYSTEM: Final = ("system", "developer")
# Stands for the signature of a call that another model made, or that a client has lost; the API would refuse the call
# otherwise: https://ai.google.dev/gemini-api/docs/thought-signatures
NO_SIGNATURE: Final = "skip_thought_signature_validator"


class Contents:
    """The contents of one request.

    Args:
        messages: OpenAI's.
        is_older: whether the model is from before Gemini 3: it knows no ids of calls and checks no signatures.

    """

    def __init__(self, messages: Sequence[Mapping[str, Any]], *, is_older: bool) -> None:
        self.contents: list[dict[str, Any]] = []
        self.system: list[dict[str, Any]] = []
        self._is_older = is_older
        self._names: dict[str, str] = {}  # of the functions, by the ids of their calls
        self._results_are_open = False  # results of one turn's calls have to be in one content
        for message in messages:
            self._add(message)

    def _add(self, message: Mapping[str, Any]) -> None:
        role = message.get("role")
        if role in SYSTEM:
            self.system += parts_of(message.get("content"))
        elif role in {"tool", "function"}:
            self._add_result(message)
        elif role == "assistant":
            self._open("model", [*self._texts(message), *self._calls(message)])
        else:
            self._open("user", parts_of(message.get("content")))

    def _open(self, role: str, parts: list[dict[str, Any]]) -> None:
        self._results_are_open = False
        if parts:
            self.contents.append({"role": role, "parts": parts})

    def _texts(self, message: Mapping[str, Any]) -> list[dict[str, Any]]:
        """What the model said. Its thoughts are not sent back: their signatures stand for them."""
        parts = parts_of(message.get("content"))
        fields: Any = message.get("provider_specific_fields")
        signatures: Any = fields.get("thought_signatures") if is_object(fields) else None
        if signatures:
            parts = parts or [{"text": ""}]
            parts[-1] = {**parts[-1], "thoughtSignature": signatures[-1]}
        return parts

    def _calls(self, message: Mapping[str, Any]) -> list[dict[str, Any]]:
        parts: list[dict[str, Any]] = []
        for call in objects_in(message.get("tool_calls")):
            function: dict[str, Any] = call.get("function") or {}
            id_, name = str(call.get("id") or ""), str(function.get("name"))
            self._names[id_] = name
            part: dict[str, Any] = {"functionCall": {"name": name, "args": arguments_of(function), **self._id(id_)}}
            signature = signature_of(call) or (None if self._is_older or parts else NO_SIGNATURE)
            parts.append({**part, "thoughtSignature": signature} if signature else part)
        return parts

    def _add_result(self, message: Mapping[str, Any]) -> None:
        id_ = str(message.get("tool_call_id") or "")
        name = self._names.get(id_) or message.get("name")
        if not name:
            raise BadRequestError(f"The result of a tool is for no call: {id_!r} is the id of none before it.")
        content = parts_of(message.get("content"))
        media = [part for part in content if "text" not in part]
        response: dict[str, Any] = {"name": name, "response": result_of(content), **self._id(id_)}
        if media:
            response["parts"] = media
        if not self._results_are_open:
            self.contents.append({"role": "user", "parts": []})
            self._results_are_open = True
        self.contents[-1]["parts"].append({"functionResponse": response})

    def _id(self, id_: str) -> dict[str, str]:
        return {"id": id_} if id_ and not self._is_older else {}


def parts_of(content: Any) -> list[dict[str, Any]]:
    """The parts of a message's content: text, images, sound, video and files.

    Raises:
        BadRequestError: a part is of a type that nobody knows.
    """
    if isinstance(content, str):
        return [{"text": content}] if content else []
    return [part_of(part) for part in objects_in(content)]


def part_of(part: dict[str, Any]) -> dict[str, Any]:
    kind = part.get("type", "text")
    value: Any = part.get(str(kind))
    if kind in {"text", "refusal"}:
        return {"text": value or ""}
    if kind in {"image_url", "video_url"}:
        return media_part({"url": value} if isinstance(value, str) else value)
    if kind == "input_audio" and is_object(value):
        return {"inlineData": {"mimeType": f"audio/{value.get('format')}", "data": value.get("data")}}
    if kind == "file" and is_object(value):
        return media_part({**value, "url": value.get("file_data") or value.get("file_id")})
    raise BadRequestError(f"A part of a message is of an unknown type: {kind!r}.")


def media_part(media: dict[str, Any]) -> dict[str, Any]:
    """A part with the bytes of a data: URL, or with the address of a file.

    Args:
        media: with `url`, and `format` (a MIME type) where the name of the file does not tell it.
    """
    url = str(media.get("url"))
    data = data_in(url)
    if data is not None:
        return {"inlineData": {"mimeType": media.get("format") or data.media_type, "data": data.base64}}
    kind = media.get("format") or mimetypes.guess_type(url.partition("?")[0])[0]
    return {"fileData": {"fileUri": url, **({"mimeType": kind} if kind else {})}}


def result_of(parts: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """What a function returned: a JSON object as it is, any other text as "output"."""
    text = "".join(part.get("text", "") for part in parts)
    try:
        result = from_json(text)
    except ValueError:
        result = None
    return result if is_object(result) else {"output": text}


def signature_of(call: Mapping[str, Any]) -> Any:
    """The thought signature of a call, where we, LiteLLM or Google's OpenAI format have put it."""
    fields, extra = call.get("provider_specific_fields"), call.get("extra_content")
    if is_object(fields) and fields.get("thought_signature"):
        return fields["thought_signature"]
    google = extra.get("google") if is_object(extra) else None
    return google.get("thought_signature") if is_object(google) else None
