"""JSON made by hypothesis, written in several ways and cut anywhere."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import strategies as st

from tests.kit.cuts import cuttings

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(10**20), 10**20)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8)
    | st.text(alphabet='\\"[]{},:\n\U0001f600é', max_size=8)
)
VALUES = st.recursive(
    SCALARS,
    lambda values: st.lists(values, max_size=4) | st.dictionaries(st.text(max_size=4), values, max_size=4),
    max_leaves=12,
)


def documents() -> st.SearchStrategy[Any]:
    """Objects and arrays."""
    return st.lists(VALUES, max_size=4) | st.dictionaries(st.text(max_size=4), VALUES, max_size=4)


def written(value: Any) -> st.SearchStrategy[str]:
    """Ways to write it."""
    ways: list[dict[str, Any]] = [{}, {"indent": 2}, {"ensure_ascii": False, "separators": (",", ":")}]
    return st.sampled_from(ways).map(lambda way: json.dumps(value, **way))


def cut_texts(values: st.SearchStrategy[Any]) -> st.SearchStrategy[tuple[Any, str, list[str]]]:
    """A value, its text, and the pieces of that."""

    def texts(value: Any) -> st.SearchStrategy[tuple[Any, str, list[str]]]:
        return written(value).flatmap(lambda text: cuttings(text).map(lambda pieces: (value, text, pieces)))

    return values.flatmap(texts)
