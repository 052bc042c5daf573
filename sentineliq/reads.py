"""Short reads: one statement, by key, at the least that a database can be asked for.

A page that is loaded, a click, and a change that is told to many pages wait for nothing else. PostgreSQL is
asked without a transaction around it, in one round trip, over a few connections of their own: a storm of
deliveries may hold all others. SQLite is asked on the event loop's own thread, where it answers from memory
in less time than a thread takes to wake; what turns out not to be short, or would have to wait for a lock, is
broken off there and asked again by the pool of `db.reading`.
"""

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Executable, Row, create_engine, event
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import StaticPool

from . import db

STEPS = 100_000
"""Of SQLite's own machine, a few milliseconds: what needs twice as many would keep everybody waiting."""
CONNECTIONS = 4
"""To PostgreSQL, of one worker."""


async def rows(statement: Executable, values: Mapping[str, Any]) -> Sequence[Row[Any]]:
    """All rows of a SELECT. Build the statement once, with bound parameters for what differs."""
    short = _short()
    if short.inline is None:
        return await _ask_again(short.pooled, statement, values)
    try:
        return short.inline.ask(statement, values)
    except OperationalError:
        return await search(statement, values)


async def search(statement: Executable, values: Mapping[str, Any]) -> Sequence[Row[Any]]:
    """The same of a SELECT that may have to look at many rows."""
    return await _ask(db.database().reader, statement, values)


async def _ask_again(
    engine: AsyncEngine, statement: Executable, values: Mapping[str, Any]
) -> Sequence[Row[Any]]:
    """A server that was started anew has closed the connections without a word. To find out before each read
    costs as much as the read; afterwards, nothing: the pool drops them all, and a read may be done twice."""
    try:
        return await _ask(engine, statement, values)
    except DBAPIError as error:
        if not error.connection_invalidated:
            raise
    return await _ask(engine, statement, values)


async def _ask(engine: AsyncEngine, statement: Executable, values: Mapping[str, Any]) -> Sequence[Row[Any]]:
    async with engine.connect() as connection:
        return (await connection.execute(statement, values)).all()


@dataclass(frozen=True)
class _Short:
    """How a database is asked. `inline` is for SQLite alone, whose reads never
    await: one connection does for all."""

    database: db.Database
    pooled: AsyncEngine
    inline: "_Inline | None" = None


_current: _Short | None = None


def _short() -> _Short:
    global _current
    database = db.database()
    if _current is None or _current.database is not database:
        _current = _open(database)
    return _current


def _open(database: db.Database) -> _Short:
    if database.is_sqlite:
        inline = _Inline(database)
        database.closing.append(inline.close)
        return _Short(database, database.reader, inline)
    pooled = create_async_engine(
        database.url.set(drivername="postgresql+asyncpg"),
        pool_size=CONNECTIONS,
        max_overflow=0,
        pool_timeout=database.patience.pool,
        isolation_level="AUTOCOMMIT",
        hide_parameters=True,
        connect_args=db.postgres_limits(database.patience),
    )
    database.closing.append(pooled.dispose)
    return _Short(database, pooled)


class _Inline:
    """SQLite, asked on the event loop's own thread by one connection that stays open."""

    def __init__(self, database: db.Database) -> None:
        self._spent = 0
        self._engine = create_engine(
            database.url,
            poolclass=StaticPool,
            isolation_level="AUTOCOMMIT",
            hide_parameters=True,
            connect_args={"check_same_thread": False, "timeout": 0},
        )
        event.listen(self._engine, "connect", self._on_connect)
        self._connection = self._engine.connect()

    def ask(self, statement: Executable, values: Mapping[str, Any]) -> Sequence[Row[Any]]:
        """Raises `OperationalError` where it takes too many steps, or somebody holds a lock."""
        self._spent = 0
        return self._connection.execute(statement, values).all()

    def _on_connect(self, connection: sqlite3.Connection, _record: object) -> None:
        connection.execute("PRAGMA query_only=ON").close()
        connection.set_progress_handler(self._too_many, STEPS)

    def _too_many(self) -> bool:
        """SQLite counts on from where the same statement stopped the last time: one call says nothing."""
        self._spent += 1
        return self._spent > 1

    async def close(self) -> None:
        self._connection.close()
        self._engine.dispose()
