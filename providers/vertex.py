"""Vertex AI: where a model is called, and the token that the call needs.

https://cloud.google.com/vertex-ai/generative-ai/docs/model-reference/inference
"""

from __future__ import annotations

import json
import os
import re
from functools import lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from rillm.providers.provider import first_set
from rillm.providers.request import Request
from rillm.streams.errors import APIConnectionError, AuthenticationError, BadRequestError
from rillm.streams.extras import from_extra

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from rillm.providers.request import ChatCall

PROJECT_ENV: Final = ("VERTEXAI_PROJECT", "GOOGLE_CLOUD_PROJECT")
LOCATION_ENV: Final = ("VERTEXAI_LOCATION", "VERTEX_LOCATION", "GOOGLE_CLOUD_LOCATION")
DEFAULT_LOCATION: Final = "global"  # where every model is; newer ones are nowhere else
LOCATION: Final = re.compile(r"[a-z0-9-]+")
SCOPES: Final = ("https://www.googleapis.com/auth/cloud-platform",)


def vertex_request(call: ChatCall, publisher: str, method: str, body: dict[str, Any]) -> Request:
    """The request of a publisher's model.

    The token is the call's key, else one that is asked for when the request is sent: with `vertex_credentials` (the key
    of a service account: a path, or what is in the file), else with the application default credentials.

    Raises:
        BadRequestError: the project is not known.
        MissingExtraError: there is no key, and google-auth, which would find one, is not installed.
        AuthenticationError: there are no credentials.
    """
    project = call.credentials.get("vertex_project") or first_set(PROJECT_ENV)
    sign: Callable[[str, bytes], Mapping[str, str]] | None = None
    if not call.key:
        from_extra("vertex", "google.auth")
        given = call.credentials.get("vertex_credentials")
        sign = partial(token_headers, given)
        project = project or credentials_of(given)[1]
    if not project:
        raise BadRequestError(
            f"No project for {call.provider.name}: set {' or '.join(PROJECT_ENV)}, or pass vertex_project=.",
            llm_provider=call.provider.name,
        )
    location = call.credentials.get("vertex_location") or first_set(LOCATION_ENV) or DEFAULT_LOCATION
    base = host_of(location) if call.base == call.provider.base_url else call.base
    place = f"{base}/projects/{quote(project)}/locations/{quote(location)}"
    path = call.model if "/" in call.model else f"publishers/{publisher}/models/{call.model}"  # such as endpoints/…
    return Request(f"{place}/{quote(path, safe='/@')}:{method}", body, sign=sign)


def raw_predict(call: ChatCall, body: dict[str, Any]) -> Request:
    """The request of a Claude model, given the body that Anthropic's own API takes.

    https://docs.anthropic.com/en/api/claude-on-vertex-ai
    """
    rest = {name: value for name, value in body.items() if name != "model"}
    named = {"anthropic_version": "vertex-2023-10-16", "stream": True, **rest}
    return vertex_request(call, "anthropic", "streamRawPredict", named)


def host_of(location: str) -> str:
    """The base URL that serves a region, a group of them ("us", "eu"), or all the world ("global").

    Raises:
        BadRequestError: `location` is none; as part of an address it could lead a token anywhere.
    """
    if not LOCATION.fullmatch(location):
        raise BadRequestError(f"vertex_location= has to be a location such as us-central1, not {location!r}.")
    if location == DEFAULT_LOCATION:
        return "https://aiplatform.googleapis.com/v1"
    if "-" not in location:
        return f"https://aiplatform.{location}.rep.googleapis.com/v1"
    return f"https://{location}-aiplatform.googleapis.com/v1"


def credentials_of(given: Any) -> tuple[Any, str | None]:
    """The credentials, which keep their token for the next calls, and the project that they belong to."""
    exceptions = from_extra("vertex", "google.auth.exceptions")
    key = given if given is None or isinstance(given, str) else json.dumps(given)
    try:
        return found_credentials(key, os.environ.get("GOOGLE_APPLICATION_CREDENTIALS"))
    except exceptions.GoogleAuthError as error:
        reason = str(error)
    except (ValueError, OSError) as error:  # these tell, and hold, what was read: the key
        reason = getattr(error, "strerror", None) or f"the key cannot be read ({type(error).__name__})"
    # Out here, so that not even the context of this error leads to the other.
    raise AuthenticationError(f"No token for Vertex AI: pass api_key=, or see: {reason}", "vertex_ai")


@lru_cache
def found_credentials(key: str | None, _environment: str | None) -> tuple[Any, str | None]:
    if key is None:
        credentials, project = from_extra("vertex", "google.auth").default(scopes=SCOPES)
        return credentials, project
    account = json.loads(key if key.lstrip().startswith("{") else Path(key).read_bytes())
    service_account = from_extra("vertex", "google.oauth2.service_account")
    credentials = service_account.Credentials.from_service_account_info(account, scopes=SCOPES)
    return credentials, account.get("project_id")


def token_headers(given: Any, url: str, _body: bytes) -> Mapping[str, str]:
    """The headers that prove who calls; Google is asked for a new token where the last one has expired."""
    credentials, _ = credentials_of(given)
    exceptions = from_extra("vertex", "google.auth.exceptions")
    transport = from_extra("vertex", "google.auth.transport.urllib3")
    headers: dict[str, str] = {}
    try:
        with transport.urllib3.PoolManager() as pool:
            credentials.before_request(transport.Request(pool), "POST", url, headers)
    except exceptions.TransportError as error:
        raise APIConnectionError(f"Google gives no token: {error}", "vertex_ai") from error
    except exceptions.GoogleAuthError as error:
        raise AuthenticationError(f"Google gives no token: {error}", "vertex_ai") from error
    return headers
