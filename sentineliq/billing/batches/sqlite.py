"""SQLite for batches: a connection in a thread of its own, one hop a batch."""

import asyncio
import json
import sqlite3
from collections.abc import Awaitable, Callable, Collection, Sequence
from contextlib import suppress
from datetime import datetime
from functools import cache, partial
from queue import SimpleQueue
from threading import Thread
from typing import Any, ParamSpec, TypeVar

from ...db import Database, sqlite_pragmas
from ..models import NOT_ACTED_ON, SETTLED, EventStatus
from .store import (
    INTO_EVENTS,
    INVOICES,
    MEMBERS,
    STATUSES,
    WORKSPACE_COLUMNS,
    WORKSPACES,
    BatchRefused,
    Delivery,
    MemberRow,
    NewRows,
    Result,
    Row,
    StoreUnavailable,
    Unit,
    WorkspaceRow,
    members_of,
)

CLAIM = (
    f"{INTO_EVENTS} SELECT ?, ?, '{EventStatus.PROCESSED}', NULL, ?, ?, ?, ?, ?, 1, ?, id"
    " FROM workspaces WHERE stripe_customer_id = ? ON CONFLICT DO NOTHING RETURNING workspace_id"
)
RECORD = (
    f"{INTO_EVENTS} VALUES (?, ?, '{EventStatus.IGNORED}', '{NOT_ACTED_ON}', ?, ?, ?, ?, ?, 1, ?, NULL)"
    " ON CONFLICT DO NOTHING RETURNING workspace_id"
)
_SETTLED = ", ".join(f"'{status}'" for status in SETTLED)
SETTLED_AMONG = (
    f"SELECT id FROM webhook_events WHERE +status IN ({_SETTLED}) AND id IN (SELECT value FROM json_each(?))"
)
"""By the id: without the plus, SQLite would go through all settled events by the status's index."""
LOCK = f"SELECT {', '.join(WORKSPACE_COLUMNS)} FROM workspaces WHERE id IN (SELECT value FROM json_each(?))"
MEMBERS_AMONG = (
    f"{MEMBERS} WHERE m.workspace_id IN (SELECT value FROM json_each(?)) ORDER BY m.workspace_id, m.user_id"
)
UNCLAIM = "DELETE FROM webhook_events WHERE id IN (SELECT value FROM json_each(?))"


class SqliteUnit:
    """Its methods wait for nothing but the database: one thread runs them to their end."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._execute = connection.execute
        self._execute_many = connection.executemany

    async def claim(
        self, deliveries: Collection[Delivery], *, at: datetime
    ) -> dict[str, WorkspaceRow | None]:
        """The whole database is ours until the end: nobody else holds a row."""
        now, claimed = text_of(at), dict[str, str | None]()
        for each in deliveries:
            event = each.event
            row = (
                event.id,
                event.type,
                event.api_version,
                event.livemode,
                text_of(event.created),
                now,
                now,
                each.text,
            )
            if each.customer is None:
                found = self._execute(RECORD, row).fetchone()
            else:
                found = self._execute(CLAIM, (*row, each.customer)).fetchone()
            if found is not None:
                claimed[event.id] = found[0]
        rows = self._execute(LOCK, (json.dumps([*claimed.values()]),))
        workspaces: dict[str | None, WorkspaceRow | None] = {row[0]: _workspace(row) for row in rows}
        workspaces[None] = None
        return {event_id: workspaces[workspace_id] for event_id, workspace_id in claimed.items()}

    async def settled(self, event_ids: Sequence[str]) -> Collection[str]:
        return {row[0] for row in self._execute(SETTLED_AMONG, (json.dumps(event_ids),))}

    async def add_invoices(self, rows: Sequence[Row]) -> Collection[str]:
        new: set[str] = set()
        for row in rows:
            if self._execute(_insert(INVOICES, "RETURNING id"), _values(INVOICES, row)).fetchone():
                new.add(row["id"])
        return new

    async def members(self, workspace_ids: Sequence[str]) -> Sequence[MemberRow]:
        return members_of(self._execute(MEMBERS_AMONG, (json.dumps(workspace_ids),)))

    async def write(
        self, changes: Sequence[tuple[WorkspaceRow, Row]], new: Sequence[tuple[NewRows, Sequence[Row]]]
    ) -> None:
        for workspace, fields in changes:
            values = [  # times as of `text_of`
                value.isoformat(" ", "microseconds")[:26] if type(value) is datetime else value
                for value in fields.values()
            ]
            self._execute(_update(tuple(fields)), (*values, workspace.id))
        for table, rows in new:
            self._execute_many(_insert(table), [_values(table, row) for row in rows])

    async def unclaim(self, event_ids: Sequence[str]) -> None:
        self._execute(UNCLAIM, (json.dumps(event_ids),))


Values = ParamSpec("Values")
Done = TypeVar("Done")


class OwnThread:
    """Runs one thing after the other, beside the event loop; an executor does it at ten times the calls."""

    def __init__(self, name: str) -> None:
        self._asked: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._thread = Thread(target=self._work, name=name, daemon=True)
        self._thread.start()

    async def run(
        self, function: Callable[Values, Done], *values: Values.args, **named: Values.kwargs
    ) -> Done:
        """What the function returns or raises there. It is run to its end, also where nobody waits for it."""
        loop = asyncio.get_running_loop()
        done: asyncio.Future[Done] = loop.create_future()

        def run() -> None:
            try:
                tell = partial(done.set_result, function(*values, **named))
            except BaseException as error:
                tell = partial(done.set_exception, error)
            with suppress(RuntimeError):  # the loop has ended
                loop.call_soon_threadsafe(lambda: done.done() or tell())

        self._asked.put(run)
        return await done

    async def end(self) -> None:
        """Once all that was asked for is done."""
        await self.run(self._asked.put, None)
        self._thread.join()

    def _work(self) -> None:
        while (run := self._asked.get()) is not None:
            run()


class SqliteStore:
    """The connection is opened with the first batch. Whoever else writes in this process takes turns with it
    by `Database.turn`: SQLite itself would have them poll for its lock."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._thread = OwnThread("batches")
        self._connection: sqlite3.Connection | None = None

    async def transaction(
        self, work: Callable[[Unit], Awaitable[Result]], *, goes_on: Callable[[], bool]
    ) -> Result:
        async with self._database.turn():
            return await self._thread.run(self._run, work)

    async def close(self) -> None:
        await self._thread.run(self._close)
        await self._thread.end()

    def _close(self) -> None:
        if self._connection is not None:
            self._connection.close()

    def _run(self, work: Callable[[Unit], Awaitable[Result]]) -> Result:
        connection = self._connected()
        try:
            connection.execute("BEGIN IMMEDIATE")
            result = run_to_end(work(SqliteUnit(connection)))
            connection.execute("COMMIT")
        except Exception as error:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            if isinstance(error, sqlite3.Error) and not isinstance(error, _ITS_OWN_FAULT):
                raise StoreUnavailable from error
            raise BatchRefused from error
        return result

    def _connected(self) -> sqlite3.Connection:
        if self._connection is None:
            path = self._database.url.database or ""
            try:
                connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
                for pragma in sqlite_pragmas(self._database.patience):
                    connection.execute(pragma)
            except sqlite3.Error as error:
                raise StoreUnavailable from error
            self._connection = connection
        return self._connection


_ITS_OWN_FAULT = (sqlite3.IntegrityError, sqlite3.DataError)


def run_to_end(work: Awaitable[Result]) -> Result:
    """What a coroutine returns that never waits. Raises `RuntimeError` if it does."""
    try:
        work.__await__().send(None)
    except StopIteration as finished:
        return finished.value
    raise RuntimeError("a batch on SQLite waited for something")


def text_of(time: datetime) -> str:
    """As SQLAlchemy's SQLite dialect stores it: in UTC, without an offset."""
    return time.isoformat(" ", "microseconds")[:26]


def _workspace(row: tuple[Any, ...]) -> WorkspaceRow:
    values = [*row]
    for at in WORKSPACES.times:
        if values[at] is not None:
            values[at] = datetime.fromisoformat(values[at] + "+00:00")
    values[_STATUS] = STATUSES[values[_STATUS]]
    for at in _FLAGS:
        values[at] = values[at] == 1
    return WorkspaceRow(*values)


_STATUS = WORKSPACE_COLUMNS.index("subscription_status")
_FLAGS = tuple(map(WORKSPACE_COLUMNS.index, ("has_other_subscription", "is_discounted")))


def _values(table: NewRows, row: Row) -> list[Any]:
    values = table.values(row)
    for at in table.times:
        if values[at] is not None:
            values[at] = text_of(values[at])
    return values


@cache
def _insert(table: NewRows, returning: str = "") -> str:
    columns = ", ".join(f'"{name}"' for name in table.columns)
    places = ", ".join("?" * len(table.columns))
    return f"INSERT INTO {table.name} ({columns}) VALUES ({places}) ON CONFLICT DO NOTHING {returning}"


@cache
def _update(columns: tuple[str, ...]) -> str:
    return f"UPDATE workspaces SET {', '.join(f'{name} = ?' for name in columns)} WHERE id = ?"
