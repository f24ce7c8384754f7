"""What is fit for logs, traces and files: values and an error's words, without keys."""

from __future__ import annotations

import re
from typing import Any, Final

from pydantic import SecretStr
from pydantic_core import to_jsonable_python

from rillm.streams.errors import RillmError
from rillm.streams.json_values import is_object

LONGEST: Final = 500  # characters: a provider may send the prompt back in its error
HIDDEN: Final = "***"
# What is in the name of a value that is not shown.
SECRETS: Final = ("key", "token", "secret", "password", "authorization", "cookie", "header", "credential")
# What keys look like, each by the prefix that its issuer gives it; then whatever is said to be one.
KEYS: Final = re.compile(
    r"\b(?:sk|pk|rk|gsk|hf|xai|pplx|nvapi|r8|ghp|gho|ghs|github_pat|tgp|fw|csk)[-_][\w-]{6,}"
    r"|\bAIza[\w-]{20,}|\b(?:AKIA|ASIA)[A-Z0-9]{12,}|\bABSK[\w+/=]{20,}|\beyJ[\w-]{8,}\.[\w.-]+",
)
VALUE: Final = r"[^\s'\",&;)}\]]{6,}"
SAID_TO_BE: Final = re.compile(
    rf"(?P<scheme>\b(?:bearer|basic)\s+)(?=\S*[\d._=-]\w){VALUE}"
    r"|(?P<field>[?&]key=|\b[\w-]{0,40}"
    r"(?:api[-_ ]?key|authorization|token(?!s)|secret|password|signature|credential|cookie)[\w-]*"
    r"['\"]?\s*[=:]\s*['\"]?)"
    rf"(?=\S*\d){VALUE}",
    re.IGNORECASE,
)


def message_of(error: Exception) -> str:
    """What an error says, without keys and not at length."""
    return without_secrets(error.message if isinstance(error, RillmError) else str(error))


def without_secrets(text: str) -> str:
    """The beginning of a text, with `***` for all that looks like a key or is said to be one.

    >>> without_secrets("401 for sk-proj-abc123def, header X-Api-Key: 0123456789, at https://host/v1?key=0123456789")
    '401 for ***, header X-Api-Key: ***, at https://host/v1?key=***'
    >>> without_secrets("Too many tokens: at most 4096 are allowed.")
    'Too many tokens: at most 4096 are allowed.'
    """
    beginning = KEYS.sub(HIDDEN, text[: 2 * LONGEST])  # a key that is cut in two looks like none
    shown = SAID_TO_BE.sub(lambda found: (found["scheme"] or found["field"]) + HIDDEN, beginning)
    return shown if len(text) <= LONGEST else shown[:LONGEST] + "…"


def redacted(value: Any, name: str = "") -> Any:
    """`value` as JSON, with `***` for what pydantic calls a secret, or what stands under a name that says so.

    >>> redacted({"run": 7, "headers": {"X-Api-Key": "0123456789"}, "as": [SecretStr("me")]})
    {'run': 7, 'headers': '***', 'as': ['***']}
    """
    if isinstance(value, SecretStr) or (name and any(secret in name.lower() for secret in SECRETS)):
        return HIDDEN
    if is_object(value):
        return {str(key): redacted(item, str(key)) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [redacted(item) for item in value]  # pyright: ignore[reportUnknownVariableType]
    return to_jsonable_python(value, fallback=str)
