from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import pytest

from rillm.providers.provider import Provider, complete_address
from rillm.streams.errors import AuthenticationError, BadRequestError

ACME = Provider(
    "acme",
    "openai-chat",
    "https://api.acme.test/v1",
    "https://acme.test/docs",
    key_env=("ACME_API_KEY", "ACME_TOKEN"),
    base_url_env=("ACME_BASE_URL", "ACME_API_BASE"),
)
SERVER = replace(ACME, base_url="http://127.0.0.1:1234/v1", needs_key=False, server_port=1234)


@pytest.fixture(autouse=True)
def _clean(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ACME.key_env + ACME.base_url_env:
        monkeypatch.delenv(name, raising=False)


def set_all(monkeypatch: pytest.MonkeyPatch, environment: dict[str, str]) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)


@pytest.mark.parametrize(
    ("argument", "environment", "key"),
    [
        ("given", {"ACME_API_KEY": "one"}, "given"),
        (None, {"ACME_API_KEY": "one", "ACME_TOKEN": "two"}, "one"),
        (None, {"ACME_TOKEN": "two"}, "two"),
        (None, {"ACME_API_KEY": "", "ACME_TOKEN": "two"}, "two"),
        (None, {"ACME_API_KEY": " ", "ACME_TOKEN": "two\n"}, "two"),
        ("", {"ACME_TOKEN": "two"}, "two"),
        ("given\n", {}, "given"),
    ],
)
def test_key(monkeypatch: pytest.MonkeyPatch, argument: str | None, environment: dict[str, str], key: str) -> None:
    set_all(monkeypatch, environment)
    assert ACME.key(argument) == key
    assert SERVER.key(argument) == key


def test_no_key_where_one_is_needed() -> None:
    with pytest.raises(AuthenticationError) as caught:
        ACME.key(None)
    assert caught.value.status_code == 401
    assert caught.value.llm_provider == "acme"
    for word in ("acme", "ACME_API_KEY", "ACME_TOKEN", "api_key="):
        assert word in caught.value.message


def test_no_key_where_none_is_needed() -> None:
    assert SERVER.key(None) is None


@pytest.mark.parametrize(
    ("auth_header", "key", "headers"),
    [
        ("Authorization: Bearer", "secret", {"Authorization": "Bearer secret"}),
        ("api-key", "secret", {"api-key": "secret"}),
        ("api-key", None, {}),
    ],
)
def test_auth_headers(auth_header: str, key: str | None, headers: dict[str, str]) -> None:
    assert replace(ACME, auth_header=auth_header).auth_headers(key) == headers


def test_a_key_is_in_no_repr(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACME_API_KEY", "secret")
    ACME.key("secret")
    assert "secret" not in repr(ACME)


@pytest.mark.parametrize(
    ("argument", "environment", "url"),
    [
        (None, {}, "https://api.acme.test/v1"),
        (None, {"ACME_BASE_URL": "https://one.test/v1/"}, "https://one.test/v1"),
        (None, {"ACME_BASE_URL": "https://one.test/v1", "ACME_API_BASE": "https://two.test"}, "https://one.test/v1"),
        (None, {"ACME_BASE_URL": "", "ACME_API_BASE": "https://two.test"}, "https://two.test"),
        ("https://given.test/v1//", {"ACME_BASE_URL": "https://one.test/v1"}, "https://given.test/v1"),
        ("", {"ACME_BASE_URL": "https://one.test"}, "https://one.test"),
    ],
)
def test_url(monkeypatch: pytest.MonkeyPatch, argument: str | None, environment: dict[str, str], url: str) -> None:
    set_all(monkeypatch, environment)
    assert ACME.url(argument) == url


def test_no_url() -> None:
    with pytest.raises(
        BadRequestError, match=r"acme: set ACME_BASE_URL or ACME_API_BASE, or pass api_base=\."
    ) as caught:
        replace(ACME, base_url=None).url(None)
    assert caught.value.status_code == 400
    with pytest.raises(BadRequestError, match=r"acme: pass api_base=\."):
        replace(ACME, base_url=None, base_url_env=()).url(None)


@pytest.mark.parametrize(
    ("address", "url"),
    [
        ("localhost", "http://localhost:1234/v1"),
        ("localhost:", "http://localhost:1234/v1"),
        ("10.0.0.7:9999", "http://10.0.0.7:9999/v1"),
        (":9999", "http://127.0.0.1:9999/v1"),
        ("0.0.0.0", "http://127.0.0.1:1234/v1"),  # noqa: S104  as users set it for the server
        ("http://0.0.0.0:9999/", "http://127.0.0.1:9999/v1"),
        ("[::1]", "http://[::1]:1234/v1"),
        ("[::1]:9999", "http://[::1]:9999/v1"),
        ("http://localhost:1234", "http://localhost:1234/v1"),
        ("http://localhost:1234/v1/", "http://localhost:1234/v1"),
        ("https://models.test", "https://models.test/v1"),
        ("https://models.test/prefix/v1", "https://models.test/prefix/v1"),
    ],
)
def test_an_address_is_completed(address: str, url: str) -> None:
    assert complete_address(address, 1234) == url
    assert SERVER.url(address) == url


@pytest.mark.parametrize("address", ["me:secret@localhost:port", "http://me:secret@localhost:port", "http://[::1"])
def test_not_an_address(address: str) -> None:
    with pytest.raises(BadRequestError, match=r"acme is none: set ACME_BASE_URL") as caught:
        SERVER.url(address)
    assert "secret" not in str(caught.value)


def test_importing_is_cheap() -> None:
    code = (
        "import sys, rillm.providers.resolve, rillm.providers.azure\n"
        "sys.exit(', '.join({'httpx', 'genai_prices', 'openai'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)  # noqa: S603  our own code
    assert not done.stderr.strip()
