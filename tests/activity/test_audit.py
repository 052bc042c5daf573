from datetime import UTC, datetime

import pytest

from sentineliq import db
from sentineliq.activity import audit
from sentineliq.activity.models import AuditAction
from sentineliq.workspaces.models import SubscriptionStatus
from tests.factories import make_workspace


async def test_newest_entry_comes_first_and_only_the_workspaces_own(database: db.Database) -> None:
    ours, theirs = await make_workspace(), await make_workspace()
    async with db.transaction() as session:
        for workspace, balance in ((ours, 10), (theirs, 99), (ours, 20)):
            audit.record(
                session,
                workspace_id=workspace.id,
                actor="stripe",
                action=AuditAction.CREDITS_CHANGED,
                before={"credits": balance - 10},
                after={"credits": balance},
                event_id=f"evt_{balance}",
            )
    async with db.reading() as session:
        entries = await audit.list_entries(session, workspace_id=ours.id, limit=2)
    assert [entry.after for entry in entries] == [{"credits": 20}, {"credits": 10}]
    assert [entry.event_id for entry in entries] == ["evt_20", "evt_10"]


async def test_times_and_statuses_are_stored_as_text(database: db.Database) -> None:
    workspace = await make_workspace()
    after = {"at": datetime(2026, 1, 2, tzinfo=UTC), "status": SubscriptionStatus.ACTIVE, "credits": None}
    async with db.transaction() as session:
        audit.record(
            session, workspace_id=workspace.id, actor="stripe", action=AuditAction.STATUS_CHANGED, after=after
        )
    async with db.reading() as session:
        [entry, *_] = await audit.list_entries(session, workspace_id=workspace.id)
    assert entry.after == {"at": "2026-01-02T00:00:00Z", "status": "active", "credits": None}
    assert entry.before is None


async def test_entry_vanishes_with_its_transaction(database: db.Database) -> None:
    workspace = await make_workspace()
    with pytest.raises(ZeroDivisionError):
        async with db.transaction() as session:
            audit.record(
                session, workspace_id=workspace.id, actor="system", action=AuditAction.PLAN_CHANGED, after={}
            )
            await session.flush()
            raise ZeroDivisionError
    async with db.reading() as session:
        entries = await audit.list_entries(session, workspace_id=workspace.id)
    assert [entry.action for entry in entries] == [AuditAction.WORKSPACE_CREATED]
