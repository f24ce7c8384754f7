from __future__ import annotations

import pytest

from rillm.providers.chunks import chunk_of, text_chunk


@pytest.mark.parametrize(("text", "index"), [("Hi", 0), ("\u2028\U0001f600", 0), ("Hi", 2)])
def test_a_text_chunk_is_as_if_validated(text: str, index: int) -> None:
    made, validated = text_chunk(text, index), chunk_of({"content": text}, index=index)
    assert made == validated
    assert made.model_dump() == validated.model_dump()
    assert made.model_dump_json(exclude_unset=True) == validated.model_dump_json(exclude_unset=True)
    for one, other in ((made, validated), (made.choices[0], validated.choices[0])):
        assert one.model_fields_set == other.model_fields_set
    assert made.choices[0].delta.model_fields_set == {"content"}


def test_chunks_share_nothing() -> None:
    one, other = text_chunk("a"), text_chunk("b")
    one.id = "c1"
    one.choices[0].delta.role = "assistant"
    one.hidden_params["seen"] = True
    one.choices[0].delta["reasoning_content"] = "r"
    assert other == text_chunk("b")
    assert not other.hidden_params


def test_a_chunk_with_more() -> None:
    chunk = chunk_of({"content": "a"}, finish_reason="stop", id="c1", usage={"prompt_tokens": 1})
    assert (chunk.id, chunk.choices[0].finish_reason) == ("c1", "stop")
    assert chunk.get("usage") == {"prompt_tokens": 1}
    assert chunk_of({}).choices[0].finish_reason is None
