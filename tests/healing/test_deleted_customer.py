"""A customer deleted at Stripe: its workspace can buy again, and holds nothing that has ended with it."""

from typing import Any

import pytest
from sqlmodel import col, select

from sentineliq import db
from sentineliq.activity.models import AuditAction, AuditEntry
from sentineliq.billing import catch_up, operations
from sentineliq.billing.models import CustomerLink
from sentineliq.billing.stripe import reads
from sentineliq.mail.models import MailKind, OutboxMail
from sentineliq.workspaces.members import Member
from sentineliq.workspaces.models import SubscriptionStatus, Workspace
from tests.billing.shop import record_of
from tests.races.conftest import Till


async def subscribed(till: Till, owner: Member) -> str:
    """The customer's id; its purchase has been heard of."""
    customer = await till.customer(owner.workspace_id)
    await till.buy(customer, owner.workspace_id, "pro")
    await till.deliver_at_once(await till.events())
    return customer


async def end_mails() -> int:
    async with db.reading() as session:
        found = select(OutboxMail.id).where(OutboxMail.kind == MailKind.SUBSCRIPTION_CANCELED)
        return len((await session.exec(found)).all())


def is_free(record: Workspace) -> bool:
    return (record.stripe_customer_id, record.subscription_status, record.subscription_plan) == (
        None,
        SubscriptionStatus.DELETED,
        None,
    )


async def test_a_deletion_that_was_never_heard_of_is_found(till: Till, owner: Member) -> None:
    customer = await subscribed(till, owner)
    await till.engine.delete_customer(customer)
    compared = await catch_up.reconcile_one(owner.workspace_id, dry_run=True)
    assert (await record_of(owner)).stripe_customer_id == customer
    healed = await catch_up.reconcile_one(owner.workspace_id, dry_run=False)
    assert compared.differences == healed.differences
    assert ("customer", customer, "deleted") in [
        (each.what, each.held, each.at_stripe) for each in healed.differences
    ]
    assert is_free(await record_of(owner))
    assert await end_mails() == 1
    async with db.reading() as session:
        link = await session.get_one(CustomerLink, customer)
        rows = (await session.exec(select(AuditEntry).order_by(col(AuditEntry.id).desc()))).all()
    assert link.deleted_at is not None
    [row] = [row for row in rows if row.action is AuditAction.CUSTOMER_DELETED]
    assert (row.actor, row.before) == ("reconcile", {"customer": customer})
    await till.deliver_at_once(await till.events())
    assert is_free(await record_of(owner))
    assert await end_mails() == 1
    await operations.generate_checkout_session(member=owner, plan_id="hobby")
    assert (await record_of(owner)).stripe_customer_id not in (None, customer)


async def test_what_ran_ends_with_its_customer_though_stripe_lists_nothing(
    till: Till, owner: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    customer = await subscribed(till, owner)
    await till.engine.delete_customer(customer)

    async def nothing(customer_id: str) -> tuple[()]:
        return ()

    monkeypatch.setattr(reads, "fetch_subscriptions", nothing)
    await catch_up.reconcile_one(owner.workspace_id, dry_run=False)
    assert is_free(await record_of(owner))
    assert await end_mails() == 1


async def test_a_customer_that_stripe_does_not_know_is_not_a_deleted_one(till: Till, owner: Member) -> None:
    await subscribed(till, owner)
    async with db.transaction() as session:
        row = await session.get_one(Workspace, owner.workspace_id)
        row.stripe_customer_id = "cus_of_another_account"
        session.add(CustomerLink(customer_id="cus_of_another_account", workspace_id=row.id))
    held = await record_of(owner)
    report = await catch_up.reconcile_one(owner.workspace_id, dry_run=False)
    assert (report.differences, report.failed) == ([], [])
    assert await record_of(owner) == held


async def test_the_end_of_a_former_customers_subscription_is_heard_after_the_next_customer(
    till: Till, owner: Member
) -> None:
    customer = await subscribed(till, owner)
    await till.engine.delete_customer(customer)
    [ended] = await till.events("customer.subscription.deleted")
    await till.deliver_at_once(await till.events("customer.deleted"))
    assert is_free(await record_of(owner))
    following = await till.customer(owner.workspace_id)
    await till.buy(following, owner.workspace_id, "hobby")
    purchase = [one for one in await till.events() if one["data"]["object"].get("customer") == following]
    await till.deliver_at_once(purchase)
    await till.deliver_at_once([ended])
    record = await record_of(owner)
    assert (record.stripe_customer_id, record.subscription_plan) == (following, "hobby")
    assert await end_mails() == 1


async def test_when_a_trial_ended_stays_known_though_its_customer_goes_first(
    till: Till, owner: Member
) -> None:
    customer = await subscribed(till, owner)
    async with db.transaction() as session:
        row = await session.get_one(Workspace, owner.workspace_id)
        row.trial_end = row.current_period_end
    await till.engine.delete_customer(customer)
    await till.deliver_at_once(await till.events("customer.deleted"))
    record = await record_of(owner)
    assert (record.subscription_status, record.trial_end) == (SubscriptionStatus.DELETED, row.trial_end)
    assert record.trial_end is not None


async def test_a_former_customers_subscription_that_is_still_held_ends_by_its_own_event(
    till: Till, owner: Member
) -> None:
    """As rows of before it was ended together with its customer hold it."""
    customer = await subscribed(till, owner)
    await till.engine.delete_customer(customer)
    following = await till.customer(owner.workspace_id)
    async with db.transaction() as session:
        row = await session.get_one(Workspace, owner.workspace_id)
        row.stripe_customer_id = following
        session.add(CustomerLink(customer_id=following, workspace_id=row.id))
    await till.deliver_at_once(await till.events("customer.subscription.deleted"))
    record = await record_of(owner)
    assert (record.stripe_customer_id, record.subscription_status) == (following, SubscriptionStatus.DELETED)


def of(events: list[dict[str, Any]], *types: str) -> list[dict[str, Any]]:
    return [event for event in events if event["type"] in types]


async def test_what_comes_late_of_a_deleted_customer_starts_nothing(till: Till, owner: Member) -> None:
    """Nor would reconciliation look at it: the workspace has no customer any more."""
    customer = await till.customer(owner.workspace_id)
    await till.buy(customer, owner.workspace_id, "pro")
    await till.engine.delete_customer(customer)
    events = await till.events()
    first = of(events, "checkout.session.completed", "customer.deleted")
    for event in (*first, *of(events, "customer.subscription.created", "invoice.paid")):
        await till.deliver_at_once([event])
        record = await record_of(owner)
        assert (record.subscription_status, record.subscription_plan) == (None, None)
    assert record.stripe_customer_id is None
    assert record.date_paid is not None
    await till.deliver_at_once(of(events, "customer.subscription.deleted"))
    assert is_free(await record_of(owner))


async def test_a_subscription_heard_of_only_after_its_customer_was_deleted_starts_nothing(
    till: Till, owner: Member
) -> None:
    customer = await subscribed(till, owner)
    [bought] = await till.events("customer.subscription.created")
    await till.engine.delete_customer(customer)
    await till.deliver_at_once(await till.events())
    snapshot = bought["data"]["object"] | {"id": "sub_late", "created": bought["created"] + 1}
    await till.deliver_at_once([bought | {"id": "evt_late", "data": {"object": snapshot}}])
    assert is_free(await record_of(owner))
