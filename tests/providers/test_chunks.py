from __future__ import annotations

import pytest

from rillm.providers.chunks import chunk_of, text_chunk
from rillm.streams.errors import StreamDecodeError


@pytest.mark.parametrize("index", [0, 2])
def test_a_text_chunk_is_what_validation_makes(index: int) -> None:
    made, validated = text_chunk("Hi", index), chunk_of({"content": "Hi"}, index=index)
    assert made == validated
    assert made.model_dump(exclude_unset=True) == validated.model_dump(exclude_unset=True)
    assert made.choices[0].delta.model_fields_set == {"content"}
    made.choices[0].delta.role = "assistant"
    made.hidden_params["seen"] = True
    later = text_chunk("Ho", index)
    assert (later.choices[0].delta.role, later.hidden_params) == (None, {})


def test_fields_of_the_chunk() -> None:
    chunk = chunk_of({}, finish_reason="stop", id="c1", usage={"prompt_tokens": 3})
    assert (chunk.id, chunk.choices[0].finish_reason, chunk.get("usage")) == ("c1", "stop", {"prompt_tokens": 3})
    assert chunk_of({}, choices=[]).choices == []


def test_a_wrong_type() -> None:
    with pytest.raises(StreamDecodeError, match=r"at choices\.0\.delta\.content"):
        chunk_of({"content": 5})
