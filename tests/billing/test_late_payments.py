"""Paid at Stripe, then the workspace is deleted before the webhook tells: the money goes back, once."""

import asyncio
from typing import Any

import pytest
from sqlmodel import col, select

from sentineliq import db
from sentineliq.activity.models import AuditAction, AuditEntry
from sentineliq.billing import late_payments, operations, ownership
from sentineliq.billing.models import Job
from sentineliq.billing.processor import PaymentProcessorUnavailable
from sentineliq.billing.reconcile import reconcile_workspace
from sentineliq.billing.stripe.payment_processor import StripePaymentProcessor
from sentineliq.workspaces.members import Member
from sentineliq.workspaces.models import SubscriptionStatus
from tests.billing.shop import Shop, new_owner, record_of

COMPLETED = "checkout.session.completed"


async def refunds(shop: Shop) -> list[tuple[str, int]]:
    return [(each["charge"], each["amount"]) for each in await shop.engine.list_documents("refund")]


async def asked_for(owner: Member) -> list[dict[str, Any] | None]:
    asked = select(AuditEntry).where(
        AuditEntry.workspace_id == owner.workspace_id, AuditEntry.action == AuditAction.REFUND_REQUESTED
    )
    async with db.reading() as session:
        return [each.after for each in (await session.exec(asked)).all()]


async def unfinished() -> list[str]:
    noted = select(Job.name).where(
        col(Job.name).startswith(late_payments.REFUND_JOB), col(Job.finished_at).is_(None)
    )
    async with db.reading() as session:
        return list((await session.exec(noted)).all())


async def paid_unheard(shop: Shop, plan_id: str) -> Member:
    """Paid just before the workspace was deleted, heard of just after."""
    owner = await new_owner()
    session = await operations.generate_checkout_session(member=owner, plan_id=plan_id)
    shop.deaf = True
    await shop.pay(session.id)
    await ownership.delete_workspace(member=owner, typed_name="Acme")
    await hear(shop)
    return owner


async def hear(shop: Shop) -> None:
    before = shop.taken.count(COMPLETED)
    shop.deaf = False
    for event in await shop.engine.events(limit=200):
        await shop.engine.resend(event.event["id"])
    await shop.landed(COMPLETED, before + 1)


@pytest.mark.parametrize("plan_id", ["credits10", "hobby"])
async def test_what_was_paid_for_a_workspace_that_is_gone_goes_back_once(shop: Shop, plan_id: str) -> None:
    owner = await paid_unheard(shop, plan_id)
    await ownership.settle_leftovers()
    await asyncio.gather(*(late_payments.refund_noted() for _ in range(3)))
    await late_payments.refund_noted()
    await shop.landed("charge.refunded")
    [charge] = await shop.engine.list_documents("charge")
    assert await refunds(shop) == [(charge["id"], 999)]
    [asked] = await asked_for(owner)
    assert asked is not None
    assert (asked["charge"], asked["amount"], asked["note"]) == (charge["id"], 999, late_payments.WHY)
    assert await unfinished() == []
    assert (await record_of(owner)).credits == 0
    running = [one for one in await shop.engine.list_documents("subscription") if one["status"] != "canceled"]
    assert running == []


@pytest.mark.parametrize("is_done", [True, False])
async def test_a_refund_whose_answer_is_lost_is_neither_made_nor_audited_twice(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, is_done: bool
) -> None:
    owner = await paid_unheard(shop, "credits10")
    refund = StripePaymentProcessor.refund

    async def unheard(self: StripePaymentProcessor, charge_id: str, **of: Any) -> None:
        if is_done:
            await refund(self, charge_id, **of)
        raise PaymentProcessorUnavailable

    with monkeypatch.context() as lost:
        lost.setattr(StripePaymentProcessor, "refund", unheard)
        await late_payments.refund_noted()
    assert len(await unfinished()) == 1
    await late_payments.refund_noted()
    assert (len(await refunds(shop)), len(await asked_for(owner)), await unfinished()) == (1, 1, [])


@pytest.mark.parametrize("plan_id", ["credits10", "hobby"])
async def test_a_bank_debit_that_arrives_after_the_workspace_is_gone_goes_back(
    shop: Shop, plan_id: str
) -> None:
    owner = await new_owner()
    session = await operations.generate_checkout_session(member=owner, plan_id=plan_id)
    shop.deaf = plan_id == "hobby"
    await shop.engine.complete_checkout_by_bank(
        session.id, email="owner@example.com", name="Jenny Rosen", country="US"
    )
    if not shop.deaf:
        await shop.landed(COMPLETED)
    await ownership.delete_workspace(member=owner, typed_name="Acme")
    await hear(shop)
    await late_payments.refund_noted()
    assert await refunds(shop) == []
    [charge] = await shop.engine.list_documents("charge")
    await shop.engine.settle_payment(charge["id"])
    await shop.landed("checkout.session.async_payment_succeeded")
    await late_payments.refund_noted()
    assert await refunds(shop) == [(charge["id"], 999)]
    assert await unfinished() == []


async def test_a_bank_debit_that_fails_leaves_nothing_to_send_back(shop: Shop) -> None:
    owner = await new_owner()
    session = await operations.generate_checkout_session(member=owner, plan_id="hobby")
    shop.deaf = True
    await shop.engine.complete_checkout_by_bank(
        session.id, email="owner@example.com", name="Jenny Rosen", country="US"
    )
    await ownership.delete_workspace(member=owner, typed_name="Acme")
    await hear(shop)
    [charge] = await shop.engine.list_documents("charge")
    await shop.engine.fail_payment(charge["id"])
    await late_payments.refund_noted()
    assert (await refunds(shop), await asked_for(owner), await unfinished()) == ([], [], [])


async def test_a_trial_had_no_payment_to_send_back(shop: Shop) -> None:
    owner = await paid_unheard(shop, "pro")
    await ownership.settle_leftovers()
    await late_payments.refund_noted()
    assert (await refunds(shop), await asked_for(owner), await unfinished()) == ([], [], [])


@pytest.mark.parametrize("plan_id", ["credits10", "hobby"])
async def test_what_was_there_before_the_deletion_is_not_refunded_by_itself(shop: Shop, plan_id: str) -> None:
    owner = await new_owner()
    session = await operations.generate_checkout_session(member=owner, plan_id=plan_id)
    await shop.pay(session.id)
    await shop.landed(COMPLETED)
    await shop.landed("invoice.paid")
    await ownership.delete_workspace(member=owner, typed_name="Acme")
    await hear(shop)
    await reconcile_workspace(owner.workspace_id)
    async with db.reading() as reading:
        jobs = (await reading.exec(select(Job.name).where(col(Job.name).startswith("refund:")))).all()
    assert list(jobs) == []
    assert (await record_of(owner)).subscription_status in (None, SubscriptionStatus.DELETED)
