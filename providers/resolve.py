"""From a model string to the provider that answers it."""

from __future__ import annotations

from difflib import get_close_matches
from fnmatch import fnmatchcase
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from rillm.providers import natives
from rillm.providers.lookalikes import ALIASES
from rillm.providers.registration import load_plugins, provider_named, provider_names
from rillm.streams.errors import BadRequestError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rillm.providers.provider import Provider

# Names of models that one vendor alone serves under them. Open weights are served by many (`gpt-oss-20b`), and a colon
# is a tag of Ollama's (`deepseek-r1:7b`): those need a provider.
OPEN_WEIGHTS: Final = ("gpt-oss*", "*:*")
BARE_NAMES: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "text-completion-openai": ("gpt-3.5-turbo-instruct*", "davinci-002", "babbage-002"),
        "openai": ("gpt-*", "chatgpt-*", "o[134]", "o[134]-*", "codex-*"),
        "deepseek": ("deepseek-*",),
        "mistral": (
            "mistral-*",
            "ministral-*",
            "codestral-*",
            "pixtral-*",
            "magistral-*",
            "devstral-*",
            "open-mi[sx]tral-*",
        ),
        "moonshot": ("kimi-*", "moonshot-v1-*"),
        "perplexity": ("sonar", "sonar-*"),
        "xai": ("grok-*",),
        "zai": ("glm-*",),
        **natives.BARE_NAMES,
    }
)
FINE_TUNED: Final = "ft:gpt-*"  # https://platform.openai.com/docs/guides/fine-tuning: ft:gpt-4o-mini:organisation::id


def resolve(model: str, custom_llm_provider: str | None = None) -> tuple[Provider, str]:
    """The provider of `model`, and the model's name without the provider's prefix.

    A prefix ends at the first slash or colon and counts only if it is a provider's name: `openai/gpt-4o`,
    `openai:gpt-4o`, `openrouter/openai/gpt-4o`, but not `llama3:8b`. Without one, `custom_llm_provider` decides, else
    the model's name where only one vendor has such names. `custom_llm_provider` wins over a prefix, as in LiteLLM.

    Raises:
        BadRequestError: none of these tells a provider; the message says what to write instead.

    """
    found = _found(model, custom_llm_provider)
    if found is None:
        load_plugins()  # one of them may know it
        found = _found(model, custom_llm_provider)
    if found is None:
        raise _unknown(f"{custom_llm_provider}/{model}" if custom_llm_provider else model)
    return found


def _found(model: str, custom_llm_provider: str | None) -> tuple[Provider, str] | None:
    provider, name = _prefixed(model)
    if custom_llm_provider:
        chosen = provider_named(custom_llm_provider)
        return None if chosen is None else (chosen, name if chosen is provider and name else model)
    provider = provider or _by_bare_name(model)
    return (provider, name) if provider and name else None


def _prefixed(model: str) -> tuple[Provider | None, str]:
    for separator in "/:":
        prefix, found, rest = model.partition(separator)
        provider = provider_named(prefix) if found else None
        if provider is not None:
            return provider, rest
    return None, model


def _by_bare_name(model: str) -> Provider | None:
    if fnmatchcase(model, FINE_TUNED):
        return provider_named("openai")
    if any(fnmatchcase(model, pattern) for pattern in OPEN_WEIGHTS) or "/" in model:
        return None
    for name, patterns in BARE_NAMES.items():
        if any(fnmatchcase(model, pattern) for pattern in patterns):
            return provider_named(name)
    return None


def _unknown(model: str) -> BadRequestError:
    suggestions = _suggestions(model)
    hint = (
        f"Did you mean {' or '.join(suggestions)}?"
        if suggestions
        else f"Known providers: {', '.join(provider_names())}."
    )
    message = (
        "LLM Provider NOT provided. Write it before the model, as in 'openai/gpt-4o-mini' or "
        f"'huggingface/bigcode/starcoder', or pass custom_llm_provider=. You passed model='{model}'. {hint}"
    )
    return BadRequestError(message, model=model)


def _suggestions(model: str) -> list[str]:
    names = (*provider_names(), *ALIASES)
    if model in names:
        return [f"'{model}/<model>'"]
    # Before a colon stands a model's name more often than a provider's, so only a near miss is a typo there.
    for separator, similarity in (("/", 0.75), (":", 0.85)):
        prefix, found, rest = model.partition(separator)
        close = get_close_matches(prefix.lower(), names, cutoff=similarity) if found else []
        if close:
            return [f"'{name}/{rest or '<model>'}'" for name in close]
    return [f"'ollama/{model}'"] if ":" in model and "/" not in model else []
