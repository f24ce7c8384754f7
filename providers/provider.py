"""What must be known of a provider to send it a request: the record, and how its key and address are found."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from rillm.streams.errors import AuthenticationError, BadRequestError

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Provider:
    """One provider of completions. It holds names of environment variables, never a key.

    Attributes:
        name: as LiteLLM has it, what stands before the slash in `groq/llama-3.3-70b-versatile`.
        format: the wire format it speaks, by its name in `rillm.providers.formats`.
        base_url: where its endpoints begin, with `/v1` where it has one, without a slash at the end; None if only the
            user can know.
        docs: URL of its API's documentation.
        key_env: environment variables that may hold the key; the first one set wins.
        base_url_env: environment variables that may hold another base URL; the first one set wins.
        needs_key: whether a call without a key is an error before anything is sent.
        auth_header: the header that carries the key, with its scheme: "Authorization: Bearer", "api-key".
        usage_option: whether it accepts `stream_options: {"include_usage": true}`; others answer 400 or 422.
        prices: its provider id in genai-prices, None where that has no prices for it.
        server_port: for a server that users run themselves: the port it listens on by default, None for a service.
        routes: formats that it speaks beside, by what stands before the model's name or in `api=`:
            `openai/responses/gpt-5`.
        models: for patterns of model names, the one of `routes` that alone serves them at the provider's own address,
            or a format that they have at any.
        unsupported: OpenAI's parameters that it answers with an error, by its own documentation.
        own_format: the format of its own that a server speaks which has OpenAI's below `/v1`: the one that it is
            called in, with no need of a key, at any address that does not end so.

    """

    name: str
    format: str
    base_url: str | None
    docs: str
    key_env: tuple[str, ...] = ()
    base_url_env: tuple[str, ...] = ()
    needs_key: bool = True
    auth_header: str = "Authorization: Bearer"
    usage_option: bool = True
    prices: str | None = None
    server_port: int | None = None
    routes: Mapping[str, str] = field(default_factory=dict[str, str])
    models: Mapping[str, str] = field(default_factory=dict[str, str])
    unsupported: frozenset[str] = frozenset()
    own_format: str | None = None

    def key(self, api_key: str | None = None, *, format_: str | None = None) -> str | None:
        """The key to send: `api_key`, else from the environment of this moment, else None where none is needed.

        Args:
            api_key: as the caller gives it.
            format_: in which the provider is called.

        Raises:
            AuthenticationError: a key is needed and there is none.

        """
        key = (api_key or "").strip() or first_set(self.key_env)
        if key or not self.needs_key or (format_ is not None and format_ == self.own_format):
            return key
        raise AuthenticationError(
            f"No API key for {self.name}: {_ways(self.key_env, 'api_key')}.", llm_provider=self.name
        )

    def auth_headers(self, key: str | None) -> dict[str, str]:
        """The HTTP header that carries `key`, none without one."""
        header, _, scheme = self.auth_header.partition(": ")
        return {header: f"{scheme} {key}".strip()} if key else {}

    def url(self, api_base: str | None = None) -> str:
        """The base URL to call, without a slash at the end: `api_base`, else from the environment, else the default.

        Raises:
            BadRequestError: there is none of these, or it cannot be an address.

        """
        base = (api_base or "").strip() or first_set(self.base_url_env) or self.base_url
        ways = _ways(self.base_url_env, "api_base")
        if not base:
            raise BadRequestError(f"No address for {self.name}: {ways}.", llm_provider=self.name)
        try:
            address = base
            if self.server_port is not None:
                address = complete_address(base, self.server_port, urlsplit(self.base_url or "").path)
            _ = urlsplit(address).port  # raises where an address cannot be one
            return address.rstrip("/")
        except ValueError:  # it may hold a password: not shown
            raise BadRequestError(
                f"The address given for {self.name} is none: {ways}.", llm_provider=self.name
            ) from None


def first_set(names: tuple[str, ...]) -> str | None:
    """The first of these environment variables that is set to more than whitespace, read now; None if none is."""
    values = (os.environ.get(name, "").strip() for name in names)
    return next((value for value in values if value), None)


def complete_address(address: str, port: int, path: str = "/v1") -> str:
    """The base URL of a server from its address in any form that `OLLAMA_HOST` allows.

    A host without a scheme is http on `port`; a scheme without a port means that scheme's own port, as in Ollama. A URL
    without a path gets `path`, by default that where vLLM, llama.cpp and LM Studio serve OpenAI's format. ValueError if
    it has a port that is no number.

        >>> complete_address("192.168.0.7", 8000)
        'http://192.168.0.7:8000/v1'
    """
    parts = urlsplit(address if "://" in address else f"http://{address}")
    netloc = parts.netloc
    if parts.port is None and "://" not in address:
        netloc = f"{netloc.rstrip(':')}:{port}"
    if not parts.hostname:
        netloc = f"127.0.0.1{netloc}"
    elif parts.hostname == "0.0.0.0":  # noqa: S104  not bound here: servers listen on it, clients cannot call it everywhere
        netloc = netloc.replace("0.0.0.0", "127.0.0.1")  # noqa: S104  as above
    return parts._replace(netloc=netloc, path=parts.path.rstrip("/") or path).geturl()


def _ways(names: tuple[str, ...], argument: str) -> str:
    return f"set {' or '.join(names)}, or pass {argument}=" if names else f"pass {argument}="
