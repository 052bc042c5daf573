"""A refund whose event is lost for good, past the days that Stripe lists events for."""

from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import select

from sentineliq import db
from sentineliq.activity.models import AuditAction, AuditEntry
from sentineliq.billing import catch_up, reconcile
from sentineliq.billing.models import Refund
from sentineliq.mail.models import MailKind, OutboxMail
from sentineliq.workspaces.members import Member
from sentineliq.workspaces.models import Workspace
from tests.billing.shop import record_of
from tests.races.conftest import Till


@pytest.fixture(autouse=True)
def _told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every refund's event had its time."""
    monkeypatch.setattr(reconcile, "REFUND_IS_TOLD", timedelta(seconds=-10))


async def bought(till: Till, owner: Member) -> Any:
    """The charge of ten credits, all told."""
    customer = await till.customer(owner.workspace_id)
    await till.buy(customer, owner.workspace_id, "credits10")
    await till.deliver_at_once(await till.events())
    [charge] = await till.engine.transact(lambda books: books.select("charge", customer=customer))
    return charge


async def noted(owner: Member) -> list[AuditEntry]:
    async with db.reading() as session:
        rows = select(AuditEntry).where(AuditEntry.action == AuditAction.PAYMENT_REFUNDED)
        return list((await session.exec(rows.where(AuditEntry.workspace_id == owner.workspace_id))).all())


async def test_it_is_booked_with_its_credits_its_mail_and_what_differed(till: Till, owner: Member) -> None:
    charge = await bought(till, owner)
    await till.engine.refund(charge["id"], charge["amount"])
    compared = await catch_up.reconcile_one(owner.workspace_id, dry_run=True)
    assert (await record_of(owner)).credits == 10
    healed = await catch_up.reconcile_one(owner.workspace_id, dry_run=False)
    assert healed.differences == compared.differences
    [difference] = healed.differences
    assert (difference.held, difference.at_stripe) == ("0", str(charge["amount"]))
    assert charge["id"] in difference.what
    assert (await record_of(owner)).credits == 0
    [row] = await noted(owner)
    assert row.actor == "reconcile"
    async with db.reading() as session:
        kinds = (await session.exec(select(OutboxMail.kind))).all()
    assert kinds.count(MailKind.PAYMENT_REFUNDED) == 1
    assert (await catch_up.reconcile_one(owner.workspace_id, dry_run=False)).differences == []


async def test_the_rest_of_a_refund_is_booked_once(till: Till, owner: Member) -> None:
    charge = await bought(till, owner)
    half = charge["amount"] // 2
    await till.engine.refund(charge["id"], half)
    await till.deliver_at_once(await till.events("charge.refunded"))
    assert (await record_of(owner)).credits == 6
    assert (await catch_up.reconcile_one(owner.workspace_id, dry_run=False)).differences == []
    await till.engine.refund(charge["id"], charge["amount"] - half)
    await catch_up.reconcile_one(owner.workspace_id, dry_run=False)
    assert (await record_of(owner)).credits == 0
    await till.deliver_at_once(await till.events("charge.refunded"))  # it comes after all
    assert (await record_of(owner)).credits == 0
    async with db.reading() as session:
        [refund] = (await session.exec(select(Refund))).all()
    assert refund.amount_refunded == charge["amount"]


async def test_a_refund_whose_event_is_on_its_way_is_left_to_it(
    till: Till, owner: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    charge = await bought(till, owner)
    await till.engine.refund(charge["id"], charge["amount"])
    monkeypatch.setattr(reconcile, "REFUND_IS_TOLD", timedelta(hours=1))
    assert (await catch_up.reconcile_one(owner.workspace_id, dry_run=False)).differences == []
    await till.deliver_at_once(await till.events("charge.refunded"))
    assert len(await noted(owner)) == 1


async def test_whoever_never_paid_is_not_asked_for(
    till: Till, owner: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    await till.customer(owner.workspace_id)
    async with db.transaction() as session:
        (await session.get_one(Workspace, owner.workspace_id)).stripe_customer_id = "cus_never_paid"

    async def asked(*_: object, **__: object) -> None:
        raise AssertionError

    monkeypatch.setattr(reconcile, "fetch_refunded_charges", asked)
    report = await catch_up.reconcile_one(owner.workspace_id, dry_run=False)
    assert (report.failed, report.differences) == ([], [])
