"""Somebody holds a lock and does not let go: the delivery gives up in time, whole, and works later."""

import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager

import asyncpg
import httpx
import pytest
from structlog.testing import capture_logs

from sentineliq import db
from tests.crashes import burst as bursts
from tests.crashes.conftest import Burst
from tests.crashes.process import PATIENCE, signed
from tests.history.courier import webhook_client

SHORT = db.Patience(lock=0.2, statement=0.5)
HOLDER = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN IMMEDIATE")
print("held", flush=True)
sys.stdin.read()
"""


@pytest.fixture
async def http(burst: Burst, database_url: str) -> AsyncIterator[httpx.AsyncClient]:
    db.configure(database_url, patience=SHORT)
    await bursts.open_workspaces()
    async with webhook_client() as http:
        yield http
    await db.dispose()


@contextmanager
def locked_sqlite(path: str) -> Iterator[None]:
    """Another process has begun to write and does not end."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        yield
        holder.kill()


@asynccontextmanager
async def locked(statement: str) -> AsyncIterator[None]:
    """Another connection holds what the statement locks; on SQLite there is but one lock."""
    url = db.database().url
    with ExitStack() as stack:
        if db.database().is_sqlite:
            stack.enter_context(locked_sqlite(url.database or ""))
            yield
            return
        connection = await asyncpg.connect(url.render_as_string(hide_password=False))
        try:
            async with connection.transaction():
                await connection.execute(statement)
                yield
        finally:
            await connection.close()


def sale(burst: Burst) -> bursts.Event:
    """One that writes to almost every table."""
    return next(event for event in burst.events if event["id"] == "evt_cus_1_sold1")


async def administer(statement: str) -> None:
    connection = await asyncpg.connect(db.database().url.render_as_string(hide_password=False))
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


async def refused_then_taken(http: httpx.AsyncClient, burst: Burst, lock: str) -> str:
    """The name of the error that was logged while the lock was held."""
    event = sale(burst)
    body, headers = signed(event)
    before = await bursts.facts()
    async with locked(lock):
        with capture_logs() as logs:
            answer = await http.post("/webhooks/stripe", content=body, headers=headers)
        assert answer.status_code == 503
    assert await bursts.facts() == before
    assert (await http.post("/webhooks/stripe", content=body, headers=headers)).status_code == 200
    held = await bursts.facts()
    assert bursts.half_done(held, burst.whole, burst.events) == []
    assert len(bursts.by_event(held, burst.events)) == 1
    [line] = logs
    assert (line["event"], line["event_id"]) == ("webhook_database_unavailable", event["id"])
    assert "example.com" not in str(line)
    return line["error"]


@pytest.mark.parametrize(
    "lock",
    [
        "SELECT 1 FROM workspaces FOR UPDATE",
        "LOCK TABLE webhook_events IN ACCESS EXCLUSIVE MODE",
        "LOCK TABLE mail_outbox IN SHARE MODE",
    ],
)
async def test_lock_that_is_held_too_long_gets_503_and_leaves_nothing(
    http: httpx.AsyncClient, burst: Burst, lock: str
) -> None:
    error = await refused_then_taken(http, burst, lock)
    assert error == ("SQLITE_BUSY" if db.database().is_sqlite else "LockNotAvailableError")


@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
async def test_statement_that_takes_too_long_gets_503_and_leaves_nothing(
    http: httpx.AsyncClient, burst: Burst
) -> None:
    slow = (
        "CREATE FUNCTION doze() RETURNS trigger AS $$ BEGIN PERFORM pg_sleep(60); RETURN NEW; END $$"
        " LANGUAGE plpgsql;"
        "CREATE TRIGGER doze BEFORE INSERT ON credit_entries FOR EACH ROW EXECUTE FUNCTION doze()"
    )
    await administer(slow)
    body, headers = signed(sale(burst))
    before = await bursts.facts()
    assert (await http.post("/webhooks/stripe", content=body, headers=headers)).status_code == 503
    assert await bursts.facts() == before
    await administer("DROP TRIGGER doze ON credit_entries")
    assert (await http.post("/webhooks/stripe", content=body, headers=headers)).status_code == 200


@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
async def test_silent_transaction_gives_up_its_locks(burst: Burst, database_url: str) -> None:
    """A machine that vanishes in the middle of a transaction does not lock its workspace for ever."""
    # idle: long enough that a busy machine does not end the delivery's own transaction too
    db.configure(database_url, patience=db.Patience(lock=PATIENCE, statement=PATIENCE, idle=3))
    await bursts.open_workspaces()
    body, headers = signed(sale(burst))
    connection = await db.database().writer.connect()
    await connection.exec_driver_sql("SELECT 1 FROM workspaces FOR UPDATE")
    async with webhook_client() as http:
        assert (await http.post("/webhooks/stripe", content=body, headers=headers)).status_code == 200
    await connection.invalidate()
    await connection.close()
    await db.dispose()
