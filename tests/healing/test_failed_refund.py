"""A refund that fails after its credits were taken back: in every order, lost, late and more than once."""

from datetime import timedelta
from itertools import permutations
from typing import Any

import pytest
from sqlmodel import col, select

from sentineliq import db
from sentineliq.activity.models import AuditAction, AuditEntry, Notification
from sentineliq.billing import catch_up, reconcile
from sentineliq.billing.credits import spend_credits
from sentineliq.billing.models import CreditEntry
from sentineliq.mail.models import OutboxMail
from sentineliq.workspaces.members import Member
from tests.billing.shop import record_of
from tests.races.conftest import Till, new_owner

FAILURE = ("refund.failed", "refund.updated", "charge.refund.updated")


@pytest.fixture(autouse=True)
def _told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every refund's event had its time."""
    monkeypatch.setattr(reconcile, "REFUND_IS_TOLD", timedelta(seconds=-10))


async def sold(till: Till, owner: Member) -> Any:
    """The charge of ten credits, of which nothing is told yet."""
    customer = await till.customer(owner.workspace_id)
    await till.buy(customer, owner.workspace_id, "credits10")
    [charge] = await till.engine.transact(lambda books: books.select("charge", customer=customer))
    return charge


async def bought(till: Till, owner: Member) -> Any:
    charge = await sold(till, owner)
    await till.deliver_at_once(await till.events("checkout.session.completed"))
    return charge


async def about(till: Till, charge: Any, *types: str) -> list[dict[str, Any]]:
    """The events of these types that are of that charge, or of its purchase, oldest first."""
    named = (charge["id"], charge["payment_intent"])
    found = await till.events(*types)
    objects = [event["data"]["object"] for event in found]
    return [
        event
        for event, one in zip(found, objects, strict=True)
        if {one["id"], one.get("charge"), one.get("payment_intent")} & {*named}
    ]


async def booked(owner: Member) -> list[tuple[int, str]]:
    async with db.reading() as session:
        rows = select(CreditEntry.amount, CreditEntry.source).order_by(col(CreditEntry.id))
        found = (await session.exec(rows.where(CreditEntry.workspace_id == owner.workspace_id))).all()
    assert (await record_of(owner)).credits == sum(amount for amount, _ in found)
    return [(amount, source) for amount, source in found]


async def audited(owner: Member, action: AuditAction) -> list[AuditEntry]:
    async with db.reading() as session:
        rows = select(AuditEntry).where(AuditEntry.workspace_id == owner.workspace_id)
        return list((await session.exec(rows.where(AuditEntry.action == action))).all())


async def mails() -> list[str]:
    async with db.reading() as session:
        return list((await session.exec(select(OutboxMail.key).order_by(col(OutboxMail.id)))).all())


async def test_what_it_took_is_given_back_once_and_everybody_is_told(till: Till, owner: Member) -> None:
    charge = await bought(till, owner)
    refund = await till.engine.refund(charge["id"])
    await till.deliver_at_once(await till.events("charge.refunded"))
    assert (await record_of(owner)).credits == 0
    await till.engine.fail_refund(refund["id"])
    await till.deliver_at_once(await till.events(*FAILURE) * 3)
    await till.deliver_at_once(await till.events(*FAILURE, "charge.refunded"))
    assert (await booked(owner))[1:] == [
        (-10, f"refund:{charge['id']}:{charge['amount']}"),
        (10, f"refund_failed:{refund['id']}"),
    ]
    [row] = await audited(owner, AuditAction.REFUND_FAILED)
    assert row.after == {
        "charge": charge["id"],
        "refund": refund["id"],
        "amount": charge["amount"],
        "currency": "usd",
        "reason": "expired_or_canceled_card",
    }
    key = f"refund_failed:{refund['id']}"
    assert [each for each in await mails() if each.startswith(key)] == [key, f"{key}:staff@example.com"]
    async with db.reading() as session:
        told = (await session.exec(select(Notification).where(Notification.about == key))).all()
    assert len(told) == 1


async def test_a_shortfall_is_not_given_back(till: Till, owner: Member) -> None:
    charge = await bought(till, owner)
    await spend_credits(workspace_id=owner.workspace_id, amount=6, key="job")
    refund = await till.engine.refund(charge["id"])
    await till.deliver_at_once(await till.events("charge.refunded"))
    assert (await record_of(owner)).credits == 0
    await till.engine.fail_refund(refund["id"])
    await till.deliver_at_once(await till.events(*FAILURE))
    assert [amount for amount, _ in await booked(owner)] == [10, -6, -4, 4]


async def test_of_two_refunds_the_one_that_failed_is_given_back_in_every_order(
    till: Till, database: db.Database
) -> None:
    endings = set()
    for number, order in enumerate(permutations(range(4))):
        owner = await new_owner(f"owner{number}@example.com")
        charge = await sold(till, owner)
        refund = await till.engine.refund(charge["id"], 499)
        await till.engine.refund(charge["id"], 500)
        await till.engine.fail_refund(refund["id"])
        types = ("checkout.session.completed", "charge.refunded", "refund.failed")
        events = await about(till, charge, *types)
        assert len(events) == 4
        for place in order:
            await till.deliver_at_once([events[place]] * 2)
        await till.deliver_at_once(events)
        await booked(owner)
        endings.add((await record_of(owner)).credits)
        assert len(await audited(owner, AuditAction.REFUND_FAILED)) == 1
        assert (await catch_up.reconcile_one(owner.workspace_id, dry_run=False)).differences == []
    assert endings == {5}  # 500 of 999 went back


@pytest.mark.parametrize("told_late", [True, False])
async def test_refunded_again_after_the_failure_it_is_taken_again(
    till: Till, owner: Member, told_late: bool
) -> None:
    charge = await bought(till, owner)
    first = await till.engine.refund(charge["id"])
    await till.engine.fail_refund(first["id"])
    [stale], failure = await till.events("charge.refunded"), await till.events(*FAILURE)
    if not told_late:
        await till.deliver_at_once([stale])
        await till.deliver_at_once(failure)
        assert (await record_of(owner)).credits == 10
    second = await till.engine.refund(charge["id"])
    [_, again] = await till.events("charge.refunded")
    await till.deliver_at_once([again])
    await till.deliver_at_once(failure)
    await till.deliver_at_once([stale, again])
    assert (await record_of(owner)).credits == 0
    await till.engine.fail_refund(second["id"])
    await till.deliver_at_once(await till.events(*FAILURE))
    await till.deliver_at_once([stale, again])
    assert (await record_of(owner)).credits == 10
    assert len(await audited(owner, AuditAction.REFUND_FAILED)) == 2
    assert (await catch_up.reconcile_one(owner.workspace_id, dry_run=False)).differences == []
    await booked(owner)


async def test_a_refund_heard_of_after_its_failure_takes_nothing_and_is_not_announced(
    till: Till, owner: Member
) -> None:
    charge = await bought(till, owner)
    refund = await till.engine.refund(charge["id"])
    await till.engine.fail_refund(refund["id"])
    for event_type in ("refund.failed", "charge.refunded"):
        await till.deliver_at_once(await till.events(event_type))
    assert [amount for amount, _ in await booked(owner)] == [10]
    assert not [key for key in await mails() if key.startswith("refunded:")]


async def test_a_cancelled_refund_is_given_back_as_well(till: Till, owner: Member) -> None:
    charge = await bought(till, owner)
    refund = await till.engine.refund(charge["id"])
    await till.deliver_at_once(await till.events("charge.refunded"))
    await till.engine.fail_refund(refund["id"])
    [updated] = await till.events("refund.updated")
    updated["data"]["object"] |= {"status": "canceled", "failure_reason": None}
    await till.deliver_at_once([updated])
    assert (await record_of(owner)).credits == 10


async def test_an_update_of_a_refund_that_stands_changes_nothing(till: Till, owner: Member) -> None:
    charge = await bought(till, owner)
    refund = await till.engine.refund(charge["id"])
    await till.deliver_at_once(await till.events("charge.refunded"))
    [updated] = await till.events("refund.created")
    for event_type in FAILURE[1:]:
        await till.deliver_at_once([{**updated, "id": f"{updated['id']}{event_type[0]}", "type": event_type}])
    assert refund["status"] == "succeeded"
    assert (await record_of(owner)).credits == 0
    assert await audited(owner, AuditAction.REFUND_FAILED) == []


async def test_a_failure_whose_events_are_lost_is_found_and_its_events_add_nothing(
    till: Till, owner: Member
) -> None:
    charge = await bought(till, owner)
    await till.engine.refund(charge["id"], 400)
    refund = await till.engine.refund(charge["id"], 599)
    await till.deliver_at_once(await till.events("charge.refunded"))
    await till.engine.fail_refund(refund["id"])
    compared = await catch_up.reconcile_one(owner.workspace_id, dry_run=True)
    assert (await record_of(owner)).credits == 0
    healed = await catch_up.reconcile_one(owner.workspace_id, dry_run=False)
    assert healed.differences == compared.differences
    [difference] = healed.differences
    assert (difference.held, difference.at_stripe) == ("999", "400")
    assert (await record_of(owner)).credits == 6
    assert (await catch_up.reconcile_one(owner.workspace_id, dry_run=False)).differences == []
    await till.deliver_at_once(await till.events(*FAILURE, "charge.refunded"))
    assert (await record_of(owner)).credits == 6
    [row] = await audited(owner, AuditAction.REFUND_FAILED)
    assert row.actor == "reconcile"
    await booked(owner)


async def test_a_refund_and_its_failure_both_lost_take_nothing(till: Till, owner: Member) -> None:
    charge = await bought(till, owner)
    refund = await till.engine.refund(charge["id"])
    await till.engine.fail_refund(refund["id"])
    await catch_up.reconcile_one(owner.workspace_id, dry_run=False)
    assert [amount for amount, _ in await booked(owner)] == [10]
    await till.deliver_at_once(await till.events(*FAILURE, "charge.refunded"))
    assert [amount for amount, _ in await booked(owner)] == [10]
    assert len(await audited(owner, AuditAction.REFUND_FAILED)) == 1


async def test_its_events_racing_each_other_and_spends_end_on_the_sum(till: Till, owner: Member) -> None:
    charge = await bought(till, owner)
    refund = await till.engine.refund(charge["id"])
    await till.engine.fail_refund(refund["id"])
    await till.deliver_at_once(await till.events("charge.refunded", *FAILURE) * 4)
    assert (await record_of(owner)).credits == 10
    assert len(await audited(owner, AuditAction.REFUND_FAILED)) == 1
    await booked(owner)
