"""PostgreSQL for batches: one connection of the pool, held by asyncpg itself, a few round trips a batch."""

from collections.abc import Awaitable, Callable, Collection, Sequence
from datetime import datetime
from functools import cache
from typing import Any, Protocol, cast

import asyncpg  # pyright: ignore[reportMissingTypeStubs]
import orjson
from sqlalchemy import JSON
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import PoolProxiedConnection

from ...db import Database
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
    json_text,
    members_of,
)

BEGIN = (
    "BEGIN; SET LOCAL lock_timeout = '1s';"
    " SET LOCAL enable_seqscan = off; SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off;"
    " SET LOCAL plan_cache_mode = force_generic_plan"
)
"""In one message. A shorter patience than the pool's: what somebody else holds for longer is waited for by
itself, not by a batch. And everything is found by a key: one plan for ever, which never goes through a whole
table or a whole index. All of it ends with the transaction."""

_NEW = (
    "json_to_recordset($1) AS new(place int, id text, type text, api_version text, livemode bool,"
    " created timestamptz, customer text)"
)
"""The events but for their payloads, which are beside: asyncpg asks of each element of an array, by Python,
whether it is an array again."""
_WORKSPACE = ", ".join(f"workspace.{name}" for name in WORKSPACE_COLUMNS)
CLAIM = f"""
WITH claimed AS (
{INTO_EVENTS}
SELECT new.id, new.type, '{EventStatus.PROCESSED}', NULL, new.api_version, new.livemode, new.created,
    $3, $3, 1, ($2::text[])[new.place], workspaces.id
FROM {_NEW}
JOIN workspaces ON workspaces.stripe_customer_id = new.customer
ORDER BY new.id ON CONFLICT DO NOTHING RETURNING id, workspace_id
)
SELECT claimed.id, {_WORKSPACE} FROM claimed JOIN workspaces workspace ON workspace.id = claimed.workspace_id
ORDER BY workspace.id FOR NO KEY UPDATE OF workspace SKIP LOCKED
"""
"""All events are claimed, in one order, before the first workspace is locked: to sort takes all of them. A
row that was changed meanwhile is read again as it is locked."""
RECORD = f"""
{INTO_EVENTS}
SELECT new.id, new.type, '{EventStatus.IGNORED}', '{NOT_ACTED_ON}', new.api_version, new.livemode,
    new.created, $3, $3, 1, ($2::text[])[new.place], NULL
FROM {_NEW}
ORDER BY new.id ON CONFLICT DO NOTHING RETURNING id
"""
_SETTLED = ", ".join(f"'{status}'" for status in SETTLED)
SETTLED_AMONG = f"""
WITH skipped AS (DELETE FROM webhook_events WHERE id = ANY($1) AND xmin = pg_current_xact_id()::xid)
SELECT id FROM webhook_events
WHERE id = ANY($1) AND xmin <> pg_current_xact_id()::xid AND status IN ({_SETTLED})
"""
"""What was not claimed and yet was written by this very transaction has a workspace that somebody else holds:
it goes. The SELECT sees the table as it was before."""
MEMBERS_AMONG = f"{MEMBERS} WHERE m.workspace_id = ANY($1) ORDER BY m.workspace_id, m.user_id"
UNCLAIM = "DELETE FROM webhook_events WHERE id = ANY($1)"

_GONE = (
    asyncpg.PostgresConnectionError,
    asyncpg.AdminShutdownError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    OSError,
)
_DRIVERS = (asyncpg.PostgresError, SQLAlchemyError, *_GONE)


class Driver(Protocol):
    """What is used of asyncpg's connection, which says little of its types."""

    async def execute(self, query: str, *values: object) -> str: ...
    async def fetch(self, query: str, *values: object) -> list[Any]: ...
    def is_closed(self) -> bool: ...


class PostgresUnit:
    def __init__(self, connection: Driver) -> None:
        self._connection = connection

    async def claim(
        self, deliveries: Collection[Delivery], *, at: datetime
    ) -> dict[str, WorkspaceRow | None]:
        billed = [each for each in deliveries if each.customer is not None]
        recorded = [each for each in deliveries if each.customer is None]
        claimed: dict[str, WorkspaceRow | None] = {}
        if billed:
            for event_id, *row in await self._connection.fetch(CLAIM, *_events(billed), at):
                claimed[event_id] = _workspace(row)
        if recorded:
            for (event_id,) in await self._connection.fetch(RECORD, *_events(recorded), at):
                claimed[event_id] = None
        return claimed

    async def settled(self, event_ids: Sequence[str]) -> Collection[str]:
        return {row[0] for row in await self._connection.fetch(SETTLED_AMONG, event_ids)}

    async def add_invoices(self, rows: Sequence[Row]) -> Collection[str]:
        new = await self._connection.fetch(_NEW_INVOICES, _records(rows))
        return {row[0] for row in new}

    async def members(self, workspace_ids: Sequence[str]) -> Sequence[MemberRow]:
        return members_of(await self._connection.fetch(MEMBERS_AMONG, workspace_ids))

    async def write(
        self, changes: Sequence[tuple[WorkspaceRow, Row]], new: Sequence[tuple[NewRows, Sequence[Row]]]
    ) -> None:
        values = [_records([workspace.__dict__ | fields for workspace, fields in changes])] if changes else []
        values += [_records(_with_json_as_text(table, rows)) for table, rows in new]
        tables = tuple(table for table, _ in new)
        await self._connection.execute(writing(tables, with_changes=bool(changes)), *values)

    async def unclaim(self, event_ids: Sequence[str]) -> None:
        await self._connection.execute(UNCLAIM, event_ids)


class PostgresStore:
    """The connection is taken from the pool with the first batch, and again when it was lost."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._taken: PoolProxiedConnection | None = None
        self._has_begun = False

    async def transaction(
        self, work: Callable[[Unit], Awaitable[Result]], *, goes_on: Callable[[], bool]
    ) -> Result:
        try:
            connection = await self._begun()
        except Exception as error:  # the pool lets out what SQLAlchemy's own wrapper of asyncpg raises, too
            raise StoreUnavailable from error
        try:
            self._has_begun = False
            result = await work(PostgresUnit(connection))
            goes_on_at_once = goes_on()
            await connection.execute(f"COMMIT; {BEGIN}" if goes_on_at_once else "COMMIT")
            self._has_begun = goes_on_at_once
        except Exception as error:
            await self._undo(connection)
            if isinstance(error, _DRIVERS) and not isinstance(error, _ONE_BY_ONE):
                raise StoreUnavailable from error
            raise BatchRefused from error
        except BaseException:
            await self.close()
            raise
        return result

    async def close(self) -> None:
        taken, self._taken, self._has_begun = self._taken, None, False
        if taken is not None:
            taken.invalidate()

    async def _begun(self) -> Driver:
        """In a transaction. A server that was started again has closed the connection without a word."""
        connection = await self._connected()
        if self._has_begun:
            return connection
        try:
            await connection.execute(BEGIN)
        except _GONE:
            await self.close()
            connection = await self._connected()
            await connection.execute(BEGIN)
        return connection

    async def _connected(self) -> Driver:
        if self._taken is not None:
            held = cast(Driver, self._taken.driver_connection)
            if not held.is_closed():
                return held
            await self.close()
        self._taken = await self._database.writer.raw_connection()
        return cast(Driver, self._taken.driver_connection)

    async def _undo(self, connection: Driver) -> None:
        """What cannot be rolled back is given up, and with it the server's side of it."""
        try:
            await connection.execute("ROLLBACK")
        except _DRIVERS:
            await self.close()


_ONE_BY_ONE = (
    asyncpg.IntegrityConstraintViolationError,
    asyncpg.DataError,
    asyncpg.LockNotAvailableError,
    asyncpg.DeadlockDetectedError,
)


def _events(deliveries: Sequence[Delivery]) -> tuple[str, list[str]]:
    """The events as JSON, without their payloads, and those."""
    events: list[Row] = [
        {
            "place": place,
            "id": each.event.id,
            "type": each.event.type,
            "api_version": each.event.api_version,
            "livemode": each.event.livemode,
            "created": each.event.created,
            "customer": each.customer,
        }
        for place, each in enumerate(deliveries, 1)
    ]
    return _records(events), [each.text for each in deliveries]


def _workspace(values: list[Any]) -> WorkspaceRow:
    values[_STATUS] = STATUSES[values[_STATUS]]
    return WorkspaceRow(*values)


_STATUS = WORKSPACE_COLUMNS.index("subscription_status")


def _records(rows: Sequence[Row]) -> str:
    """Rows as `_new` takes them apart again."""
    return orjson.dumps(rows).decode()


def _with_json_as_text(table: NewRows, rows: Sequence[Row]) -> Sequence[Row]:
    """What it is to be stored as, to the letter."""
    names = [table.columns[at] for at in table.json]
    return [row | {name: json_text(row[name]) for name in names if row[name] is not None} for row in rows]


@cache
def writing(tables: tuple[NewRows, ...], *, with_changes: bool) -> str:
    """One statement, and so one round trip, for all that a batch writes. It sets every column, those that do
    not change to what was read under the lock: else each mixture of columns would be a statement to plan."""
    parts = [_UPDATE] if with_changes else []
    parts += [_insert(table, place) for place, table in enumerate(tables, len(parts) + 1)]
    *before, last = parts
    if not before:
        return last
    return f"WITH {', '.join(f'part{at} AS ({part})' for at, part in enumerate(before))} {last}"


def _new(table: NewRows, place: int) -> str:
    """The rows of `_records`, which is the value at that place."""
    columns = ", ".join(f'"{name}" {_type(table, name)}' for name in table.columns)
    return f"json_to_recordset(${place}) AS new({columns})"


def _type(table: NewRows, column: str) -> str:
    type_ = table.types[column]
    return "text" if isinstance(type_, JSON) else type_.compile(_DIALECT)


def _insert(table: NewRows, place: int) -> str:
    columns = ", ".join(f'"{name}"' for name in table.columns)
    values = ", ".join(
        f'new."{name}"::json' if isinstance(table.types[name], JSON) else f'new."{name}"'
        for name in table.columns
    )
    rows = f"SELECT {values} FROM {_new(table, place)}"
    return f"INSERT INTO {table.name} ({columns}) {rows} ON CONFLICT DO NOTHING"


_DIALECT = postgresql.dialect()
_NEW_INVOICES = f"{_insert(INVOICES, 1)} RETURNING id"
_UPDATE = (
    f"UPDATE workspaces SET {', '.join(f'{name} = new.{name}' for name in WORKSPACE_COLUMNS[1:])}"
    f" FROM {_new(WORKSPACES, 1)} WHERE workspaces.id = new.id"
)
