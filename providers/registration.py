"""Providers and formats by name: those of this library, those that a program registers, those of installed plugins.

What is registered is state of the process, and the one place below the public settings that has such: a model's name
has to mean the same everywhere, also in fallbacks and in other threads.
"""

from __future__ import annotations

import threading
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from rillm.providers.formats import FORMATS
from rillm.providers.lookalikes import ALIASES, LOOKALIKES
from rillm.providers.natives import NATIVES
from rillm.providers.provider import Provider
from rillm.streams.errors import BadRequestError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from rillm.providers.formats import Format

ENTRY_POINTS: Final = "rillm.providers"
PROVIDERS: Final[Mapping[str, Provider]] = MappingProxyType({row.name: row for row in (*LOOKALIKES, *NATIVES)})
SEPARATORS: Final = "/:"  # end a provider's name in a model string


class Registry:
    """What is registered. Dicts are replaced, never changed, so that reading needs no lock."""

    def __init__(self) -> None:
        self.providers: dict[str, Provider] = {}
        self.formats: dict[str, Format] = {}
        self._lock = threading.RLock()  # a plugin registers while it is loaded
        self._plugins_are_loaded = False

    def add(self, rows: Iterable[Provider | Format], *, replace: bool) -> None:
        with self._lock:
            formats, providers = dict(self.formats), dict(self.providers)
            for row in rows:
                if isinstance(row, Provider):
                    check_name("provider", row, {**PROVIDERS, **providers}, ALIASES, replace=replace)
                    providers[row.name] = row
                else:
                    check_name("format", row, {**FORMATS, **formats}, {}, replace=replace)
                    formats[row.name] = row
            for provider in providers.values():
                check_formats(provider, {**FORMATS, **formats})
            self.formats, self.providers = formats, providers  # in this order: no provider without its format

    def load_plugins(self) -> None:
        """Load them, once. One that fails is reported to loguru, and hinders nobody else."""
        with self._lock:
            if self._plugins_are_loaded:
                return
            self._plugins_are_loaded = True
            from importlib.metadata import entry_points  # noqa: PLC0415 - a call of a known name is spared its 20 ms

            for plugin in entry_points(group=ENTRY_POINTS):
                try:
                    self.add(tuple(plugin.load()() or ()), replace=False)
                except Exception as error:  # noqa: BLE001 - whatever a plugin does
                    from loguru import logger  # noqa: PLC0415 - loaded when there is something to say

                    logger.opt(exception=error).error("The plugin {} of rillm.providers failed.", plugin.name)


_registry: Final = Registry()


def register(*rows: Provider | Format, replace: bool = False) -> None:
    """Let model strings name further providers, and `rillm.decode` further formats.

    It counts from the next call on, in all threads. To register the same row again changes nothing.

    Args:
        rows: providers, and formats that they speak; all of them or, after an error, none.
        replace: whether a row takes the place of one that has its name.

    Raises:
        ValueError: a name is taken, or cannot be one, or a provider speaks a format that nobody knows.

    >>> from rillm.providers import Provider, register
    >>> register(Provider("acme", "openai-chat", "https://api.acme.example/v1", "https://acme.example/docs"))
    >>> from rillm.providers.resolve import resolve
    >>> resolve("acme/large")[1]
    'large'
    """
    _registry.add(rows, replace=replace)


def check_name(kind: str, row: Any, known: Mapping[str, Any], aliases: Mapping[str, str], *, replace: bool) -> None:
    """Whether `row` may have its name."""
    name = row.name
    if not name or any(separator in name for separator in SEPARATORS):
        raise ValueError(f"A {kind} cannot be called {name!r}: a slash or a colon ends its name in a model string.")
    if not replace and (name in aliases or known.get(name, row) != row):
        means = f", an alias of {aliases[name]!r}" if name in aliases else ""
        raise ValueError(f"There is a {kind} {name!r} already{means}. Pass replace=True to take its place.")


def check_formats(provider: Provider, known: Mapping[str, Format]) -> None:
    """Whether a provider speaks what somebody understands."""
    for name in (provider.format, provider.own_format, *provider.routes.values()):
        if name is not None and name not in known:
            raise ValueError(f"{provider.name!r} speaks the format {name!r}, which is not registered.")


def provider_named(name: str) -> Provider | None:
    """The provider of this name or alias, without looking for plugins."""
    own = _registry.providers.get(name)
    return own or _registry.providers.get(ALIASES.get(name, name)) or PROVIDERS.get(ALIASES.get(name, name))


def provider_names() -> list[str]:
    """All names, without aliases."""
    return [*PROVIDERS, *(name for name in _registry.providers if name not in PROVIDERS)]


def load_plugins() -> None:
    """Let installed plugins register what they have, the first time; then looking again may help."""
    _registry.load_plugins()


def format_of(name: str) -> Format:
    """The format of this name, or the one that the provider of this name speaks.

    Raises:
        BadRequestError: there is neither; the message lists the formats.
    """
    found = _format(name)
    if found is None:
        load_plugins()  # one of them may know it
        found = _format(name)
    if found is None:
        names = ", ".join({**FORMATS, **_registry.formats})
        raise BadRequestError(f"Unknown wire format {name!r}. Known: {names}.")
    return found


def _format(name: str) -> Format | None:
    formats = {**FORMATS, **_registry.formats}
    provider = None if name in formats else provider_named(name)
    return formats.get(provider.format if provider else name)
