"""Spending by key: once, for one amount, and never again once given back."""

import pytest
from sqlmodel import col, select

from sentineliq import db
from sentineliq.activity.models import AuditAction, AuditEntry
from sentineliq.billing.credits import (
    Movement,
    NotEnoughCredits,
    SpendKeyUsed,
    book,
    refund_spend,
    settle_refund,
    spend_credits,
)
from sentineliq.billing.models import Checkout, CreditEntry, Refund
from sentineliq.workspaces.models import Workspace
from tests.factories import make_workspace


async def funded() -> Workspace:
    workspace = await make_workspace()
    async with db.transaction() as session:
        locked = await session.get_one(Workspace, workspace.id)
        movement = Movement(amount=10, source="checkout_session:cs_1", description="Bought", actor="stripe")
        await book(session, locked, movement)
    return workspace


async def entries() -> list[int]:
    async with db.reading() as session:
        return list((await session.exec(select(CreditEntry.amount).order_by(col(CreditEntry.id)))).all())


async def test_the_same_spend_again_changes_nothing_also_when_little_is_left(database: db.Database) -> None:
    workspace = await funded()
    for _ in range(2):
        assert await spend_credits(workspace_id=workspace.id, amount=7, key="scan:1") == 3
    assert await entries() == [10, -7]


async def test_a_key_spent_for_another_amount_is_refused_and_changes_nothing(database: db.Database) -> None:
    workspace = await funded()
    await spend_credits(workspace_id=workspace.id, amount=2, key="scan:1")
    for amount in (1, 3, 50):
        with pytest.raises(SpendKeyUsed):
            await spend_credits(workspace_id=workspace.id, amount=amount, key="scan:1")
    assert await entries() == [10, -2]


async def test_what_was_given_back_cannot_be_had_for_nothing(database: db.Database) -> None:
    workspace = await funded()
    await spend_credits(workspace_id=workspace.id, amount=2, key="scan:1")
    for _ in range(2):
        assert await refund_spend(workspace_id=workspace.id, key="scan:1") == 10
    with pytest.raises(SpendKeyUsed):
        await spend_credits(workspace_id=workspace.id, amount=2, key="scan:1")
    assert await spend_credits(workspace_id=workspace.id, amount=2, key="scan:1:again") == 8
    assert await entries() == [10, -2, 2, -2]


async def test_a_key_of_one_workspace_is_free_in_another(database: db.Database) -> None:
    workspace, other = await funded(), await make_workspace()
    await spend_credits(workspace_id=workspace.id, amount=2, key="scan:1")
    with pytest.raises(NotEnoughCredits):
        await spend_credits(workspace_id=other.id, amount=2, key="scan:1")


async def test_the_shortfall_of_a_refund_is_in_the_audit_log(database: db.Database) -> None:
    workspace = await funded()
    await spend_credits(workspace_id=workspace.id, amount=7, key="scan:1")
    refund = {"charge_id": "ch_1", "payment_intent": "pi_1", "currency": "usd", "amount": 999}
    async with db.transaction() as session:
        locked = await session.get_one(Workspace, workspace.id)
        session.add(
            Checkout(session_id="cs_1", workspace_id=workspace.id, plan_id="credits10", payment_intent="pi_1")
        )
        session.add(Refund(workspace_id=workspace.id, amount_refunded=999, **refund))
        await session.flush()
        for _ in range(2):
            await settle_refund(session, locked, "pi_1", actor="stripe", event_id="evt_1")
    assert await entries() == [10, -7, -3]
    async with db.reading() as session:
        changed = select(AuditEntry).where(AuditEntry.action == AuditAction.CREDITS_CHANGED)
        row = (await session.exec(changed.order_by(col(AuditEntry.id).desc()))).first()
    assert row is not None
    assert (row.before, row.after) == (
        {"credits": 3},
        {"credits": 0, "source": "refund:ch_1:999", "shortfall": 7},
    )
