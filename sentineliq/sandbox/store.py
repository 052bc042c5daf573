"""The sandbox's database: one SQLite file, written by one thread, one transaction an operation."""

import asyncio
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")

SCHEMA = """
CREATE TABLE IF NOT EXISTS documents (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    object TEXT NOT NULL,
    customer TEXT,
    body TEXT NOT NULL,
    secret TEXT NOT NULL DEFAULT '{}'
);
CREATE INDEX IF NOT EXISTS documents_by_object ON documents (object, customer, seq);
CREATE TABLE IF NOT EXISTS settings (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS idempotency (
    key TEXT PRIMARY KEY, fingerprint TEXT NOT NULL, status INTEGER NOT NULL, body TEXT NOT NULL,
    request_id TEXT NOT NULL, created INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS deliveries (
    event TEXT NOT NULL, endpoint TEXT NOT NULL, tries INTEGER NOT NULL DEFAULT 0, next_at REAL,
    delivered INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (event, endpoint)
);
CREATE INDEX IF NOT EXISTS deliveries_due ON deliveries (next_at) WHERE next_at IS NOT NULL;
CREATE TABLE IF NOT EXISTS attempts (
    event TEXT NOT NULL, endpoint TEXT NOT NULL, url TEXT NOT NULL, attempted_at REAL NOT NULL,
    status INTEGER, response TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS attempts_by_event ON attempts (event);
"""


def _one_thread() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max_workers=1, thread_name_prefix="sandbox-store")


class Store:
    """Runs work on the database off the event loop; what a work writes is committed whole or not at all."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._thread = _one_thread()
        self._connection: sqlite3.Connection | None = None

    async def open(self) -> None:
        """Creates the file and its folder when they are missing."""
        await asyncio.get_running_loop().run_in_executor(self._thread, self._open)

    async def close(self) -> None:
        """Waits for the work that is under way."""
        await asyncio.get_running_loop().run_in_executor(self._thread, self._close)
        self._thread.shutdown(wait=False)
        self._thread = _one_thread()

    async def run(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """One transaction. An exception undoes it, unless its `keeps_effects` says that they stand."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._transact, work)

    def _open(self) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(self._path, isolation_level=None)
        connection.row_factory = sqlite3.Row
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("PRAGMA busy_timeout = 10000")
        connection.executescript(SCHEMA)
        self._connection = connection

    def _close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _transact(self, work: Callable[[sqlite3.Connection], T]) -> T:
        connection = self._connection
        if connection is None:
            raise RuntimeError("the sandbox's store is not open")
        connection.execute("BEGIN IMMEDIATE")
        try:
            result = work(connection)
        except BaseException as error:
            connection.execute("COMMIT" if getattr(error, "keeps_effects", False) else "ROLLBACK")
            raise
        connection.execute("COMMIT")
        return result
