"""One HTTP request whose answer is a stream of frames."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic_core import from_json, to_json

from rillm.providers.exchange import AsyncExchange, Exchange
from rillm.providers.failures import failure
from rillm.providers.http_client import default_async_client, default_client, translated
from rillm.providers.httpx_api import httpx
from rillm.streams.errors import APIError, BadRequestError, RillmError
from rillm.streams.frame import DEFAULT_MAX_FRAME_BYTES
from rillm.streams.source import AsyncReading, Reading

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from rillm.providers.formats import Format

C = TypeVar("C", httpx.Client, httpx.AsyncClient)
LEAST_ERROR = 400
MOST_OF_A_FAILURE = 1024 * 1024  # bytes that are read of what a failed request says


@dataclass(frozen=True, slots=True)
class HTTPSource:
    """A request that is sent anew for each reading.

    Attributes:
        format: what the answer is written in.
        url, headers, body: of the POST request; `body` is sent as JSON.
        timeout: seconds or an `httpx.Timeout`; None for the client's own.
        client: an `httpx.Client` or, for async calls, an `httpx.AsyncClient`, used instead of the shared ones.
        provider, model: for error messages.
        on_headers: is told the headers of a good answer.
        sign: makes further headers of the URL and the body.
    """

    format: Format
    url: str
    headers: dict[str, str] = field(repr=False)
    body: dict[str, Any] = field(repr=False)
    timeout: float | httpx.Timeout | None = None
    client: httpx.Client | httpx.AsyncClient | None = None
    max_frame_bytes: int = DEFAULT_MAX_FRAME_BYTES
    provider: str = ""
    model: str = ""
    on_headers: Callable[[Mapping[str, str]], None] | None = None
    sign: Callable[[str, bytes], Mapping[str, str]] | None = None

    def open(self) -> Reading[bytes]:
        """Send the request; returns when the headers of a good answer are there."""
        client = self._client(httpx.Client) or default_client()
        try:
            response = client.send(client.build_request("POST", self.url, **self._request()), stream=True)
            if not response.is_success:
                body = bytearray()
                try:
                    for block in response.iter_bytes():
                        body += block
                        if len(body) > MOST_OF_A_FAILURE:
                            break
                finally:
                    response.close()
                raise self._failure(response, bytes(body))  # noqa: TRY301 - what follows is told of any error
        except RillmError as error:
            self.told(error)
            raise
        except Exception as error:
            raise self.told(translated(error)) from error
        self._tell_headers(response)
        exchange = Exchange(self, response)
        return Reading(exchange.blocks, exchange.close)

    async def aopen(self) -> AsyncReading[bytes]:
        """As `open`, on an event loop."""
        client = self._client(httpx.AsyncClient) or await default_async_client()
        try:
            # What signs may have to ask a server for a token.
            request = await asyncio.to_thread(self._request) if self.sign else self._request()
            response = await client.send(client.build_request("POST", self.url, **request), stream=True)
            if not response.is_success:
                body = bytearray()
                try:
                    async for block in response.aiter_bytes():
                        body += block
                        if len(body) > MOST_OF_A_FAILURE:
                            break
                finally:
                    await response.aclose()
                raise self._failure(response, bytes(body))  # noqa: TRY301 - as in `open`
        except RillmError as error:
            self.told(error)
            raise
        except Exception as error:
            raise self.told(translated(error)) from error
        self._tell_headers(response)
        exchange = AsyncExchange(self, response)
        return AsyncReading(exchange, exchange.aclose, exchange.abort)

    def _tell_headers(self, response: httpx.Response) -> None:
        if self.on_headers is not None:
            self.on_headers(litellm_headers(response.headers))

    def _client(self, kind: type[C]) -> C | None:
        if self.client is None or isinstance(self.client, kind):
            return self.client
        raise BadRequestError(f"client= has to be an httpx.{kind.__name__} here, not {type(self.client).__name__}.")

    def _request(self) -> dict[str, Any]:
        for name, value in self.headers.items():
            if not (value.isascii() and value.isprintable()):  # httpx's error would show the key
                raise BadRequestError(f"The value of the header {name} has a character that HTTP does not allow there.")
        timeout = {} if self.timeout is None else {"timeout": self.timeout}
        if self.sign is None:
            return {"headers": self.headers, "json": self.body, **timeout}
        content = to_json(self.body)
        signed = {"Content-Type": "application/json", **self.headers, **self.sign(self.url, content)}
        return {"headers": signed, "content": content, **timeout}

    def told(self, error: RillmError) -> RillmError:
        error.llm_provider = error.llm_provider or self.provider
        error.model = error.model or self.model
        return error

    def _failure(self, response: httpx.Response, body: bytes) -> RillmError:
        headers = {name: value for name, value in response.headers.items() if name != "content-encoding"}
        answer = httpx.Response(response.status_code, headers=headers, content=body, request=response.request)
        try:
            details = from_json(body)
        except ValueError:
            details = answer.text[:2000]
        if answer.status_code < LEAST_ERROR:
            reason = f"HTTP {answer.status_code} {answer.reason_phrase}, which is not followed."
            return APIError(f"The server sent no answer, but {reason}", response=answer, body=details)
        return failure(details, status=answer.status_code, response=answer, headers=answer.headers)


def litellm_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """As LiteLLM shows them in `additional_headers`: rate limits by their own names, all with a prefix."""
    limits = {name: value for name, value in headers.items() if name.startswith("x-ratelimit-")}
    return limits | {f"llm_provider-{name}": value for name, value in headers.items()}
