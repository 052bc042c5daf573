"""The database: one pool for reading, one for writing, and the one place that commits.

SQLite has a single writer (invariant: writes begin IMMEDIATE, so two never deadlock on upgrading a lock);
PostgreSQL uses one pool for both, with row locks. Engines are made in the process that uses them, after
any fork: a pooled connection shared by two processes corrupts both.
"""

import asyncio
import os
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from sqlalchemy import Enum, event, inspect, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import TimeoutError as WaitedTooLong
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlmodel import SQLModel
from sqlmodel.ext.asyncio.session import AsyncSession

SQLModel.metadata.naming_convention = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}
"""Every constraint has a name, so that a migration can change it on SQLite as well."""

SQLITE_PRAGMAS = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA foreign_keys=ON",
)


@dataclass(frozen=True, kw_only=True)
class Patience:
    """How many seconds the database may keep us waiting. What takes longer fails, and may be tried again.

    A lock that is never given back, or a server that has gone silent, would otherwise hold a delivery for
    ever and, one after another, every connection of the pool.
    """

    connecting: float = 10
    pool: float = 10
    lock: float = 10
    statement: float = 20
    idle: float = 60
    """Between two statements of a transaction: a machine that has vanished gives up its locks."""


HURRIED = Patience()
"""Requests and jobs: the answer comes while whoever asked still waits for it."""
UNHURRIED = Patience(lock=600, statement=3600, idle=3600)
"""Migrations: one that waits for another machine's, or rewrites a large table."""


@dataclass(frozen=True)
class Database:
    """Two engines on one database. `writer` and `reader` are the same pool on PostgreSQL."""

    url: URL
    writer: AsyncEngine
    reader: AsyncEngine
    patience: Patience
    closing: list[Callable[[], Awaitable[None]]] = field(default_factory=list)
    """What else holds connections to it, and is closed with it."""
    _turns: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def is_sqlite(self) -> bool:
        return self.url.get_backend_name() == "sqlite"

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """SQLite has one writer: those of this process take turns, in the order in which they asked.

        Raises `sqlalchemy.exc.TimeoutError` where the others keep it for too long.
        """
        if not self.is_sqlite:
            yield
            return
        try:
            async with asyncio.timeout(self.patience.pool):
                await self._turns.acquire()
        except TimeoutError:
            raise WaitedTooLong("the database is kept by other writers") from None
        try:
            yield
        finally:
            self._turns.release()

    async def dispose(self) -> None:
        for close in self.closing:
            await close()
        self.closing.clear()
        await self.writer.dispose()
        if self.reader is not self.writer:
            await self.reader.dispose()


def connect(database_url: str, *, patience: Patience = HURRIED) -> Database:
    """Engines for `sqlite:///path` or `postgresql://…`; nothing is opened yet. Errors show no values."""
    url = make_url(database_url)
    if url.get_backend_name() == "sqlite":
        return _connect_sqlite(url, patience)
    engine = create_async_engine(
        url.set(drivername="postgresql+asyncpg"),
        pool_size=10,
        pool_pre_ping=True,
        pool_timeout=patience.pool,
        hide_parameters=True,
        connect_args=postgres_limits(patience),
    )
    return Database(url=url, writer=engine, reader=engine, patience=patience)


def postgres_limits(patience: Patience) -> dict[str, Any]:
    """https://www.postgresql.org/docs/current/runtime-config-client.html; the server keeps them itself.

    The driver's own limit is for a server that no longer says anything, so it is the last to strike.
    """
    settings = {
        "application_name": "sentineliq",
        "lock_timeout": _milliseconds(patience.lock),
        "statement_timeout": _milliseconds(patience.statement),
        "idle_in_transaction_session_timeout": _milliseconds(patience.idle),
    }
    return {
        "timeout": patience.connecting,
        "command_timeout": patience.statement + 5,
        "server_settings": settings,
    }


async def keeps_limits(connection: AsyncConnection) -> bool:
    """Whether the server has taken them; a pooler between may drop what a connection asks for.

    SQLite has none to take.
    """
    if connection.dialect.name == "sqlite":
        return True
    kept = await connection.scalar(text("SELECT setting FROM pg_settings WHERE name = 'statement_timeout'"))
    return kept != "0"


def _milliseconds(seconds: float) -> str:
    return str(round(seconds * 1000))


def _connect_sqlite(url: URL, patience: Patience) -> Database:
    if url.database:
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    async_url = url.set(drivername="sqlite+aiosqlite")
    common: dict[str, Any] = {"pool_timeout": patience.pool, "hide_parameters": True}
    writer = create_async_engine(async_url, pool_size=1, max_overflow=0, **common)
    reader = create_async_engine(async_url, pool_size=5, **common)
    _prepare_sqlite(writer, patience, begin="BEGIN IMMEDIATE")
    _prepare_sqlite(reader, patience, begin="BEGIN")
    return Database(url=url, writer=writer, reader=reader, patience=patience)


def sqlite_pragmas(patience: Patience) -> tuple[str, ...]:
    """What each new connection is told."""
    return (f"PRAGMA busy_timeout={_milliseconds(patience.lock)}", *SQLITE_PRAGMAS)


def _prepare_sqlite(engine: AsyncEngine, patience: Patience, *, begin: str) -> None:
    """Take transaction control from the driver, which would begin late and commit on its own."""
    pragmas = sqlite_pragmas(patience)

    @event.listens_for(engine.sync_engine, "connect")
    def _on_connect(connection, _record) -> None:  # pyright: ignore[reportMissingParameterType]
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in pragmas:
            _tell(cursor, pragma)
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def _on_begin(connection) -> None:  # pyright: ignore[reportMissingParameterType]
        connection.exec_driver_sql(begin)


def _tell(cursor: Any, pragma: str) -> None:
    """Where another process has a new file, SQLite refuses at once to change it to WAL, whatever the
    patience (https://sqlite.org/wal.html). A transaction does wait for it."""
    while True:
        try:
            cursor.execute(pragma)
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                raise
        else:
            return
        cursor.execute("BEGIN IMMEDIATE")
        cursor.execute("COMMIT")


_current: Database | None = None
_configured_url = ""
_patience = HURRIED


def configure(database_url: str, *, patience: Patience = HURRIED) -> None:
    """Say which database this process (and its forked workers) uses."""
    global _configured_url, _current, _patience
    _configured_url, _current, _patience = database_url, None, patience


def database() -> Database:
    """This process's engines, made on first use. Raises `RuntimeError` before `configure`."""
    global _current
    if _current is None:
        if not _configured_url:
            raise RuntimeError("db.configure() has not been called")
        _current = connect(_configured_url, patience=_patience)
    return _current


def _forget_the_parents() -> None:
    global _current
    _current = None


os.register_at_fork(after_in_child=_forget_the_parents)


async def dispose() -> None:
    """Close this process's connections."""
    global _current
    if _current is not None:
        await _current.dispose()
    _current = None


@asynccontextmanager
async def transaction() -> AsyncIterator[AsyncSession]:
    """One unit of work: commits when the block ends, rolls back when it raises. No network call inside."""
    current = database()
    async with (
        current.turn(),
        AsyncSession(current.writer, expire_on_commit=False) as session,
        session.begin(),
    ):
        yield session


@asynccontextmanager
async def reading() -> AsyncIterator[AsyncSession]:
    """A consistent look at the data; nothing that the block changes is kept."""
    async with AsyncSession(database().reader, expire_on_commit=False) as session:
        yield session


def stored_as_text(enum: type[StrEnum]) -> Any:
    """A column type that stores the enum's values as text, so that a new member needs no migration."""
    return Enum(
        enum,
        native_enum=False,
        create_constraint=False,
        length=64,
        values_callable=lambda members: [member.value for member in members],
    )


AGAINST_WRITERS: dict[str, Any] = {"key_share": True}
"""How a workspace's row is locked: whoever else would change it waits, whoever only writes a row that refers
to it does not (https://www.postgresql.org/docs/current/explicit-locking.html#LOCKING-ROWS)."""


def now() -> datetime:
    """The time, aware and in UTC."""
    return datetime.now(UTC)


async def insert_new(session: AsyncSession, model: type[SQLModel], rows: Sequence[dict[str, Any]]) -> None:
    """Insert the rows whose unique keys are new; the others change nothing, also when transactions race."""
    await session.flush()  # the rows may refer to what the session holds back
    connection = await session.connection()
    insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    await connection.execute(insert(model).on_conflict_do_nothing(), list(rows))


async def insert_if_new(session: AsyncSession, model: type[SQLModel], row: dict[str, Any]) -> bool:
    """Insert one row unless its unique key is taken; whether it was inserted, also when transactions race.

    Asked by RETURNING: a driver's row count after a conflict is not to be trusted.
    """
    await session.flush()
    connection = await session.connection()
    insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    statement = insert(model).values(row).on_conflict_do_nothing().returning(*inspect(model).primary_key)
    return (await connection.execute(statement)).first() is not None
