"""llama.cpp with a model in memory: loaded once for each file and kept."""

from __future__ import annotations

import atexit
import os
import secrets
import threading
from functools import cache
from typing import TYPE_CHECKING, Any, Final
from weakref import WeakSet

from rillm.providers.local_generation import Generation
from rillm.providers.local_model import model_file
from rillm.streams.errors import BadRequestError
from rillm.streams.extras import from_extra

if TYPE_CHECKING:
    from pathlib import Path

ANSWERS_AT_ONCE: Final = 4  # more wait for their turn
CONTEXT_TOKENS: Final = 4096  # of each of them
BATCH_TOKENS: Final = 64  # of a prompt, between two chances to stop; larger batches are hardly faster on a CPU

_loading = threading.Lock()


def local_server(model: str) -> LocalServer:
    """The server of a model ("smollm2", or the path of a GGUF file). The first call fetches and loads it."""
    from_extra("local", "xllamacpp")  # before anything is downloaded
    with _loading:
        path = model_file(model)
        return _loaded(path.resolve(), os.getpid())


@cache
def _loaded(path: Path, _process: int) -> LocalServer:
    """One for each process: a fork takes the memory with it, but not the threads that work on it."""
    return LocalServer(path)


class LocalServer:
    """One model in memory, and the answers that it is generating."""

    def __init__(self, path: Path) -> None:
        try:
            self._server = from_extra("local", "xllamacpp").Server(server_params(path))
        except RuntimeError as error:
            raise BadRequestError(
                f"llama.cpp cannot load {path}: it is no GGUF file, is damaged, or is too large or too new for it. "
                "With RILLM_DEBUG=1 in the environment it tells more.",
                llm_provider="local",
            ) from error
        self._generations: WeakSet[Generation] = WeakSet()
        atexit.register(self.stop)

    def generate(self, request: str, model: str) -> Generation:
        """Begin to answer a request, given as JSON."""
        generation = Generation(self._server.handle_chat_completions, request, model)
        self._generations.add(generation)
        generation.start()
        return generation

    def stop(self) -> None:
        """Stop every answer and wait for it: a thread still inside llama.cpp when Python ends would crash it."""
        generations = list(self._generations)
        for generation in generations:
            generation.stop()
        for generation in generations:
            generation.join()


def server_params(path: Path) -> Any:
    """How llama.cpp is run: https://github.com/ggml-org/llama.cpp/blob/master/tools/server/README.md."""
    params = from_extra("local", "xllamacpp").CommonParams()
    params.model.path = str(path)
    params.model_alias = {path.stem}  # the name in its chunks; without one they would tell the path
    params.n_parallel = ANSWERS_AT_ONCE
    params.n_ctx = ANSWERS_AT_ONCE * CONTEXT_TOKENS
    params.n_batch = params.n_ubatch = BATCH_TOKENS
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = thread_count()
    params.cache_ram_mib = 0  # else up to 8 GiB of prompts that may come again
    # It also listens on a port of 127.0.0.1, which cannot be switched off: lock it.
    params.api_keys = [secrets.token_urlsafe()]
    params.cors_origins = ""
    params.ui = False
    params.n_threads_http = 1
    if "RILLM_DEBUG" not in os.environ:
        params.verbosity = -1
    return params


def thread_count() -> int:
    """All cores that this process may use but one, which is left for who reads; at least 1."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, cores - 1)
