"""Let `except openai.RateLimitError` catch our RateLimitError too, where the `openai` package is loaded.

`except` looks at real base classes only, so such an error gets a class that is a subclass of both. Nothing here imports
openai.
"""

import sys
from functools import cache
from typing import Any

OUR_MODULES = "rillm.streams."
# Ours on the left where the names differ.
OPENAI_NAMES = {"Timeout": "APITimeoutError"}


def also_openai(cls: type[Any]) -> type[Any]:
    """The class that an instance of `cls` is to have: itself, or its subclass that is openai's as well."""
    if "openai" not in sys.modules or "__rillm__" in cls.__dict__:
        return cls
    joined: type[Any] = _joined(cls)  # type: ignore[arg-type]  # typeshed: a class with an odd metaclass has no hash
    return joined


@cache
def _joined(cls: type[Any]) -> type[Any]:
    openai = sys.modules["openai"]
    for ancestor in cls.__mro__:
        theirs = getattr(openai, OPENAI_NAMES.get(ancestor.__name__, ancestor.__name__), None)
        if ancestor.__module__.startswith(OUR_MODULES) and isinstance(theirs, type):
            return both(cls, theirs)
    return cls


def both(cls: type[Any], other: type[Any], **attributes: Any) -> type[Any]:
    """A subclass of `cls` and `other` that looks like `cls`."""
    looks = {"__rillm__": plain(cls), "__module__": cls.__module__, "__qualname__": cls.__qualname__}
    bases = (other, cls) if issubclass(other, cls) else (cls, other)
    return type(cls.__name__, bases, looks | attributes)


def plain(cls: type[Any]) -> type[Any]:
    """What `cls` was before it was joined with anything."""
    origin: type[Any] = getattr(cls, "__rillm__", cls)
    return origin
