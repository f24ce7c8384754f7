"""Prints how many recorded streams were read as expected, by format and feature."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.wire.conformance import table

if TYPE_CHECKING:
    import pytest


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    reports: list[Any] = [*terminalreporter.getreports("passed"), *terminalreporter.getreports("failed")]
    found = [
        (format_, *value)
        for report in reports
        if report.when == "call" and "test_corpus" in report.nodeid
        for format_, value in report.user_properties
    ]
    if found:
        terminalreporter.section("recorded streams: cases as expected, sync and async")
        terminalreporter.write_line("\n".join(table(found)))
