"""OpenAI's messages as Anthropic's."""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

import rillm
from rillm.providers.openai_request import plain
from rillm.streams.errors import BadRequestError, UnsupportedParamsError
from tests.kit.anthropic import body

CACHED = {"cache_control": {"type": "ephemeral"}}
PNG = "data:image/png;base64,iVBORw0KGgo="
PDF = "data:application/pdf;base64,JVBERi0="
CASES = Path(__file__).parents[1] / "wire" / "cases_anthropic_messages"


def said(role: str, content: Any, **rest: Any) -> dict[str, Any]:
    return {"role": role, "content": content, **rest}


def text(words: str, **rest: Any) -> dict[str, Any]:
    return {"type": "text", "text": words, **rest}


def base64(media_type: str, data: str) -> dict[str, Any]:
    return {"type": "base64", "media_type": media_type, "data": data}


def call(id_: str, name: str, arguments: str, **rest: Any) -> dict[str, Any]:
    return {"id": id_, "type": "function", "function": {"name": name, "arguments": arguments}, **rest}


def use(id_: str, name: str, arguments: dict[str, Any], **rest: Any) -> dict[str, Any]:
    return {"type": "tool_use", "id": id_, "name": name, "input": arguments, **rest}


def result(id_: str, content: Any, **rest: Any) -> dict[str, Any]:
    return {"type": "tool_result", "tool_use_id": id_, "content": content, **rest}


@pytest.mark.parametrize(
    ("messages", "system", "expected"),
    [
        # roles
        ([said("user", "Hi")], None, [said("user", [text("Hi")])]),
        ([said("system", "S"), said("user", "Hi")], [text("S")], [said("user", [text("Hi")])]),
        (
            [said("system", "S"), said("user", "Hi"), said("developer", [text("D", **CACHED)])],
            [text("S"), text("D", **CACHED)],
            [said("user", [text("Hi")])],
        ),
        ([said("system", "S", **CACHED)], [text("S", **CACHED)], []),
        (
            [said("user", "a"), said("user", "b"), said("assistant", "c"), said("assistant", "d"), said("user", "e")],
            None,
            [
                said("user", [text("a"), text("b")]),
                said("assistant", [text("c"), text("d")]),
                said("user", [text("e")]),
            ],
        ),
        # texts
        (
            [said("user", ""), said("user", [text(""), text("Hi")]), said("assistant", None)],
            None,
            [said("user", [text("Hi")])],
        ),
        (
            [said("user", "Hi"), said("assistant", "I ")],
            None,
            [said("user", [text("Hi")]), said("assistant", [text("I")])],
        ),
        ([said("user", "Hi"), said("assistant", " ")], None, [said("user", [text("Hi")])]),
        (
            [said("user", "Hi"), said("assistant", [text("I "), text(" \n")])],
            None,
            [said("user", [text("Hi")]), said("assistant", [text("I")])],
        ),
        ([said("user", ["a", text("b")])], None, [said("user", [text("a"), text("b")])]),
        (
            [said("user", "Hi", **CACHED), said("assistant", [{"type": "refusal", "refusal": "No."}])],
            None,
            [said("user", [text("Hi", **CACHED)]), said("assistant", [text("No.")])],
        ),
        # calls and results
        (
            [
                said("user", "Hi"),
                said(
                    "assistant", None, tool_calls=[call("t1", "f", '{"x":1}'), call("t2", "g", "", index=1, **CACHED)]
                ),
                said("tool", "r1", tool_call_id="t1"),
                said("tool", [text("r2")], tool_call_id="t2", is_error=True, **CACHED),
                said("user", "go on"),
            ],
            None,
            [
                said("user", [text("Hi")]),
                said("assistant", [use("t1", "f", {"x": 1}), use("t2", "g", {}, **CACHED)]),
                said("user", [result("t1", "r1"), result("t2", [text("r2")], is_error=True, **CACHED), text("go on")]),
            ],
        ),
        (
            [
                said("assistant", "c", tool_calls=[call("t1", "f", "{}", caller={"type": "direct"}, extra_content={})]),
                said("tool", [{"type": "image_url", "image_url": {"url": PNG}}], tool_call_id="t1"),
            ],
            None,
            [
                said("assistant", [text("c"), use("t1", "f", {}, caller={"type": "direct"})]),
                said("user", [result("t1", [{"type": "image", "source": base64("image/png", "iVBORw0KGgo=")}])]),
            ],
        ),
        # thinking
        (
            [
                said(
                    "assistant",
                    "c",
                    reasoning_content="r",
                    thinking_blocks=[
                        {"type": "thinking", "thinking": "r", "signature": "s"},
                        {"type": "redacted_thinking", "data": "d", "index": 1},  # as a stream numbers them
                        {"type": "thinking", "thinking": "unsigned"},
                    ],
                    tool_calls=[call("t1", "f", "{}")],
                )
            ],
            None,
            [
                said(
                    "assistant",
                    [
                        {"type": "thinking", "thinking": "r", "signature": "s"},
                        {"type": "redacted_thinking", "data": "d"},
                        text("c"),
                        use("t1", "f", {}),
                    ],
                )
            ],
        ),
    ],
)
def test_messages(
    messages: list[dict[str, Any]], system: list[dict[str, Any]] | None, expected: list[dict[str, Any]]
) -> None:
    encoded = body(messages)
    assert encoded.get("system") == system
    assert encoded["messages"] == expected


IMAGE_OF_URL = {"type": "image", "source": {"type": "url", "url": "https://a.example/a.png"}}
DOCUMENT = {"type": "document", "source": base64("application/pdf", "JVBERi0=")}


@pytest.mark.parametrize(
    ("part", "block"),
    [
        ({"type": "image_url", "image_url": {"url": "https://a.example/a.png", "detail": "low"}}, IMAGE_OF_URL),
        ({"type": "image_url", "image_url": "https://a.example/a.png"}, IMAGE_OF_URL),
        (
            {"type": "image_url", "image_url": {"url": PNG}, **CACHED},
            {"type": "image", "source": base64("image/png", "iVBORw0KGgo="), **CACHED},
        ),
        (
            {"type": "image_url", "image_url": {"url": "data:;base64,AAAA", "format": "image/webp"}},
            {"type": "image", "source": base64("image/webp", "AAAA")},
        ),
        (
            {"type": "image_url", "image_url": {"url": "data:image/svg+xml,%3Csvg%2F%3E"}},
            {"type": "image", "source": base64("image/svg+xml", "PHN2Zy8+")},
        ),
        (
            {"type": "image_url", "image_url": {"url": "DATA:image/PNG;base64,AAAA"}},
            {"type": "image", "source": base64("image/png", "AAAA")},
        ),
        ({"type": "file", "file": {"file_data": PDF.replace("data:", "Data:")}}, DOCUMENT),
        ({"type": "image_url", "image_url": {"url": PDF}}, DOCUMENT),
        ({"type": "file", "file": {"file_data": PDF, "filename": "a.pdf"}}, {**DOCUMENT, "title": "a.pdf"}),
        ({"type": "file", "file": {"file_data": "JVBERi0="}}, DOCUMENT),
        (
            {"type": "file", "file": {"file_data": PNG, "filename": "a.png"}},
            {"type": "image", "source": base64("image/png", "iVBORw0KGgo=")},
        ),
        (
            {
                "type": "file",
                "file": {"file_data": "data:text/markdown;charset=utf-8;base64,w6k="},
                "citations": {"enabled": True},
            },
            {
                "type": "document",
                "source": {"type": "text", "media_type": "text/plain", "data": "é"},
                "citations": {"enabled": True},
            },
        ),
        (
            {"type": "file", "file": {"file_data": "data:,a%20b"}},
            {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "a b"}},
        ),
        (
            {"type": "file", "file": {"file_id": "file_1"}},
            {"type": "document", "source": {"type": "file", "file_id": "file_1"}},
        ),
        (
            {"type": "file", "file": {"file_id": "https://a.example/a.pdf"}},
            {"type": "document", "source": {"type": "url", "url": "https://a.example/a.pdf"}},
        ),
        ({**DOCUMENT, "title": "t"}, {**DOCUMENT, "title": "t"}),
        ({"type": "search_result", "source": "s"}, {"type": "search_result", "source": "s"}),
    ],
)
def test_parts(part: dict[str, Any], block: dict[str, Any]) -> None:
    assert body([said("user", [part])])["messages"] == [said("user", [block])]


@pytest.mark.parametrize(
    ("message", "words"),
    [
        (said("function", "r", name="f"), "role 'function'"),
        (said("assistant", None, tool_calls=[call("t1", "f", '{"x":')]), "call of 'f'"),
        (said("assistant", None, tool_calls=[call("t1", "f", "[1]")]), "call of 'f'"),
        (said("user", [{"type": "image_url"}]), "type 'image' with neither data nor a URL"),
        (said("user", [{"type": "file", "file": {}}]), "type 'document' with neither data nor a URL"),
        (said("user", [{"type": "file", "file": {"file_data": "data:text/plain;base64,A"}}]), "cannot be read"),
    ],
)
def test_messages_that_are_none(message: dict[str, Any], words: str) -> None:
    with pytest.raises(BadRequestError, match=words):
        body([message])


def test_content_that_anthropic_cannot_take() -> None:
    audio = {"type": "input_audio", "input_audio": {"data": "AAAA", "format": "wav"}}
    with pytest.raises(UnsupportedParamsError, match="input_audio"):
        body([said("user", [audio, text("Hi")])])
    assert body([said("user", [audio, text("Hi")])], drop_params=True)["messages"] == [said("user", [text("Hi")])]


def test_the_callers_messages_stay_as_they_are() -> None:
    messages = [said("user", [text("Hi")]), said("user", "b"), said("assistant", [text("I ")], **CACHED)]
    before = deepcopy(messages)
    body(messages)
    assert messages == before


# Answers sent back


def answered(name: str) -> dict[str, Any]:
    (response,) = rillm.decode("anthropic", [(CASES / f"{name}.sse").read_bytes()]).pipe(rillm.accumulate())
    message: dict[str, Any] = plain(response.choices[0].message)
    return message


CALL = {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {"query": "rivers"}}
FOUND = {
    "type": "web_search_tool_result",
    "tool_use_id": "srvtoolu_1",
    "content": [
        {"type": "web_search_result", "title": "T", "url": "https://a.example", "encrypted_content": "e"},
    ],
}
CITATION = {
    "type": "web_search_result_location",
    "cited_text": "c",
    "url": "https://a.example",
    "title": "T",
    "encrypted_index": "ei",
}
THOUGHTS = [{"type": "thinking", "thinking": one, "signature": sign} for one, sign in (("a", "s1"), ("b", "s2"))]
ADD = use("toolu_a", "add", {"x": 1})


@pytest.mark.parametrize(
    ("name", "blocks"),
    [
        ("text", [text("Hi")]),
        ("thinking", [{"type": "thinking", "thinking": "Let me", "signature": "sig"}, text("Hi")]),
        ("thinking-not-shown", [{"type": "thinking", "thinking": "", "signature": "sig"}, text("Hi")]),
        ("thinking-unsigned", [text("Hi")]),
        ("call", [ADD]),
        ("calls", [text("Hi"), ADD, use("toolu_b", "sub", {"y": 2})]),
        ("call-without-arguments", [use("toolu_a", "add", {})]),
        ("call-prefilled", [{**ADD, "caller": {"type": "code_execution_20260120", "tool_id": "srvtoolu_1"}}]),
        (
            "web-search",
            [
                text("Let me see."),
                CALL,
                FOUND,
                text("They are "),
                text("long", citations=[CITATION]),
                text("."),
            ],
        ),
        ("web-search-and-document", [CALL, FOUND, text("Hi")]),
        ("web-search-between-thoughts", [THOUGHTS[0], CALL, FOUND, THOUGHTS[1], text("Hi"), ADD]),
        (
            "mcp",
            [
                {
                    "type": "mcp_tool_use",
                    "id": "mcptoolu_1",
                    "name": "ask",
                    "server_name": "wiki",
                    "input": {"q": "x"},
                },
                {
                    "type": "mcp_tool_result",
                    "tool_use_id": "mcptoolu_1",
                    "is_error": False,
                    "content": [text("r")],
                },
                text("Hi"),
            ],
        ),
        ("pause-turn", [text("Let me see."), CALL, FOUND, {**CALL, "id": "srvtoolu_2", "input": {"query": "more"}}]),
        ("citations", [text("Hi")]),
        ("compaction", [{"type": "compaction", "content": "So far."}, text("Hi")]),
        ("compaction-pauses", [{"type": "compaction", "content": "So far."}]),
        ("unknown-kinds", [text("Hi"), {"type": "container_upload", "file_id": "file_1"}]),
    ],
)
def test_an_answer_is_sent_back_as_it_came(name: str, blocks: list[dict[str, Any]]) -> None:
    assert body([answered(name)])["messages"] == [said("assistant", blocks)]


def test_an_answer_that_was_changed_is_sent_back_in_the_usual_order() -> None:
    thoughts = {**answered("web-search-between-thoughts"), "content": "Hello"}
    assert body([thoughts])["messages"][0]["content"] == [*THOUGHTS, CALL, FOUND, text("Hello"), ADD]
    paused = {**answered("pause-turn"), "content": ""}
    (message,) = body([paused])["messages"]
    assert [block["id"] for block in message["content"] if "id" in block] == ["srvtoolu_1", "srvtoolu_2"]
    assert message["content"][-1]["id"] == "srvtoolu_2"
    fewer = answered("web-search")
    fewer["provider_specific_fields"]["web_search_results"] = []
    assert body([fewer])["messages"][0]["content"] == [text("Let me see.They are long."), CALL]


@pytest.mark.parametrize(
    "fields", [None, {}, {"citations": ["https://a.example"]}, {"server_tool_calls": [{"type": "x"}]}]
)
def test_what_others_keep_beside_a_message_is_not_sent(fields: dict[str, Any] | None) -> None:
    assert body([said("assistant", "Hi", provider_specific_fields=fields)])["messages"] == [
        said("assistant", [text("Hi")])
    ]
