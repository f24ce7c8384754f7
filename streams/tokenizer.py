"""The tokenizer by which tokens are counted."""

from __future__ import annotations

import sys
from functools import cache
from importlib.machinery import PathFinder
from importlib.util import find_spec, module_from_spec
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


@cache
def o200k() -> Callable[[str], int] | None:
    """How many tokens a text has by OpenAI's o200k; None without the extra `tokens`.

    The package's compiled module alone is loaded, in 50 ms: the package itself reads three vocabularies into dicts that
    nobody needs here, which takes half a second.
    """
    name = "bpe_openai._bindings"
    package = find_spec("bpe_openai")
    spec = package and PathFinder.find_spec(name, package.submodule_search_locations)
    if spec is None or spec.loader is None:
        return None
    module: Any = sys.modules.get(name)
    if module is None:
        module = module_from_spec(spec)
        spec.loader.exec_module(module)
    encoding: Any = module.tokenizer_for_encoding("o200k_base")

    def count(text: str) -> int:
        try:
            tokens: int = encoding.count(text)
        except UnicodeEncodeError:  # half a surrogate pair
            tokens = encoding.count(text.encode(errors="replace").decode())
        return tokens

    return count
