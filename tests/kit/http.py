"""The HTTP/1.1 that a scripted server needs."""

from __future__ import annotations

import json
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import socket
    from collections.abc import Mapping


@dataclass(frozen=True)
class Request:
    """As it came; header names are in lower case."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def read_request(connection: socket.socket) -> Request | None:
    """The next request; None if the client closes the connection instead."""
    data = b""
    while b"\r\n\r\n" not in data:
        try:
            block = connection.recv(65536)
        except OSError:
            return None
        if not block:
            return None
        data += block
    top, _, body = data.partition(b"\r\n\r\n")
    first, *lines = top.decode("latin-1").split("\r\n")
    method, path, _version = first.split(" ")
    pairs = (line.partition(":") for line in lines)
    headers = {name.lower(): value.strip() for name, _, value in pairs}
    while len(body) < int(headers.get("content-length", "0")):
        body += connection.recv(65536)
    return Request(method, path, headers, body)


def head(status: int, headers: Mapping[str, str]) -> bytes:
    """Status line and headers of an answer whose body comes in chunks."""
    phrase = HTTPStatus(status).phrase if status in {one.value for one in HTTPStatus} else "Of Its Own"
    lines = [f"HTTP/1.1 {status} {phrase}", "Transfer-Encoding: chunked"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode()
