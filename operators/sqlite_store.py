"""`SQLiteStore`: answers in one file; not public."""

from __future__ import annotations

import os
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Final
from weakref import finalize

from rillm.streams.errors import BadRequestError

if TYPE_CHECKING:
    from sqlite3 import Connection

MAGIC: Final = b"SQLite format 3\0"  # https://www.sqlite.org/fileformat.html#magic_header_string
BUSY: Final = 0.25  # seconds to wait for another writer; an event loop stands still for as long
OWNER_ONLY: Final = 0o600
SETUP: Final = """
    PRAGMA journal_mode = WAL;  -- who reads waits for nobody
    PRAGMA synchronous = NORMAL;
    CREATE TABLE IF NOT EXISTS answers (key TEXT PRIMARY KEY, value BLOB NOT NULL);
"""


class SQLiteStore:
    """A `Store` in a SQLite file, which is made when it is first asked, for its owner alone to read.

    Any number of threads and processes may use the same file at once. Each process opens it once, and each answer is a
    transaction of its own.

    Raises:
        BadRequestError: the file is another one, or its folder is not there.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._path = Path(path)
        check(self._path)
        self._lock = Lock()
        # By process: what was opened before a fork must not even be closed after it.
        self._connections: dict[int, Connection] = {}

    def get(self, key: str) -> bytes | None:
        with self._lock:
            row = self._connection().execute("SELECT value FROM answers WHERE key = ?", (key,)).fetchone()
        return None if row is None else row[0]

    def set(self, key: str, value: bytes) -> None:
        with self._lock:
            self._connection().execute("INSERT OR REPLACE INTO answers VALUES (?, ?)", (key, value))

    def _connection(self) -> Connection:
        process = os.getpid()
        if process not in self._connections:
            self._connections[process] = connection = opened(self._path)
            finalize(self, close, connection, process)
        return self._connections[process]


def check(path: Path) -> None:
    """See that a store can be there: a path that is misspelt does not get better by asking again and again.

    Raises:
        BadRequestError: it cannot.
    """
    if not path.parent.is_dir():
        raise BadRequestError(f"There is no folder for the cache {str(path)!r}.")
    if path.exists() and (path.is_dir() or beginning(path) not in {b"", MAGIC}):
        raise BadRequestError(f"{str(path)!r} is no SQLite file; give cache() the path of one, or of none yet.")


def beginning(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(len(MAGIC))


def opened(path: Path) -> Connection:
    """The file, made if it is not there. Those that SQLite puts beside it get the same mode."""
    import sqlite3  # noqa: PLC0415 - loaded by who has a cache

    os.close(os.open(path, os.O_CREAT | os.O_RDWR, OWNER_ONLY))
    connection = sqlite3.connect(path, BUSY, isolation_level=None, check_same_thread=False)
    try:
        connection.executescript(SETUP)
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def close(connection: Connection, process: int) -> None:
    if os.getpid() == process:
        connection.close()
