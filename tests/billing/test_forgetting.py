"""Payloads are dropped after a while, and found among any number of events that have lost theirs."""

from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlmodel import select

from sentineliq import db
from sentineliq.billing import parked
from sentineliq.billing.models import SETTLED, EventStatus, WebhookEvent


async def test_old_payloads_go_and_their_ids_stay(
    database: db.Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What may still be taken keeps its payload longer, yet not for ever."""
    long_ago = db.now() - timedelta(days=31)
    async with db.transaction() as session:
        for name, status, received in (
            ("evt_old", EventStatus.PROCESSED, long_ago),
            ("evt_new", EventStatus.PROCESSED, db.now()),
            ("evt_parked", EventStatus.UNMATCHED, long_ago),
            ("evt_failed", EventStatus.FAILED, long_ago),
            ("evt_given_up", EventStatus.UNMATCHED, db.now() - timedelta(days=91)),
        ):
            session.add(
                WebhookEvent(id=name, type="invoice.paid", status=status, received_at=received, payload="{}")
            )
    monkeypatch.setattr(parked, "BATCH", 1)
    assert await parked.forget_old_payloads() == 2
    async with db.reading() as session:
        kept = dict((await session.exec(select(WebhookEvent.id, WebhookEvent.payload))).all())
    assert kept == {
        "evt_old": None,
        "evt_new": "{}",
        "evt_parked": "{}",
        "evt_failed": "{}",
        "evt_given_up": None,
    }


async def test_old_payloads_are_found_by_their_own_index(database: db.Database) -> None:
    """All settled events were once gone through every hour, on SQLite while deliveries waited."""
    forgetting = parked._forgetting(SETTLED, older_than=db.now())
    told = forgetting.compile(dialect=database.writer.dialect, compile_kwargs={"literal_binds": True})
    explain = "EXPLAIN QUERY PLAN" if database.is_sqlite else "EXPLAIN"
    async with database.writer.begin() as connection:
        if not database.is_sqlite:
            await connection.execute(text("SET LOCAL enable_seqscan = off"))  # there are no rows yet
        plan = (await connection.exec_driver_sql(f"{explain} {told}")).all()
    steps = "\n".join(str(row[-1]) for row in plan)
    by_id = (
        "sqlite_autoindex_webhook_events_1 (id=?)" if database.is_sqlite else "Scan using pk_webhook_events"
    )
    assert "ix_webhook_events_kept" in steps
    assert by_id in steps, steps
