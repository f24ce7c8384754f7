"""Every notebook runs from top to bottom, and is kept without outputs."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Any

import nbformat
import pytest
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient

NOTEBOOKS = sorted(Path(__file__).parents[1].joinpath("notebooks").glob("*.ipynb"))
SECONDS_A_CELL = 300  # the first one fetches a model


def notebook(path: Path) -> Any:
    untyped: Any = nbformat
    return untyped.read(path, as_version=4)


notebooks = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)


@notebooks
def test_it_runs(path: Path) -> None:
    if "local/" in path.read_text(encoding="utf-8") and not find_spec("xllamacpp"):
        pytest.skip("the extra `local` is not installed")
    client = NotebookClient(notebook(path), timeout=SECONDS_A_CELL, resources={"metadata": {"path": path.parent}})
    # Without folders to look in, "python3" is the interpreter that runs this, whatever kernels a user has installed.
    client.km = AsyncKernelManager(kernel_spec_manager=KernelSpecManager(kernel_dirs=[]))
    client.execute()


@notebooks
def test_it_is_kept_without_outputs(path: Path) -> None:
    cells = [cell for cell in notebook(path).cells if cell.cell_type == "code"]
    assert [(cell.outputs, cell.execution_count) for cell in cells] == [([], None)] * len(cells)


def test_there_are_notebooks() -> None:
    assert NOTEBOOKS
