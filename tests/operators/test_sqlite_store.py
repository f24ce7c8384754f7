"""The file of `cache`: who may read it, how many may use it at once, and what is no such file."""

from __future__ import annotations

import multiprocessing
import os
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

import rillm
from rillm.operators.sqlite_store import SQLiteStore
from rillm.streams.stream import from_source
from rillm.testing import chunk
from tests.kit.sources import Script, collect, stream_of
from tests.kit.stores import warnings

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

HELLO = [chunk("Hello"), chunk(finish="stop")]
MANY, EACH = 4, 25


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "answers.sqlite"


def test_it_keeps_the_latest(path: Path) -> None:
    store = SQLiteStore(path)
    assert store.get("a") is None
    for value in (b"1", b"\0\xff", b"x" * 10**6):
        store.set("a", value)
        assert SQLiteStore(path).get("a") == store.get("a") == value
    assert store.get("A") is None


def test_nothing_is_made_before_somebody_asks(path: Path) -> None:
    stream = stream_of(HELLO).pipe(rillm.cache(path, "k"))
    assert not path.exists()
    collect(stream)
    assert path.exists()


def test_it_is_its_owners_alone(path: Path) -> None:
    store = SQLiteStore(path)
    store.set("a", b"1")
    names = sorted(file.name.removeprefix(path.name) for file in path.parent.iterdir())
    assert names == ["", "-shm", "-wal"]
    assert {file.stat().st_mode & 0o777 for file in path.parent.iterdir()} == {0o600}


def test_its_connection_is_closed_with_it(path: Path) -> None:
    store = SQLiteStore(path)
    store.set("a", b"1")
    del store
    assert [*path.parent.iterdir()] == [path]  # SQLite tidies up when the last one leaves


def fill(path: Path, number: int) -> None:
    store = SQLiteStore(path)
    for each in range(EACH):
        store.set(f"{number} {each}", b"x" * 10_000)
        assert store.get(f"{number} {each}")


def by_threads(path: Path) -> None:
    store = SQLiteStore(path)

    def fill_it(number: int) -> None:
        for each in range(EACH):
            store.set(f"{number} {each}", b"x" * 10_000)
            assert store.get(f"{number} {each}")

    with ThreadPoolExecutor(MANY) as threads:
        assert [*threads.map(fill_it, range(MANY))] == [None] * MANY


def by_stores_of_threads(path: Path) -> None:
    with ThreadPoolExecutor(MANY) as threads:
        assert [*threads.map(fill, [path] * MANY, range(MANY))] == [None] * MANY


def by_processes(path: Path) -> None:
    with multiprocessing.get_context("spawn").Pool(MANY) as processes:
        processes.starmap(fill, [(path, number) for number in range(MANY)])


@pytest.mark.parametrize("by", [by_threads, by_stores_of_threads, by_processes])
def test_many_at_once(path: Path, by: Callable[[Path], None]) -> None:
    by(path)
    with closing(sqlite3.connect(path)) as database:
        assert database.execute("SELECT count(*) FROM answers").fetchone() == (MANY * EACH,)
        assert database.execute("PRAGMA journal_mode").fetchone() == ("wal",)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_after_a_fork(path: Path) -> None:
    store = SQLiteStore(path)
    store.set("a", b"1")
    child = os.fork()
    if not child:
        ok = store.get("a") == b"1"
        store.set("b", b"2")
        os._exit(0 if ok else 1)
    assert os.waitpid(child, 0)[1] == 0
    store.set("c", b"3")
    assert [store.get(name) for name in "abc"] == [b"1", b"2", b"3"]


# What is no such file


@pytest.mark.parametrize("text", ["some notes", "SQLite format 2\0", "S"])
def test_another_file(path: Path, text: str) -> None:
    path.write_text(text)
    with pytest.raises(rillm.BadRequestError, match=r"answers\.sqlite' is no SQLite file"):
        rillm.cache(path)
    assert path.read_text() == text


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(rillm.BadRequestError, match="is no SQLite file"):
        rillm.cache(tmp_path)
    with pytest.raises(rillm.BadRequestError, match="no folder"):
        rillm.cache(tmp_path / "no" / "answers.sqlite")


def other_file(path: Path) -> None:
    path.write_bytes(b"not any more" * 1000)


def broken_file(path: Path) -> None:
    whole = path.read_bytes()
    path.write_bytes(whole[:100] + b"\xff" * len(whole[100:]))


def other_table(path: Path) -> None:
    with closing(sqlite3.connect(path)) as database:
        database.executescript("DROP TABLE answers; CREATE TABLE answers (question TEXT)")


def no_folder(path: Path) -> None:
    path.unlink()
    path.parent.rmdir()


@pytest.mark.parametrize("spoil", [other_file, broken_file, other_table, no_folder])
def test_a_file_that_breaks_does_not_break_the_stream(path: Path, spoil: Callable[[Path], None]) -> None:
    collect(stream_of(HELLO).pipe(rillm.cache(path, "k")))
    cached = rillm.cache(path, "k")
    spoil(path)
    source = Script(HELLO)
    with warnings() as told:
        assert collect(from_source(source).pipe(cached, rillm.text())) == ["Hello"]
    assert source.opened == 1
    assert len(told) == 2  # to look it up, and to keep it


def test_a_locked_file(path: Path) -> None:
    """Who reads waits for nobody; who writes waits a moment."""
    cached = rillm.cache(path, "k")
    collect(stream_of(HELLO).pipe(cached))
    with closing(sqlite3.connect(path, isolation_level=None)) as other, warnings() as told:
        other.execute("BEGIN IMMEDIATE")
        assert collect(stream_of().pipe(cached, rillm.text())) == ["Hello"]
        assert told == []
        assert collect(stream_of(HELLO).pipe(rillm.cache(path, "other"), rillm.text())) == ["Hello"]
    assert len(told) == 1
    assert "locked" in told[0]
