from __future__ import annotations

import gc
import threading
from typing import TYPE_CHECKING

import psutil
import pytest
from loguru import logger

from rillm.providers import http_client
from rillm.streams import tokenizer
from tests.kit.leaks import wait_until
from tests.kit.server import Server

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(params=["aiohttp", "httpx"])
def async_engine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs an async test on aiohttp and on httpx's own engine."""
    if request.param == "httpx":
        monkeypatch.setattr(http_client, "find_spec", not_installed)
    else:
        pytest.importorskip("aiohttp")


@pytest.fixture(params=["bytes", "o200k"])
def counting(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs a test with each way to count tokens."""
    if request.param == "bytes":
        monkeypatch.setattr(tokenizer, "o200k", lambda: None)
    elif tokenizer.o200k() is None:
        pytest.skip("the extra `tokens` is missing")


def not_installed(_name: str) -> None: ...


@pytest.fixture
def reports() -> Iterator[list[str]]:
    """What is reported to loguru meanwhile."""
    lines: list[str] = []
    sink = logger.add(lines.append, format="{message}")
    yield lines
    logger.remove(sink)


@pytest.fixture
def no_garbage_collection() -> Iterator[None]:
    """With thousands of tests in memory it stops everything for longer than closing may take; and closes nothing."""
    gc.disable()
    yield
    gc.enable()


@pytest.fixture
def nothing_left() -> Iterator[None]:
    """Proves that a test leaves no thread of its own behind."""
    before = set(threading.enumerate())
    yield
    assert wait_until(lambda: not set(threading.enumerate()) - before), set(threading.enumerate()) - before


@pytest.fixture
def server(nothing_left: None) -> Iterator[Server]:  # noqa: ARG001 - its check comes after the server has stopped
    """A scripted server; at the end it proves that no exchange, thread or socket of its clients is left."""
    server = Server()
    try:
        yield server
        assert not server.busy(), "the client has left an exchange open"
    finally:
        http_client.default_client().close()
        http_client.client_of_process.cache_clear()
        server.stop()
    sockets = psutil.Process().net_connections("tcp")
    assert not [one for one in sockets if one.raddr and one.raddr.port == server.port]
