"""Fetching one wheel through pip, so that the user's own index, proxy and certificates apply."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from rillm.streams.errors import APIConnectionError, MissingExtraError
from rillm.streams.extras import from_extra

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from pathlib import Path

OPTIONS = ("--no-deps", "--no-cache-dir", "--only-binary=:all:", "--no-input", "--disable-pip-version-check", "--quiet")
SECONDS_BETWEEN_LOOKS = 0.1


def pip_download(requirement: str, folder: Path, size: int) -> Path:
    """Download the wheel of `requirement`, about `size` bytes, into the empty folder `folder`, and show how far it is.

    Raises:
        APIConnectionError: pip failed; the message has pip's reason.
        MissingExtraError: this Python has no pip.
    """
    command = [sys.executable, "-m", "pip", "download", *OPTIONS, f"--dest={folder}", requirement]
    # pip writes into a temporary folder first: inside ours its growth can be seen, and nothing is left behind.
    environment = {**os.environ, **dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(folder))}
    with (
        shown_progress(requirement, size) as show,
        subprocess.Popen(  # noqa: S603 - our own words only
            command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, errors="replace"
        ) as pip,
    ):
        said = watched(pip, lambda: show(bytes_below(folder)))
    wheel = next(folder.glob("*.whl"), None)
    if pip.returncode == 0 and wheel is not None:
        return wheel
    if "No module named pip" in said:
        raise MissingExtraError(f"{requirement} is fetched by pip, which is missing: {sys.executable} -m ensurepip")
    raise APIConnectionError(f"pip could not download {requirement}: {reason(said)}", llm_provider="local")


def watched(process: subprocess.Popen[str], look: Callable[[], None]) -> str:
    """What `process` writes to stderr until it ends; calls `look` from time to time."""
    try:
        while True:
            with suppress(subprocess.TimeoutExpired):
                return process.communicate(timeout=SECONDS_BETWEEN_LOOKS)[1]
            look()
    finally:
        process.kill()  # where the user interrupts; it does nothing to a process that has ended


def reason(said: str) -> str:
    """The last thing that pip had to say."""
    lines = [line.removeprefix("ERROR: ").strip() for line in said.splitlines() if line.startswith("ERROR:")]
    return lines[-1] if lines else said.strip()[-500:] or "it gave no reason."


def bytes_below(folder: Path) -> int:
    """The size of all files in `folder`, some of which may just be going away."""
    size = 0
    with suppress(OSError):
        for path in folder.rglob("*"):
            size += path.stat().st_size if path.is_file() else 0
    return size


@contextmanager
def shown_progress(name: str, size: int) -> Generator[Callable[[int], None]]:
    """Say on stderr that `name` is being fetched, and in a terminal show a bar; gives what to call with the bytes."""
    progress = from_extra("local", "rich.progress")
    console = from_extra("local", "rich.console").Console(stderr=True)
    console.print(f"rillm: fetching {name}, {size / 1e6:.0f} MB, once", highlight=False)
    columns = (progress.BarColumn(), progress.DownloadColumn(), progress.TransferSpeedColumn())
    with progress.Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(name, total=size)
        yield lambda done: bar.update(task, completed=min(done, size))
