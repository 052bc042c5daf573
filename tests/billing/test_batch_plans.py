"""A batch finds everything by a key, however much is stored: the databases' own plans are read."""

from contextlib import closing
from sqlite3 import connect

import asyncpg
import pytest

from sentineliq import db
from sentineliq.billing.batches import postgres, sqlite
from sentineliq.billing.batches.store import AUDIT, MAILS
from sentineliq.workspaces.models import Workspace


@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
async def test_a_claim_finds_everything_by_a_key_however_many_workspaces_there_are(
    database: db.Database,
) -> None:
    """And so does what is written in the end."""
    async with db.transaction() as session:
        session.add_all(Workspace(name="Acme", stripe_customer_id=f"cus_{number}") for number in range(300))
    write = postgres.writing((AUDIT, MAILS), with_changes=True)
    connection = await asyncpg.connect(database.url.render_as_string(hide_password=False))
    try:
        await connection.execute("ANALYZE workspaces")
        await connection.execute(postgres.BEGIN)
        plan = await connection.fetch(f"EXPLAIN {postgres.CLAIM}", "[]", [], db.now())
        plan += await connection.fetch(f"EXPLAIN {write}", "[]", "[]", "[]")
    finally:
        await connection.close()
    steps = "\n".join(row[0] for row in plan)
    assert "Index Scan using uq_workspaces_stripe_customer_id" in steps
    assert steps.count("Index Scan using pk_workspaces") == 2
    assert not [step for step in ("Seq Scan", "Hash Join", "Merge Join") if step in steps], steps


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    "statement",
    [sqlite.CLAIM, sqlite.SETTLED_AMONG, sqlite.LOCK, sqlite.MEMBERS_AMONG, sqlite.UNCLAIM],
    ids=["claim", "settled", "lock", "members", "unclaim"],
)
async def test_each_table_is_searched_by_a_unique_key_however_much_is_stored(
    database: db.Database, statement: str
) -> None:
    """A duplicate was once looked for among all settled events, by the index of their status."""
    with closing(connect(database.url.database or "")) as connection:
        plan = connection.execute(f"EXPLAIN QUERY PLAN {statement}", [""] * statement.count("?")).fetchall()
    steps = [step for *_, step in plan if "json_each" not in step and "SUBQUERY" not in step]
    assert steps
    assert not [step for step in steps if "sqlite_autoindex" not in step], steps
