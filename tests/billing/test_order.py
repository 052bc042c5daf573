"""Order does not matter: a customer's life, delivered in every order, ends the same."""

import copy
from itertools import permutations
from typing import Any

import pytest
from sqlmodel import select

from sentineliq import db
from sentineliq.billing.models import CustomerLink, Invoice
from sentineliq.mail.models import MailKind, OutboxMail
from sentineliq.workspaces.models import SubscriptionStatus, Workspace
from tests.billing.conftest import SHAPES, Webhook, payload, reread

START = 1756684800
PERIOD_END = 1764460800


def facts(workspace: Workspace) -> tuple[object, ...]:
    return (
        workspace.stripe_subscription_id,
        workspace.subscription_status,
        workspace.subscription_plan,
        workspace.current_period_end,
        workspace.cancel_at,
    )


async def fresh(workspace: Workspace) -> None:
    """The workspace before its first event, the ledger empty."""
    from sqlalchemy import delete

    from sentineliq.billing.models import WebhookEvent

    async with db.transaction() as session:
        await session.exec(delete(Invoice))
        await session.exec(delete(WebhookEvent))
        row = await session.get_one(Workspace, workspace.id)
        for field in (
            "stripe_subscription_id",
            "subscription_status",
            "subscription_plan",
            "date_paid",
            "current_period_end",
            "cancel_at",
            "past_due_since",
            "subscription_created",
            "subscription_as_of",
            "subscription_as_of_event",
        ):
            setattr(row, field, None)
        row.has_other_subscription = False


LIVES = {
    "bought": [
        "checkout.session.completed",
        "customer.subscription.created",
        "invoice.paid",
    ],
    "failed and set to end": [
        "customer.subscription.created",
        "invoice.payment_failed.first-attempt",
        "customer.subscription.updated.past_due",
        "customer.subscription.updated.cancel_at_period_end",
    ],
    "ended": [
        "customer.subscription.created",
        "invoice.paid",
        "customer.subscription.updated.cancel_at_period_end",
        "customer.subscription.deleted.period-end",
    ],
}
ENDS = {
    "bought": (SubscriptionStatus.ACTIVE, "pro"),
    "failed and set to end": (SubscriptionStatus.CANCEL_AT_PERIOD_END, "pro"),
    "ended": (SubscriptionStatus.DELETED, None),
}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("life", LIVES)
async def test_a_life_in_every_order_ends_the_same(
    stripe_webhook: Webhook, workspace: Workspace, life: str, shape: str
) -> None:
    events = [payload(name, shape=shape) for name in LIVES[life]]
    endings = set()
    for order in permutations(events):
        await fresh(workspace)
        await stripe_webhook.deliver_all(*order)
        endings.add(facts(await reread(workspace)))
    assert len(endings) == 1
    [(_, status, plan, *_)] = endings
    assert (status, plan) == ENDS[life]


def updated(event_id: str, *, at: int, before: dict[str, Any], **now: Any) -> dict[str, Any]:
    """A `customer.subscription.updated` of that second, with what it changed."""
    event = copy.deepcopy(payload("customer.subscription.created", event=event_id, **now))
    event |= {"type": "customer.subscription.updated", "created": at}
    event["data"]["previous_attributes"] = before
    return event


async def test_updates_of_one_second_are_put_in_order_by_what_they_changed(
    stripe_webhook: Webhook, workspace: Workspace
) -> None:
    created = payload("customer.subscription.created")
    at = created["created"]
    set_to_end = updated("evt_ends", at=at, before={"cancel_at_period_end": False}, cancel_at_period_end=True)
    resumed = updated("evt_goes_on", at=at, before={"cancel_at_period_end": True})
    await stripe_webhook.deliver_all(created, set_to_end, resumed)
    assert (await reread(workspace)).subscription_status is SubscriptionStatus.ACTIVE


async def test_unsettled_tie_is_not_guessed_while_stripe_is_silent(
    stripe_webhook: Webhook, workspace: Workspace
) -> None:
    created = payload("customer.subscription.created")
    at = created["created"]
    held = updated("evt_1", at=at, before={"status": "active"}, status="past_due")
    unsettled = updated("evt_2", at=at, before={"status": "unpaid"}, status="active")
    await stripe_webhook.deliver_all(held)
    response = await stripe_webhook.deliver(unsettled)
    assert response.status_code == 503
    assert (await reread(workspace)).subscription_status is SubscriptionStatus.PAST_DUE


async def test_late_paid_invoice_neither_revives_nor_loses_the_end(
    stripe_webhook: Webhook, workspace: Workspace
) -> None:
    ends = payload("customer.subscription.updated.cancel_at_period_end")
    late = payload("invoice.paid") | {"created": ends["created"] + 5}
    await stripe_webhook.deliver_all(ends, late)
    assert (await reread(workspace)).subscription_status is SubscriptionStatus.CANCEL_AT_PERIOD_END
    deleted = payload("customer.subscription.deleted.period-end")
    later = payload("invoice.paid", event="evt_later") | {"created": deleted["created"] + 5}
    await stripe_webhook.deliver_all(deleted, later)
    now = await reread(workspace)
    assert (now.subscription_status, now.subscription_plan) == (SubscriptionStatus.DELETED, None)


async def test_paid_invoice_ends_the_dunning_of_its_period(
    stripe_webhook: Webhook, workspace: Workspace
) -> None:
    past_due = payload("customer.subscription.updated.past_due")
    paid = payload("invoice.payment_failed.first-attempt", status="paid", amount_paid=1900)
    paid |= {"type": "invoice.paid", "id": "evt_recovered", "created": past_due["created"] + 60}
    await stripe_webhook.deliver_all(past_due)
    assert (await reread(workspace)).past_due_since is not None
    await stripe_webhook.deliver_all(paid)
    now = await reread(workspace)
    assert (now.subscription_status, now.past_due_since) == (SubscriptionStatus.ACTIVE, None)


async def test_an_older_invoice_paid_while_a_later_one_is_open_does_not_end_the_dunning(
    stripe_webhook: Webhook, workspace: Workspace
) -> None:
    past_due = payload("customer.subscription.updated.past_due")
    failed = payload("invoice.payment_failed.first-attempt")
    switch = copy.deepcopy(failed)
    switch["id"], switch["data"]["object"]["id"] = "evt_switch_failed", "in_of_the_switch"
    switch["data"]["object"] |= {
        "created": failed["data"]["object"]["created"] + 60,
        "billing_reason": "subscription_update",
    }
    paid = payload(
        "invoice.payment_failed.first-attempt", status="paid", amount_paid=1900, amount_remaining=0
    )
    paid |= {"type": "invoice.paid", "id": "evt_paid", "created": past_due["created"] + 120}
    await stripe_webhook.deliver_all(failed, past_due, switch, paid)
    assert (await reread(workspace)).subscription_status is SubscriptionStatus.PAST_DUE


async def test_an_older_invoice_that_fails_again_after_a_later_one_was_paid_does_not_begin_a_dunning(
    stripe_webhook: Webhook, workspace: Workspace
) -> None:
    created = payload("customer.subscription.created")
    failed = payload("invoice.payment_failed.first-attempt")
    later = payload(
        "invoice.payment_failed.first-attempt",
        event="evt_switch",
        id="in_of_the_switch",
        status="paid",
        billing_reason="subscription_update",
        created=failed["data"]["object"]["created"] + 60,
    ) | {"type": "invoice.paid"}
    await stripe_webhook.deliver_all(created, later, failed)
    assert (await reread(workspace)).subscription_status is SubscriptionStatus.ACTIVE


async def test_a_newer_subscription_takes_over_from_an_ended_one(
    stripe_webhook: Webhook, workspace: Workspace
) -> None:
    again = payload(
        "customer.subscription.created", event="evt_again", id="sub_again", created=PERIOD_END + 60
    ) | {"created": PERIOD_END + 61}
    await stripe_webhook.deliver_all(payload("customer.subscription.deleted.period-end"), again)
    now = await reread(workspace)
    assert (now.stripe_subscription_id, now.subscription_status) == ("sub_again", SubscriptionStatus.ACTIVE)
    await stripe_webhook.deliver_all(payload("customer.subscription.deleted.period-end", event="evt_echo"))
    assert (await reread(workspace)).stripe_subscription_id == "sub_again"


async def test_both_ways_to_end_are_an_end(stripe_webhook: Webhook, workspace: Workspace) -> None:
    flexible = payload(
        "customer.subscription.updated.cancel_at_period_end", cancel_at_period_end=False, cancel_at=PERIOD_END
    )
    await stripe_webhook.deliver_all(flexible)
    now = await reread(workspace)
    assert now.subscription_status is SubscriptionStatus.CANCEL_AT_PERIOD_END
    assert now.cancel_at is not None
    assert int(now.cancel_at.timestamp()) == PERIOD_END


async def test_expanded_customer_is_read_like_its_id(stripe_webhook: Webhook, workspace: Workspace) -> None:
    expanded = {"id": workspace.stripe_customer_id, "object": "customer"}
    await stripe_webhook.deliver_all(payload("customer.subscription.created", customer=expanded))
    assert (await reread(workspace)).subscription_plan == "pro"


async def test_a_late_event_of_a_former_customer_changes_nothing(
    stripe_webhook: Webhook, workspace: Workspace
) -> None:
    await stripe_webhook.deliver_all(payload("customer.subscription.created"))
    async with db.transaction() as session:
        session.add(CustomerLink(customer_id="cus_before", workspace_id=workspace.id))
    held = await reread(workspace)
    echo = payload("customer.subscription.created", event="evt_echo", id="sub_before", customer="cus_before")
    for changes in ({}, {"status": "canceled"}):
        echo["data"]["object"] |= changes
        echo |= {"id": f"evt_echo{len(changes)}", "created": echo["created"] + 60}
        await stripe_webhook.deliver_all(echo)
        assert facts(await reread(workspace)) == facts(held)


async def test_failure_that_arrives_after_its_payment_changes_and_tells_nothing(
    stripe_webhook: Webhook, workspace: Workspace
) -> None:
    failed = payload("invoice.payment_failed.first-attempt")
    paid = payload(
        "invoice.payment_failed.first-attempt", status="paid", amount_paid=1900, amount_remaining=0
    )
    paid |= {"type": "invoice.paid", "id": "evt_paid", "created": failed["created"] + 60}
    await stripe_webhook.deliver_all(payload("customer.subscription.created"), paid, failed)
    assert (await reread(workspace)).subscription_status is SubscriptionStatus.ACTIVE
    async with db.reading() as session:
        kinds = (await session.exec(select(OutboxMail.kind))).all()
    assert MailKind.PAYMENT_FAILED not in kinds
