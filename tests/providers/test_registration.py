"""Providers and formats that come from outside."""

from __future__ import annotations

import sys
import threading
from dataclasses import replace
from importlib import import_module
from typing import TYPE_CHECKING, Any

import pytest
from loguru import logger

import rillm
from rillm.providers import (
    ChatCall,
    Format,
    JSONDecoder,
    Provider,
    Request,
    end_chunk,
    lines,
    register,
    registration,
    text_chunk,
)
from rillm.providers.registration import PROVIDERS, Registry, format_of, provider_named
from rillm.providers.resolve import resolve
from rillm.streams.errors import BadRequestError
from tests.kit import wire
from tests.kit.calls import KEY, MESSAGES, texts
from tests.kit.server import script

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from tests.kit.server import Server

DOCS = "https://acme.test/docs"
ACME = Provider("acme", "openai-chat", "https://api.acme.test/v1", DOCS, key_env=("ACME_API_KEY",))
OTHER = replace(ACME, base_url="https://other.test/v1")


class AcmeDecoder(JSONDecoder):
    def read(self, data: dict[str, Any]) -> Sequence[rillm.ModelResponseStream]:
        if "over" in data:
            self.terminated = True
            return [end_chunk(data["over"], {"finished": "stop"})]
        return [text_chunk(data["say"])]


def encode(call: ChatCall) -> Request:
    return Request(f"{call.base}/talk", {"turns": list(call.messages), **call.translated({"max_tokens": "limit"})})


def is_over(frame: bytes) -> bool:
    return b'"over"' in frame


LINES = Format("acme-lines", lines, AcmeDecoder, is_over, encode)
TALKING = replace(ACME, format="acme-lines")
BODY = b'{"say": "Hello"}\n{"say": "!"}\n{"over": "finished"}\n'


@pytest.fixture(autouse=True)
def _nothing_is_registered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registration, "_registry", Registry())
    monkeypatch.setenv("ACME_API_KEY", KEY)


def test_a_provider_of_openais_format(server: Server) -> None:
    server.play(script(wire.answer("Hi")))
    with pytest.raises(BadRequestError, match="LLM Provider NOT provided"):
        resolve("acme/large")
    register(ACME)
    assert texts(rillm.completion("acme/large", MESSAGES, stream=True, api_base=server.url)) == "Hi"
    assert server.exchange().request.headers["authorization"] == f"Bearer {KEY}"
    assert resolve("acme:large") == resolve("large", "acme") == (ACME, "large")
    assert format_of("acme").name == "openai-chat"


def test_a_format(server: Server) -> None:
    with pytest.raises(BadRequestError, match="Unknown wire format 'acme-lines'"):
        rillm.decode("acme-lines", [BODY])
    register(TALKING, LINES)
    server.play(script(BODY))
    for name in ("acme", "acme-lines"):
        assert texts(rillm.decode(name, [BODY])) == "Hello!"
    response = rillm.completion("acme/large", MESSAGES, max_tokens=5, api_base=server.url)
    assert response.choices[0].message.content == "Hello!"
    request = server.exchange().request
    assert request.path == "/v1/talk"
    assert request.json == {"turns": MESSAGES, "limit": 5}


def test_the_same_row_again_changes_nothing() -> None:
    register(ACME, LINES)
    register(replace(ACME), replace(LINES))
    assert provider_named("acme") == ACME


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([OTHER], "There is a provider 'acme' already"),
        ([ACME, OTHER], "There is a provider 'acme' already"),
        ([replace(ACME, name="openai")], "There is a provider 'openai' already"),
        ([replace(ACME, name="hf")], "'hf' already, an alias of 'huggingface'"),
        ([replace(LINES, name="openai-chat")], "There is a format 'openai-chat' already"),
        ([replace(ACME, name="a/b")], "cannot be called 'a/b'"),
        ([replace(ACME, name="a:b")], "cannot be called 'a:b'"),
        ([replace(ACME, name="")], "cannot be called ''"),
        ([replace(ACME, name="new", format="nope")], "'new' speaks the format 'nope'"),
        ([replace(ACME, name="new", routes={"x": "nope"})], "'new' speaks the format 'nope'"),
        ([replace(ACME, name="new", own_format="nope")], "'new' speaks the format 'nope'"),
    ],
)
def test_what_cannot_be_registered(rows: list[Provider | Format], words: str) -> None:
    register(ACME)
    with pytest.raises(ValueError, match=words):
        register(replace(ACME, name="first"), *rows)
    assert provider_named("acme") == ACME
    assert provider_named("first") is None


@pytest.mark.parametrize("name", ["acme", "openai", "hf"])
def test_to_take_the_place_of_another(name: str) -> None:
    row = replace(OTHER, name=name)
    register(ACME)
    register(row, replace=True)
    assert resolve(f"{name}/large") == (row, "large")
    assert PROVIDERS["openai"] is not row
    if name == "openai":
        assert resolve("gpt-4o") == (row, "gpt-4o")


def test_a_near_miss_is_suggested() -> None:
    register(replace(ACME, name="zebrafish"))
    with pytest.raises(BadRequestError, match="Did you mean 'zebrafish/large'"):
        resolve("zebrafsh/large")
    with pytest.raises(BadRequestError, match=r"Known providers: .*zebrafish"):
        resolve("large")


def test_many_threads_at_once() -> None:
    names = [f"acme{number}" for number in range(16)]
    together = threading.Barrier(len(names))

    def add(name: str) -> None:
        together.wait()
        register(replace(ACME, name=name))

    threads = [threading.Thread(target=add, args=(name,)) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [provider_named(name) is not None for name in names] == [True] * len(names)


PLUGIN = """
from rillm.providers import Provider, register

LOADED = []

def row(name):
    return Provider(name, "openai-chat", "https://acme.test", "https://acme.test")

def returns():
    LOADED.append("returns")
    return [row("acme_returned")]

def registers():
    LOADED.append("registers")
    register(row("acme_registered"))

def fails():
    LOADED.append("fails")
    raise RuntimeError("Out of order.")
"""


@pytest.fixture
def loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Any:
    """What an installed plugin of a name of its own has loaded, by importing it late."""
    module = f"acme_plugin_{abs(hash(request.node.name))}"
    (tmp_path / f"{module}.py").write_text(PLUGIN)
    info = tmp_path / f"{module}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {module}\nVersion: 1.0\n")
    points = "".join(f"{name} = {module}:{name}\n" for name in ("fails", "missing", "registers", "returns"))
    (info / "entry_points.txt").write_text(f"[rillm.providers]\n{points}")
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])

    def loaded() -> list[str]:
        return list(import_module(module).LOADED) if module in sys.modules else []

    return loaded


@pytest.fixture
def reports() -> Iterator[list[str]]:
    said: list[str] = []
    sink = logger.add(lambda message: said.append(str(message)), level="ERROR", format="{message}")
    yield said
    logger.remove(sink)


@pytest.mark.parametrize("name", ["acme_returned", "acme_registered"])
def test_plugins_are_loaded_at_the_first_unknown_name(loaded: Any, reports: list[str], name: str) -> None:
    assert resolve("openai/gpt-4o")[0] == resolve("gpt-4o")[0]
    assert resolve("groq:meta-llama/x")[0].name == "groq"
    assert loaded() == []
    for _ in range(2):
        assert resolve(f"{name}/large") == (provider_named(name), "large")
    assert sorted(loaded()) == ["fails", "registers", "returns"]
    with pytest.raises(BadRequestError, match="Known providers:"):
        resolve("unheard-of-model")
    assert sorted(loaded()) == ["fails", "registers", "returns"]
    assert [report.partition("\n")[0] for report in reports] == [
        f"The plugin {plugin} of rillm.providers failed." for plugin in ("fails", "missing")
    ]


def test_plugins_are_loaded_for_formats_too(loaded: Any, reports: list[str]) -> None:
    assert format_of("acme_returned").name == "openai-chat"
    assert loaded()
    assert len(reports) == 2
