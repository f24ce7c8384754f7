"""The providers with wire formats of their own: one row each, as in `rillm.providers.lookalikes`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rillm.providers.provider import Provider

NATIVES: Final[tuple[Provider, ...]] = ()

# Names of models that one vendor alone serves under them, as in `rillm.providers.registry`.
BARE_NAMES: Final[Mapping[str, tuple[str, ...]]] = {}
