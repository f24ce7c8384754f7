"""One answer of llama.cpp, which pushes: it is generated on a thread of its own, and read from another."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, Final

from pydantic_core import from_json, to_json

from rillm.providers.failures import failure

if TYPE_CHECKING:
    from collections.abc import Callable

    from rillm.streams.errors import RillmError

FRAMES_AHEAD: Final = 64  # what may wait to be read
END: Final = b"[DONE]"


class Generation:
    """Frames on their way from llama.cpp to a reader, and whether either of them has ended.

    Args:
        generate: xllamacpp's `Server.handle_chat_completions`. It calls its second argument with the JSON of each
            chunk, stops when that returns True, returns when the answer has ended, and raises for a request that it
            does not understand.
        request: the JSON of the request.
        model: for error messages.
    """

    def __init__(self, generate: Callable[[str, Callable[[str], bool]], Any], request: str, model: str) -> None:
        self._generate = generate
        self._request = request
        self._model = model
        self._changed = threading.Condition()
        self._frames: list[bytes] = []
        self._usages: list[dict[str, Any]] = []
        self._error: RillmError | None = None
        self._accepted = False
        self._stopped = False
        self._ended = False
        self._thread = threading.Thread(target=self._run, name="rillm-local", daemon=True)

    # The reader's side

    def start(self) -> None:
        """Return when llama.cpp has accepted the request; raises the error if it did not."""
        self._thread.start()
        try:
            with self._changed:
                self._changed.wait_for(lambda: self._accepted or self._ended or self._stopped)
        except BaseException:
            self.stop()
            raise
        if not self._accepted:
            self._raise_error()

    def take(self) -> list[bytes]:
        """Wait for frames; an empty list when there are no more.

        Raises:
            RillmError: what llama.cpp reports, after the frames before it.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._frames or self._ended or self._stopped)
            frames, self._frames = self._frames, []
            self._changed.notify_all()
        if self._stopped:
            return []
        if not frames:
            self._raise_error()
        return frames

    def stop(self) -> None:
        """End it, from any thread and without waiting: a read ends at once, llama.cpp at its next token."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()

    def join(self) -> None:
        """Wait until llama.cpp has let go of it."""
        self._thread.join()

    def _raise_error(self) -> None:
        error, self._error = self._error, None
        if error is not None:
            raise error

    # llama.cpp's side, on the thread

    def _run(self) -> None:
        try:
            self._generate(self._request, self._receive)
        except Exception as error:  # noqa: BLE001 - the reader's thread raises it
            self._fail({"message": str(error), "code": 500 if self._accepted else 400})
        with self._changed:
            if self._usages:  # the last thing that llama.cpp sends: without it the answer was cut off
                self._frames += [to_json(total(self._usages)), END]
            self._ended = True
            self._changed.notify_all()

    def _receive(self, frame: str) -> bool:
        chunk = from_json(frame)
        if "error" in chunk:
            self._fail(chunk)
            return True
        with self._changed:
            self._accepted = True
            self._changed.notify_all()
            if chunk.get("usage"):
                self._usages.append(chunk)
            elif "prompt_progress" not in chunk:
                self._changed.wait_for(lambda: self._stopped or len(self._frames) < FRAMES_AHEAD)
                self._frames.append(frame.encode())
            return self._stopped

    def _fail(self, error: dict[str, Any]) -> None:
        self._error = failure(error, provider="local", model=self._model)


def total(chunks: list[dict[str, Any]]) -> dict[str, Any]:
    """One usage chunk for the whole answer: llama.cpp sends one for each choice."""
    last = chunks[-1]
    completion_tokens = sum(chunk["usage"]["completion_tokens"] for chunk in chunks)
    usage = {**last["usage"], "completion_tokens": completion_tokens}
    return {**last, "usage": {**usage, "total_tokens": usage["prompt_tokens"] + completion_tokens}}
