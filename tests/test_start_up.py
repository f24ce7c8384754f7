"""`import rillm` in a fresh Python: nothing is loaded, read or connected to that nobody has asked for."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import pytest

import rillm

SECONDS = 60.0  # after which something is taken to hang

WATCHED = """
import json, sys
MODULES = (".py", ".pyc", ".so", ".pyd")
opened, sockets = [], []

def watch(event, arguments):
    if event == "open" and not str(arguments[0]).endswith(MODULES):
        opened.append(str(arguments[0]))
    if event.startswith("socket."):
        sockets.append(event)

sys.addaudithook(watch)
import rillm
print(json.dumps({
    "modules": list(sys.modules),
    "opened": opened,
    "sockets": sockets,
    "limit": rillm.REPEATED_STREAMING_CHUNK_LIMIT,
}))
"""


def imported(**environment: str) -> dict[str, Any]:
    """What an import did."""
    done = subprocess.run(  # noqa: S603 - our own words only
        [sys.executable, "-B", "-W", "error", "-c", WATCHED],
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=True,
        env={**os.environ, **environment},
    )
    assert done.stderr == ""
    report: dict[str, Any] = json.loads(done.stdout)
    return report


@pytest.mark.parametrize(
    "module",
    [
        "httpx",
        "aiohttp",
        "urllib3",
        "openai",
        "bpe_openai",
        "genai_prices",
        "loguru",
        "opentelemetry",
        "rich",
        "xllamacpp",
        "rillm.cli",
        "rillm.providers.transport",
        "rillm.providers.http_client",
        "rillm.providers.httpx_api",
        "rillm.providers.local",
        "rillm.providers.mock",
        "rillm.providers.registration",
    ],
)
def test_what_is_not_needed_is_not_loaded(report: dict[str, Any], module: str) -> None:
    assert [name for name in report["modules"] if f"{name}.".startswith(f"{module}.")] == []


@pytest.fixture(scope="module")
def report() -> dict[str, Any]:
    return imported()


def test_no_file_is_read(report: dict[str, Any]) -> None:
    assert report["opened"] == []


def test_nothing_is_connected_to(report: dict[str, Any]) -> None:
    assert report["sockets"] == []


@pytest.mark.parametrize(("environment", "limit"), [({}, 100), ({"REPEATED_STREAMING_CHUNK_LIMIT": "7"}, 7)])
def test_the_repeat_limit_comes_from_the_environment(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], limit: int
) -> None:
    monkeypatch.delenv("REPEATED_STREAMING_CHUNK_LIMIT", raising=False)
    assert imported(**environment)["limit"] == limit


def test_each_public_name_is_there() -> None:
    assert [name for name in rillm.__all__ if not hasattr(rillm, name)] == []
    assert set(dir(rillm)) >= set(rillm.__all__)
    with pytest.raises(AttributeError, match="no attribute 'complection'"):
        getattr(rillm, "complection")  # noqa: B009 - a type checker would object to the plain form
