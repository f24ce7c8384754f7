"""The recorded streams in the folder that `WIRE_CORPUS` names."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.wire.expectations import EXPECTATIONS


@dataclass(frozen=True)
class Case:
    folder: Path
    meta: dict[str, Any]

    @property
    def name(self) -> str:
        return str(self.meta["case"])

    @property
    def format(self) -> str:
        return str(self.meta["format"])

    @property
    def body(self) -> bytes:
        return (self.folder / str(self.meta["response_file"])).read_bytes()

    @property
    def expected(self) -> dict[str, Any]:
        expected: dict[str, Any] = json.loads((self.folder / "expected.json").read_bytes())
        return expected

    @property
    def network_lengths(self) -> list[int]:
        """The sizes in which the recorder received the body, where it kept them."""
        lengths: list[int] = self.meta.get("network_chunk_lengths") or []
        return lengths


def cases() -> list[Case]:
    """All cases of the formats that we decode; none where there is no corpus."""
    root = os.environ.get("WIRE_CORPUS")
    if not root:
        return []
    found = [Case(path.parent, json.loads(path.read_bytes())) for path in sorted(Path(root).glob("*/*/meta.json"))]
    return [case for case in found if case.format in EXPECTATIONS]
