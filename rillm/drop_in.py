"""Existing code that says `import litellm` runs on rillm without a changed line.

Either `rillm.drop_in.install()` before litellm is imported, or `python -m rillm.drop_in script.py …`
(`python -m rillm.drop_in -m module …`). Nothing here does anything but give our names under LiteLLM's.
"""

from __future__ import annotations

import runpy
import sys
from importlib import import_module
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Any, Final

import rillm

TRACKER: Final = "https://github.com/rillm/rillm/issues"
# LiteLLM's modules, and where the names in each are to be found here.
MODULES: Final[dict[str, tuple[str, ...]]] = {
    "litellm": ("rillm", "rillm.types", "rillm.exceptions", "rillm.router", "rillm.response_iterators"),
    "litellm.main": ("rillm",),
    "litellm.router": ("rillm.router",),
    "litellm.utils": ("rillm", "rillm.types", "rillm.response_iterators"),
    "litellm.exceptions": ("rillm.exceptions",),
    "litellm.types": (),
    "litellm.types.utils": ("rillm.types",),
    "litellm.types.llms": (),
    "litellm.types.llms.openai": ("rillm.types",),
    "litellm.integrations": (),
    "litellm.integrations.custom_logger": ("rillm.custom_logger",),
    "litellm.litellm_core_utils": (),
    "litellm.litellm_core_utils.litellm_logging": ("rillm.logging_object",),
    "litellm.litellm_core_utils.streaming_handler": ("rillm.custom_stream_wrapper",),
}
# Switches of LiteLLM's that have nothing to switch here: they may be set, and are what they were set to.
SWITCHES: Final[dict[str, Any]] = {
    "set_verbose": False,
    "suppress_debug_info": False,
    "disable_streaming_logging": False,
    "turn_off_message_logging": False,
    "telemetry": False,
    "service_callback": [],
    "cache": None,
    "logging": None,
    "model_cost": {},
}


class DropInModule(ModuleType):
    """One of LiteLLM's modules. What is set on it is set on rillm, where it is one of rillm's names."""

    def __init__(self, name: str) -> None:
        super().__init__(name, "rillm under LiteLLM's names")
        is_package = any(other.startswith(f"{name}.") for other in MODULES)
        self.__spec__ = ModuleSpec(name, None, is_package=is_package)  # `find_spec` asks for it
        if is_package:
            self.__path__ = []

    def __getattr__(self, name: str) -> Any:
        if name == "__version__":
            return rillm.__version__
        if not name.startswith("__"):
            for home in MODULES[self.__name__]:
                module = import_module(home)
                if name in public(module):
                    return getattr(module, name)
        raise AttributeError(uncovered(f"{self.__name__}.{name}"))

    def __setattr__(self, name: str, value: Any) -> None:
        if name in SWITCHES or name.startswith("__") or isinstance(value, ModuleType):
            super().__setattr__(name, value)
        elif name in vars(rillm) or name in rillm.__all__:
            setattr(rillm, name, value)
        else:
            raise AttributeError(uncovered(f"{self.__name__}.{name}"))

    def __delattr__(self, name: str) -> None:
        if name in vars(rillm):
            delattr(rillm, name)
        else:
            super().__delattr__(name)

    def __dir__(self) -> list[str]:
        return sorted({name for home in MODULES[self.__name__] for name in public(import_module(home))})


class Uncovered:
    """Says of a module of LiteLLM's that there is none here, in more words than Python would."""

    def find_spec(self, name: str, path: object = None, target: object = None) -> None:
        del path, target
        if name.startswith("litellm."):
            raise ModuleNotFoundError(uncovered(name), name=name)


def public(module: ModuleType) -> set[str]:
    """The names that a module gives away, and the settings with LiteLLM's leading underscore."""
    names: list[str] = getattr(module, "__all__", None) or list(vars(module))
    return {*names, *(name for name in vars(module) if name.startswith("_async_"))}


def uncovered(what: str) -> str:
    return f"rillm's drop-in for LiteLLM does not cover {what}. If you need it, say so at {TRACKER}"


def install() -> None:
    """Let `import litellm`, and its modules that rillm covers, give rillm from now on; a second time does nothing.

    Raises:
        RuntimeError: the real litellm has been imported already.
    """
    present = sys.modules.get("litellm")
    if isinstance(present, DropInModule):
        return
    if present is not None:
        raise RuntimeError(
            "litellm itself has been imported already. Call rillm.drop_in.install() before anything imports it, "
            "or run the program by `python -m rillm.drop_in script.py`."
        )
    for name in MODULES:
        sys.modules[name] = module = DropInModule(name)
        parent, _, child = name.rpartition(".")
        if parent:
            setattr(sys.modules[parent], child, module)
    for name, value in SWITCHES.items():
        setattr(sys.modules["litellm"], name, value)
    sys.meta_path.insert(0, Uncovered())


def main() -> None:
    """Run a script, or by `-m` a module, with the drop-in installed."""
    arguments = sys.argv[1:]
    if not arguments or arguments == ["-m"]:
        raise SystemExit("usage: python -m rillm.drop_in script.py …   or   python -m rillm.drop_in -m module …")
    install()
    if arguments[0] == "-m":
        sys.argv = arguments[1:]
        runpy.run_module(arguments[1], run_name="__main__", alter_sys=True)
    else:
        sys.argv = arguments
        sys.path.insert(0, str(Path(arguments[0]).resolve().parent))
        runpy.run_path(arguments[0], run_name="__main__")


if __name__ == "__main__":
    main()
