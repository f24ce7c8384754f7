from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import rillm
from rillm.streams.errors import APIStatusError, StreamTruncatedError
from tests.wire.conformance import cut_anywhere, cut_short, facts
from tests.wire.corpus import Case, cases
from tests.wire.outcome import Outcome, aread, assert_promises, read

if TYPE_CHECKING:
    from collections.abc import Callable

WITHOUT = pytest.param(None, marks=pytest.mark.skip(reason="WIRE_CORPUS names no folder of recorded streams"))
CASES = [pytest.param(case, id=case.name) for case in cases()] or [WITHOUT]


@pytest.mark.parametrize("reader", [read, aread])
@pytest.mark.parametrize("case", CASES)
def test_answer(case: Case, reader: Callable[..., Outcome], record_property: Callable[[str, object], None]) -> None:
    outcome = reader(case.format, [case.body])
    assert_promises(outcome)
    found = facts(case, outcome)
    for feature, (ours, theirs) in found.items():
        record_property(case.format, (feature, ours == theirs))
    for feature, (ours, theirs) in found.items():
        assert ours == theirs, feature


@pytest.mark.parametrize("case", CASES)
def test_cut_anywhere(case: Case, record_property: Callable[[str, object], None]) -> None:
    ours, theirs = cut_anywhere(case)
    record_property(case.format, ("cut anywhere", ours == theirs))
    assert ours == theirs


@pytest.mark.parametrize("case", CASES)
def test_cut_short(case: Case, record_property: Callable[[str, object], None]) -> None:
    ours, theirs = cut_short(case)
    record_property(case.format, ("cut short", ours == theirs))
    assert ours == theirs


@pytest.mark.parametrize("case", CASES)
def test_accumulate(case: Case) -> None:
    outcome = read(case.format, [case.body])
    stream = rillm.decode(case.format, [case.body]).pipe(rillm.accumulate())
    if outcome.error is not None or outcome.response is None:
        with pytest.raises((APIStatusError, StreamTruncatedError)):
            list(stream)
        return
    (response,) = stream
    excluded = {"id", "created"}
    assert response.model_dump(exclude=excluded) == outcome.response.model_dump(exclude=excluded)
