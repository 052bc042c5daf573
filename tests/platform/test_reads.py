"""Short reads: the same answers, however they are asked."""

import asyncio

import pytest
from sqlalchemy import bindparam, select, text, update
from sqlalchemy.exc import OperationalError
from sqlmodel import col

from sentineliq import db, reads
from sentineliq.workspaces.models import Workspace
from tests.factories import make_workspace

_BY_NAME = select(col(Workspace.id), col(Workspace.credits)).where(col(Workspace.name) == bindparam("name"))


async def test_a_read_sees_what_is_committed(database: db.Database) -> None:
    workspace = await make_workspace(name="Acme")
    assert [tuple(row) for row in await reads.rows(_BY_NAME, {"name": "Acme"})] == [(workspace.id, 0)]
    async with db.transaction() as session:
        await session.exec(update(Workspace).values(credits=7))
    [row] = await reads.rows(_BY_NAME, {"name": "Acme"})
    assert row.credits == 7
    assert await reads.rows(_BY_NAME, {"name": "another"}) == []


async def test_a_read_waits_for_no_writer(database: db.Database) -> None:
    await make_workspace(name="Acme")
    async with db.transaction() as session:
        await session.exec(update(Workspace).values(credits=7))
        [row] = await reads.rows(_BY_NAME, {"name": "Acme"})
        assert row.credits == 0


@pytest.fixture
def asked_elsewhere(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """The reads that turned out not to be short."""
    asked: list[object] = []
    search = reads.search

    async def noted(statement: object, values: object) -> object:
        asked.append(statement)
        return await search(statement, values)  # pyright: ignore[reportArgumentType]

    monkeypatch.setattr(reads, "search", noted)
    return asked


async def test_what_is_not_short_is_broken_off_and_asked_elsewhere(
    database: db.Database, monkeypatch: pytest.MonkeyPatch, asked_elsewhere: list[object]
) -> None:
    monkeypatch.setattr(reads, "STEPS", 5)
    workspaces = [await make_workspace(name="Acme") for _ in range(3)]
    rows = await reads.rows(_BY_NAME, {"name": "Acme"})
    assert {row.id for row in rows} == {workspace.id for workspace in workspaces}
    assert bool(asked_elsewhere) is database.is_sqlite
    await _rename_all("Another")
    assert len(await reads.rows(_BY_NAME, {"name": "Another"})) == 3


async def _rename_all(name: str) -> None:
    async with db.transaction() as session:
        await session.exec(update(Workspace).values(name=name))


async def test_a_short_read_stays_one_however_often_it_is_asked(
    database: db.Database, monkeypatch: pytest.MonkeyPatch, asked_elsewhere: list[object]
) -> None:
    monkeypatch.setattr(reads, "STEPS", 1000)
    await make_workspace(name="Acme")
    for _ in range(200):
        assert await reads.rows(_BY_NAME, {"name": "Acme"})
    assert not asked_elsewhere


@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
async def test_connections_that_the_server_has_closed_are_replaced(database: db.Database) -> None:
    workspace = await make_workspace(name="Acme")
    await asyncio.gather(*(reads.rows(_BY_NAME, {"name": "Acme"}) for _ in range(reads.CONNECTIONS)))
    async with db.transaction() as session:
        await session.exec(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        )
    found = [await reads.rows(_BY_NAME, {"name": "Acme"}) for _ in range(reads.CONNECTIONS)]
    assert [[row.id for row in rows] for rows in found] == [[workspace.id]] * reads.CONNECTIONS


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # PostgreSQL's are as all others
async def test_a_short_read_changes_nothing(database: db.Database) -> None:
    await make_workspace(name="Acme")
    inline = reads._short().inline
    assert inline
    with pytest.raises(OperationalError, match="readonly"):
        inline.ask(update(Workspace).values(credits=7), {})


async def test_another_database_is_asked_after_the_first_is_closed(database: db.Database) -> None:
    await make_workspace(name="Acme")
    assert await reads.rows(_BY_NAME, {"name": "Acme"})
    assert database.closing
    await db.dispose()
    assert not database.closing
    assert await reads.rows(_BY_NAME, {"name": "Acme"})
