"""What events leave open is read from Stripe, between two transactions."""

import copy
import json
from typing import Any

import pytest

from sentineliq import db
from sentineliq.activity.models import NotificationKind
from sentineliq.activity.notifications import list_notifications
from sentineliq.billing import ledger, operations
from sentineliq.billing.credits import spend_credits
from sentineliq.billing.models import EventStatus, WebhookEvent
from sentineliq.billing.outcomes import Outcome
from sentineliq.billing.stripe import reads
from sentineliq.billing.stripe.client import stripe_client
from sentineliq.billing.stripe.events import parse_event
from sentineliq.workspaces.members import Member
from sentineliq.workspaces.models import SubscriptionStatus
from tests.billing.shop import Shop, new_owner, record_of


async def subscribed(shop: Shop, plan_id: str = "hobby") -> Member:
    owner = await new_owner()
    session = await operations.generate_checkout_session(member=owner, plan_id=plan_id)
    await shop.pay(session.id)
    await shop.landed("invoice.paid")
    await shop.landed("customer.subscription.created")
    return owner


async def take(event: dict[str, Any]) -> Outcome:
    body = json.dumps(event)
    return await ledger.ingest(parse_event(body), body)


async def event_of(shop: Shop, event_type: str) -> dict[str, Any]:
    """The newest event of that type as Stripe sent it, to be sent again under another id."""
    records = await shop.engine.events(limit=200)
    return copy.deepcopy(next(each.event for each in records if each.event["type"] == event_type))


def update_like(
    event: dict[str, Any], event_id: str, *, before: dict[str, Any], **now: Any
) -> dict[str, Any]:
    changed = copy.deepcopy(event) | {"id": event_id, "type": "customer.subscription.updated"}
    changed["data"]["object"] |= now
    changed["data"]["previous_attributes"] = before
    return changed


async def test_unsettled_tie_ends_on_what_stripe_says_now(shop: Shop) -> None:
    owner = await subscribed(shop)
    created = await event_of(shop, "customer.subscription.created")
    held = update_like(created, "evt_a", before={"status": "active"}, status="past_due")
    await take(held)
    assert (await record_of(owner)).subscription_status is SubscriptionStatus.PAST_DUE
    unsettled = update_like(created, "evt_b", before={"status": "unpaid"}, status="paused")
    assert (await take(unsettled)).status is EventStatus.PROCESSED
    assert (await record_of(owner)).subscription_status is SubscriptionStatus.ACTIVE


async def test_a_question_is_asked_again_when_the_workspace_changed_meanwhile(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner = await subscribed(shop)
    created = await event_of(shop, "customer.subscription.created")
    await take(update_like(created, "evt_a", before={"status": "active"}, status="past_due"))
    asked: list[str] = []
    fetch = reads.fetch_subscriptions

    async def overtaken(customer_id: str) -> Any:
        asked.append(customer_id)
        answer = await fetch(customer_id)
        if len(asked) == 1:  # while Stripe is asked, another event of the same second lands
            await take(update_like(created, "evt_c", before={"status": "past_due"}, status="unpaid"))
        return answer

    monkeypatch.setattr(reads, "fetch_subscriptions", overtaken)
    await take(update_like(created, "evt_b", before={"status": "trialing"}, status="paused"))
    assert len(asked) == 2
    assert (await record_of(owner)).subscription_status is SubscriptionStatus.ACTIVE


async def test_two_live_subscriptions_are_told_and_the_newest_counts(shop: Shop) -> None:
    owner = await subscribed(shop)
    record = await record_of(owner)
    customer = record.stripe_customer_id or ""
    [method] = await shop.engine.list_documents("payment_method", customer=customer)
    second = await stripe_client().v1.subscriptions.create_async(
        {
            "customer": customer,
            "items": [{"price": "price_sandbox_pro"}],
            "default_payment_method": method["id"],
        }
    )
    await shop.landed("customer.subscription.created", 2)
    both = await shop.engine.list_documents("subscription")
    assert second.id in {each["id"] for each in both}
    newest = max(both, key=lambda each: (each["created"], each["id"]))
    assert (await record_of(owner)).stripe_subscription_id == newest["id"]
    told = await list_notifications(user_id=owner.user_id, workspace_id=owner.workspace_id)
    assert [each.kind for each in told].count(NotificationKind.BILLING_PROBLEM) == 1


async def test_session_without_our_metadata_is_read_for_what_it_sold(shop: Shop) -> None:
    owner = await new_owner()
    session = await operations.generate_checkout_session(member=owner, plan_id="credits10")
    shop.deaf = True
    await shop.pay(session.id)
    completed = await event_of(shop, "checkout.session.completed")
    completed["data"]["object"]["metadata"] = {}
    assert (await take(completed)).status is EventStatus.PROCESSED
    assert (await record_of(owner)).credits == 10


async def test_invoice_with_several_lines_takes_the_plan_from_the_subscription(shop: Shop) -> None:
    owner = await new_owner()
    session = await operations.generate_checkout_session(member=owner, plan_id="hobby")
    shop.deaf = True
    await shop.pay(session.id)
    paid = await event_of(shop, "invoice.paid")
    lines = paid["data"]["object"]["lines"]["data"]
    other = copy.deepcopy(lines[0])
    other["pricing"]["price_details"]["price"] = "price_sandbox_pro"
    lines.insert(0, other)
    await take(paid)
    assert (await record_of(owner)).subscription_plan == "hobby"


async def test_dispute_finds_its_workspace_by_the_charge(shop: Shop) -> None:
    owner = await subscribed(shop)
    [charge] = [each for each in await shop.engine.list_documents("charge") if each["paid"]]
    dispute = await shop.engine.dispute(charge["id"])
    await shop.landed("charge.dispute.created")
    await shop.engine.close_dispute(dispute["id"], won=True)
    await shop.landed("charge.dispute.closed")
    async with db.reading() as session:
        stored = await session.get(WebhookEvent, (await event_of(shop, "charge.dispute.closed"))["id"])
    assert stored is not None
    assert (stored.status, stored.workspace_id) == (EventStatus.PROCESSED, owner.workspace_id)
    told = await list_notifications(user_id=owner.user_id, workspace_id=owner.workspace_id)
    assert sum(each.about.startswith("dispute_") for each in told) == 2


async def test_refund_takes_unspent_credits_back_in_proportion(shop: Shop) -> None:

    owner = await new_owner()
    session = await operations.generate_checkout_session(member=owner, plan_id="credits10")
    await shop.pay(session.id)
    await shop.landed("checkout.session.completed")
    [charge] = await shop.engine.list_documents("charge")
    await shop.engine.refund(charge["id"], charge["amount"] // 2)
    await shop.landed("charge.refunded")
    assert (await record_of(owner)).credits == 6  # 4.99 of 9.99 is a little less than half: 4 credits
    await spend_credits(workspace_id=owner.workspace_id, amount=5, key="job-1")
    await shop.engine.refund(charge["id"])
    await shop.landed("charge.refunded", 2)
    assert (await record_of(owner)).credits == 0  # 6 more were due, 1 was left: the rest is a shortfall


async def test_refund_that_overtakes_its_purchase_takes_the_credits_when_they_come(shop: Shop) -> None:
    owner = await new_owner()
    session = await operations.generate_checkout_session(member=owner, plan_id="credits10")
    shop.deaf = True
    await shop.pay(session.id)
    [charge] = await shop.engine.list_documents("charge")
    await shop.engine.refund(charge["id"])
    await take(await event_of(shop, "charge.refunded"))
    await take(await event_of(shop, "checkout.session.completed"))
    assert (await record_of(owner)).credits == 0


async def test_deleted_customer_is_replaced_and_its_late_events_do_not_bring_it_back(shop: Shop) -> None:
    owner = await subscribed(shop)
    gone = (await record_of(owner)).stripe_customer_id or ""
    await stripe_client().v1.customers.delete_async(gone)
    await shop.landed("customer.deleted")
    await shop.landed("customer.subscription.deleted")
    record = await record_of(owner)
    assert (record.stripe_customer_id, record.subscription_status) == (None, SubscriptionStatus.DELETED)
    late = (await event_of(shop, "invoice.paid")) | {"id": "evt_late"}
    assert (await take(late)).status is EventStatus.PROCESSED
    assert (await record_of(owner)).stripe_customer_id is None
    await operations.generate_checkout_session(member=owner, plan_id="hobby")
    assert (await record_of(owner)).stripe_customer_id not in (None, gone)
