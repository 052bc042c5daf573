"""Short reads: one statement, by key, at the least that a database can be asked for.

A page that is loaded, a click, and a change that is told to many pages wait for nothing else. PostgreSQL is
asked without a transaction around it, in one round trip, over a few connections of their own: a storm of
deliveries may hold all others. SQLite is asked on the event loop's own thread, where it answers from memory
in less time than a thread takes to wake; what turns out not to be short, or would have to wait for a lock, is
broken off there and asked again by the pool of `db.reading`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from sqlalchemy import Engine, Executable, Row, create_engine, event
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import StaticPool

from . import db

STEPS = 200_000
"""Of SQLite's own machine: a few milliseconds. What needs more would keep everybody waiting."""
CONNECTIONS = 4
"""To PostgreSQL, of one worker."""


async def rows(statement: Executable, values: Mapping[str, Any]) -> Sequence[Row[Any]]:
    """All rows of a SELECT. Build the statement once, with bound parameters for what differs."""
    short = _short()
    if short.inline is None:
        return await _ask_again(short.pooled, statement, values)
    try:
        with short.inline.connect() as connection:
            return connection.execute(statement, values).all()
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
    """How a database is asked. `inline` is SQLite's: no read on it ever waits, so none meets another."""

    database: db.Database
    pooled: AsyncEngine
    inline: Engine | None = None


_current: _Short | None = None


def _short() -> _Short:
    global _current
    database = db.database()
    if _current is None or _current.database is not database:
        _current = _open(database)
    return _current


def _open(database: db.Database) -> _Short:
    if database.is_sqlite:
        inline = _inline(database)
        database.closing.append(partial(_close, inline))
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


def _inline(database: db.Database) -> Engine:
    engine = create_engine(
        database.url,
        poolclass=StaticPool,
        isolation_level="AUTOCOMMIT",
        hide_parameters=True,
        connect_args={"check_same_thread": False, "timeout": 0},
    )

    @event.listens_for(engine, "connect")
    def _on_connect(connection, _record) -> None:  # pyright: ignore[reportMissingParameterType]
        connection.execute("PRAGMA query_only=ON").close()
        connection.set_progress_handler(lambda: 1, STEPS)

    return engine


async def _close(engine: Engine) -> None:
    engine.dispose()
