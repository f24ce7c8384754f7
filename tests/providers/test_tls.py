"""Streams over TLS: read, and cut while the server is silent."""

from __future__ import annotations

import asyncio
import socket
import ssl
import threading
import time
from typing import TYPE_CHECKING

import pytest
import trustme

import rillm
from rillm.providers import http_client

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"
EVENT = b'data: {"choices":[{"index":0,"delta":{"content":"Hi"}}]}\n\n'
SECONDS = 5.0  # after which something is taken to hang

pytestmark = pytest.mark.usefixtures("async_engine")


class SilentServer:
    """Sends one event and then nothing; tells when the client has left."""

    def __init__(self, authority: trustme.CA) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        certificate = authority.issue_cert("127.0.0.1")
        certificate.configure_cert(context)  # pyright: ignore[reportUnknownMemberType] - pyOpenSSL's types are missing
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._context = context
        self.url = f"https://127.0.0.1:{self._listener.getsockname()[1]}/v1"
        self.left = threading.Event()
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self) -> None:
        plain, _ = self._listener.accept()
        with self._context.wrap_socket(plain, server_side=True) as connection:
            connection.recv(65536)
            connection.sendall(HEAD + EVENT)
            try:
                while connection.recv(65536):
                    pass
            except OSError:
                pass
        self.left.set()

    def stop(self) -> None:
        self._thread.join(SECONDS)
        self._listener.close()


@pytest.fixture
def silent(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[SilentServer]:
    authority = trustme.CA()
    certificate = tmp_path / "authority.pem"
    authority.cert_pem.write_to_path(str(certificate))
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    for cached in (http_client.tls, http_client.client_of_process):
        cached.cache_clear()
    server = SilentServer(authority)
    yield server
    server.stop()
    http_client.default_client().close()
    for cached in (http_client.tls, http_client.client_of_process):
        cached.cache_clear()


def test_close_wakes_a_read_in_another_thread(silent: SilentServer) -> None:
    stream = rillm.completion("openai/x", [], stream=True, api_base=silent.url, api_key="k")
    chunks = iter(stream)
    assert next(chunks).choices[0].delta.content == "Hi"
    reader = threading.Thread(target=lambda: list(chunks))
    reader.start()
    time.sleep(0.05)  # until it waits in the socket
    stream.close()
    assert silent.left.wait(SECONDS)
    reader.join(SECONDS)
    assert not reader.is_alive()


def test_aclose_lets_go_at_once(silent: SilentServer) -> None:
    async def main() -> None:
        stream = await rillm.acompletion("openai/x", [], stream=True, api_base=silent.url, api_key="k")
        texts = stream.pipe(rillm.text())
        async for text in texts:
            assert text == "Hi"
            await texts.aclose()
            assert await asyncio.to_thread(silent.left.wait, SECONDS)

    asyncio.run(main())
