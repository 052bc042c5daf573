"""The schema that migrations make is the models' schema, on both databases."""

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.engine import make_url

from sentineliq import db, migrations


async def run_on(url: str, statement: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


@pytest.fixture(params=["sqlite", "postgres"])
def empty_database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/empty.db"
        return
    server = request.getfixturevalue("postgres_server")
    name = f"empty_{uuid4().hex[:8]}"
    asyncio.run(run_on(server, f"CREATE DATABASE {name}"))
    yield make_url(server).set(database=name).render_as_string(hide_password=False)
    asyncio.run(run_on(server, f"DROP DATABASE {name} WITH (FORCE)"))


async def test_an_empty_database_becomes_what_the_models_say(empty_database_url: str) -> None:
    assert await migrations.differences(empty_database_url) != []
    assert await migrations.upgrade(empty_database_url) is True
    assert await migrations.differences(empty_database_url) == []
    assert await migrations.upgrade(empty_database_url) is False


async def test_machines_that_start_together_upgrade_once(empty_database_url: str) -> None:
    outcomes = await asyncio.gather(*(migrations.upgrade(empty_database_url) for _ in range(3)))
    assert sorted(outcomes) == [False, False, True]


async def test_whoever_has_a_new_sqlite_file_is_waited_for(tmp_path: Path) -> None:
    """Two that start together: SQLite itself would refuse the second at once."""
    path = tmp_path / "new.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        asyncio.get_running_loop().call_later(0.2, other.execute, "COMMIT")
        assert await migrations.upgrade(f"sqlite:///{path}") is True


async def test_a_schema_that_was_changed_by_hand_is_told(empty_database_url: str) -> None:
    await migrations.upgrade(empty_database_url)
    database = db.connect(empty_database_url)
    async with database.writer.begin() as connection:
        await connection.execute(text("ALTER TABLE users ADD COLUMN nickname VARCHAR(20)"))
        await connection.execute(text("DROP TABLE mail_outbox"))
    await database.dispose()
    told = "\n".join(await migrations.differences(empty_database_url))
    assert "nickname" in told
    assert "mail_outbox" in told


async def test_readiness_knows_the_newest_revision(empty_database_url: str) -> None:
    await migrations.upgrade(empty_database_url)
    database = db.connect(empty_database_url)
    async with database.writer.begin() as connection:
        assert await migrations.is_current(connection)
        await connection.execute(text("UPDATE alembic_version SET version_num = 'older'"))
        assert not await migrations.is_current(connection)
    await database.dispose()


async def test_rows_of_before_survive_an_upgrade(empty_database_url: str) -> None:
    await migrations.upgrade(empty_database_url, "0001")
    database = db.connect(empty_database_url)
    async with database.writer.begin() as connection:
        columns, values = "id, name, created_at, locale, credits", "'w', 'Acme', :now, 'en', 3"
        insert = text(f"INSERT INTO workspaces ({columns}) VALUES ({values})")
        await connection.execute(insert.bindparams(now=db.now()))
    await database.dispose()
    assert await migrations.upgrade(empty_database_url) is True
    assert await migrations.differences(empty_database_url) == []
    async with database.reader.connect() as connection:
        row = (await connection.execute(text("SELECT credits, is_discounted FROM workspaces"))).one()
    await database.dispose()
    assert (row[0], bool(row[1])) == (3, False)
