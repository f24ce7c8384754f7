"""Let `except openai.RateLimitError` catch our RateLimitError too, where the `openai` package is loaded.

`except` looks at real base classes only, so such an error is made from a subclass of both. Nothing here imports openai.
"""

import sys
from functools import cache
from typing import Any, cast

OUR_MODULE = "rillm.streams.errors"
# Ours on the left where the names differ.
OPENAI_NAMES = {"Timeout": "APITimeoutError"}


def also_openai(cls: type[Any]) -> type[Any]:
    """The class to instantiate for `cls`: itself, or its subclass that is openai's as well."""
    if "openai" not in sys.modules or "__rillm__" in cls.__dict__:
        return cls
    joined: type[Any] = _joined(cls)  # type: ignore[arg-type]  # typeshed: a class with an odd metaclass has no hash
    return joined


@cache
def _joined(cls: type[Any]) -> type[Any]:
    openai = sys.modules["openai"]
    for ancestor in cls.__mro__:
        theirs = getattr(openai, OPENAI_NAMES.get(ancestor.__name__, ancestor.__name__), None)
        if ancestor.__module__ == OUR_MODULE and isinstance(theirs, type):
            attributes = {"__rillm__": cls, "__module__": cls.__module__, "__qualname__": cls.__qualname__}
            return cast("type[Any]", type(cls.__name__, (cls, theirs), attributes))
    return cls
