"""There is no room left: the delivery is refused whole, and works once there is room again.

SQLite is full by its own limit of pages, and by the kernel's limit of a file's size, which the log of
writes meets first. PostgreSQL meets the kernel's limit when it extends a table; filling a real disk would
take a file system of our own, which a test may not mount.
"""

import resource
from collections.abc import AsyncIterator
from contextlib import ExitStack
from pathlib import Path

import asyncpg
import httpx
import pytest

from sentineliq import db
from tests.conftest import create_schema
from tests.crashes import burst as bursts
from tests.crashes.conftest import Burst, assert_kept, assert_whole
from tests.crashes.postgres import OwnPostgres, files_up_to, own_postgres
from tests.crashes.process import Stripe, WebhookProcess, signed
from tests.history.courier import webhook_client

ENDLESS = resource.RLIM_INFINITY
SEGMENT = 16 * 1024 * 1024
"""A file of PostgreSQL's log: a smaller limit would stop the server instead of a table."""


async def answers_to(burst: Burst) -> list[int]:
    async with webhook_client() as http:
        return [await _answer(http, event) for event in burst.events]


async def _answer(http: httpx.AsyncClient, event: bursts.Event) -> int:
    body, headers = signed(event)
    return (await http.post("/webhooks/stripe", content=body, headers=headers)).status_code


async def assert_same(burst: Burst) -> None:
    held = await bursts.facts()
    held = bursts.Facts({fact: times for fact, times in held.items() if "filler" not in fact})
    assert held - burst.whole == burst.whole - held == bursts.Facts()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_full_sqlite_refuses_whole_deliveries(burst: Burst, database_url: str) -> None:
    db.configure(database_url)
    await bursts.open_workspaces()
    async with db.database().writer.connect() as connection:
        pages = (await connection.exec_driver_sql("PRAGMA page_count")).scalar_one()
        await connection.exec_driver_sql(f"PRAGMA max_page_count={pages + 8}")
    answers = await answers_to(burst)
    assert set(answers) == {200, 503}
    assert bursts.half_done(await bursts.facts(), burst.whole, burst.events) == []
    async with db.database().writer.connect() as connection:
        await connection.exec_driver_sql("PRAGMA max_page_count=1000000")
    assert set(await answers_to(burst)) == {200}
    await assert_same(burst)
    await db.dispose()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_sqlite_whose_files_may_not_grow_refuses_whole_deliveries(
    webhook: WebhookProcess, burst: Burst
) -> None:
    stripe = Stripe(webhook.url)
    database = Path(webhook.database_url.removeprefix("sqlite:///"))
    room = max(database.with_name(f"{database.name}-wal").stat().st_size, 0) + 200_000
    resource.prlimit(webhook.pid, resource.RLIMIT_FSIZE, (room, ENDLESS))
    await stripe.deliver(burst.events)
    assert set(stripe.answers) == {200, 503}
    await assert_kept(stripe, burst)
    resource.prlimit(webhook.pid, resource.RLIMIT_FSIZE, (ENDLESS, ENDLESS))
    await assert_whole(stripe, burst)


@pytest.fixture
async def full_postgres(burst: Burst) -> AsyncIterator[OwnPostgres]:
    """Its table of events is filled up to the last row that fits."""
    with ExitStack() as stack:
        with files_up_to(SEGMENT):
            postgres = stack.enter_context(own_postgres())
        await create_schema(postgres.url)
        db.configure(postgres.url)
        await bursts.open_workspaces()
        await _fill(postgres.url)
        yield postgres
        await db.dispose()


async def _fill(url: str) -> None:
    connection = await asyncpg.connect(url)
    filler = (
        "INSERT INTO webhook_events (id, type, status, livemode, received_at, attempts, payload)"
        " SELECT gen_random_uuid()::text, 'filler', 'ignored', false, now(), 1,"
        " (SELECT string_agg(md5(n::text || m::text), '') FROM generate_series(1, 50) AS m)"
        " FROM generate_series(1, $1::int) AS n"
    )
    for rows in (1000, 50, 1):
        with pytest.raises(asyncpg.PostgresError, match="File too large"):
            while True:
                await connection.execute(filler, rows)
    await connection.close()


async def test_postgres_whose_table_may_not_grow_refuses_whole_deliveries(
    full_postgres: OwnPostgres, burst: Burst
) -> None:
    answers = await answers_to(burst)
    assert 503 in answers
    assert set(answers) <= {200, 503}
    assert bursts.half_done(await bursts.facts(), burst.whole, burst.events) == []
    full_postgres.crash()
    full_postgres.start()
    assert set(await answers_to(burst)) == {200}
    await assert_same(burst)
