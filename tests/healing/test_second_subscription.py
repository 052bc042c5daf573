"""Two live subscriptions: owner and staff are told, the right one counts, and nothing is hidden."""

from typing import Any

import pytest
from sqlmodel import col, select

from sentineliq import db
from sentineliq.activity.models import Notification, NotificationKind
from sentineliq.billing import catch_up, operations
from sentineliq.billing.plans import get_plan
from sentineliq.billing.stripe import reads
from sentineliq.billing.stripe.checkout import create_stripe_checkout_session
from sentineliq.billing.stripe.payloads import StripeSubscriptionStatus, SubscriptionPayload
from sentineliq.mail.models import MailKind, OutboxMail
from sentineliq.sandbox.engine import subscription_create
from sentineliq.workspaces.members import Member
from sentineliq.workspaces.models import SubscriptionStatus
from tests.billing.shop import record_of
from tests.races.conftest import Till

STAFF = "staff@example.com"
LIVE = ("customer.subscription.created",)


async def bought_twice(till: Till, owner: Member) -> tuple[str, str]:
    """A session is paid, and after it one that was opened before; both subscriptions, the older one first."""
    first = await operations.generate_checkout_session(member=owner, plan_id="hobby")
    record = await record_of(owner)
    second = await create_stripe_checkout_session(
        customer_id=record.stripe_customer_id or "",
        workspace_id=owner.workspace_id,
        plan=get_plan("pro"),
        checkout_id="opened-elsewhere",
    )
    await till.pay(second.id)
    await till.pay(first.id)
    sessions = [await till.engine.retrieve("checkout.session", each.id) for each in (second, first)]
    older, newer = (session["subscription"] for session in sessions)
    return older, newer


async def told() -> list[tuple[str, str]]:
    """To whom the mails about two subscriptions go, and what they are about."""
    async with db.reading() as session:
        mails = await session.exec(
            select(OutboxMail)
            .where(OutboxMail.kind == MailKind.TWO_SUBSCRIPTIONS)
            .order_by(col(OutboxMail.to))
        )
        return [(mail.to, mail.key.removesuffix(f":{STAFF}")) for mail in mails]


async def notices(kind: NotificationKind) -> list[Notification]:
    async with db.reading() as session:
        return list((await session.exec(select(Notification).where(Notification.kind == kind))).all())


async def test_session_paid_after_a_newer_one_tells_owner_and_staff_once(till: Till, owner: Member) -> None:
    both = await bought_twice(till, owner)
    for _ in range(2):
        await till.deliver_at_once(await till.events())
    about = f"two_subscriptions:{'+'.join(sorted(both))}"
    assert await told() == [("owner@example.com", about), (STAFF, about)]
    assert len(await notices(NotificationKind.BILLING_PROBLEM)) == 1
    record = await record_of(owner)
    assert record.stripe_subscription_id in both
    assert record.has_other_subscription
    async with db.reading() as session:
        mail = (await session.exec(select(OutboxMail).where(OutboxMail.to == STAFF))).one()
    assert {each["plan_name"] for each in mail.context["subscriptions"]} == {"Hobby", "Pro"}


async def test_reconciliation_tells_of_a_second_subscription_too(till: Till, owner: Member) -> None:
    both = await bought_twice(till, owner)
    for _ in range(2):
        await catch_up.reconcile_one(owner.workspace_id, dry_run=False)
    about = f"two_subscriptions:{'+'.join(sorted(both))}"
    assert await told() == [("owner@example.com", about), (STAFF, about)]
    assert (await record_of(owner)).has_other_subscription


async def test_dry_run_tells_nobody(till: Till, owner: Member) -> None:
    await bought_twice(till, owner)
    await catch_up.reconcile_one(owner.workspace_id, dry_run=True)
    assert await told() == []


@pytest.mark.parametrize("first_to_end", [0, 1], ids=["the older", "the newer"])
async def test_whichever_ends_the_workspace_keeps_the_other(
    till: Till, owner: Member, first_to_end: int
) -> None:
    both = await bought_twice(till, owner)
    await till.deliver_at_once(await till.events())
    await till.engine.cancel_now(both[first_to_end])
    await till.deliver_at_once(await till.events("customer.subscription.deleted"))
    record = await record_of(owner)
    assert record.stripe_subscription_id == both[1 - first_to_end]
    assert record.subscription_status is SubscriptionStatus.ACTIVE
    await till.engine.cancel_now(both[1 - first_to_end])
    await till.deliver_at_once(await till.events("customer.subscription.deleted"))
    record = await record_of(owner)
    assert (record.subscription_status, record.has_other_subscription) == (SubscriptionStatus.DELETED, False)


async def test_a_second_one_that_waits_for_its_first_payment_takes_nothing_away(
    till: Till, owner: Member
) -> None:
    customer = await till.customer(owner.workspace_id)
    await till.buy(customer, owner.workspace_id, "hobby")
    await till.deliver_at_once(await till.events())
    params: dict[str, Any] = {
        "customer": customer,
        "items": [{"price": "price_sandbox_pro"}],
        "payment_behavior": "default_incomplete",
    }
    waiting = await till.engine.transact(lambda books: subscription_create.create(books, params))
    assert waiting["status"] == "incomplete"
    await till.deliver_at_once(await till.events(*LIVE))
    record = await record_of(owner)
    assert (record.subscription_plan, record.subscription_status) == ("hobby", SubscriptionStatus.ACTIVE)
    assert await told() == []


def tells(monkeypatch: pytest.MonkeyPatch, subscription_id: str, status: StripeSubscriptionStatus) -> None:
    """Stripe answers with that status for that one."""
    fetch = reads.fetch_subscriptions

    async def fetched(customer_id: str) -> tuple[SubscriptionPayload, ...]:
        found = await fetch(customer_id)
        return tuple(
            each.model_copy(update={"status": status}) if each.id == subscription_id else each
            for each in found
        )

    monkeypatch.setattr(reads, "fetch_subscriptions", fetched)


@pytest.mark.parametrize("status", ["past_due", "unpaid", "paused"])
async def test_one_that_is_paid_for_counts_before_a_newer_one_that_is_not(
    till: Till, owner: Member, monkeypatch: pytest.MonkeyPatch, status: str
) -> None:
    older, newer = await bought_twice(till, owner)
    await till.deliver_at_once(await till.events())
    [bought] = [event for event in await till.events(*LIVE) if event["data"]["object"]["id"] == newer]
    for event_id, now, counts in (("evt_fails", status, older), ("evt_paid", "active", newer)):
        changed = bought | {"id": event_id, "type": "customer.subscription.updated"}
        changed |= {
            "created": bought["created"] + 60,
            "data": {"object": bought["data"]["object"] | {"status": now}},
        }
        with monkeypatch.context() as patch:
            tells(patch, newer, StripeSubscriptionStatus(now))
            await till.deliver_at_once([changed])
            assert (await record_of(owner)).stripe_subscription_id == counts
            report = await catch_up.reconcile_one(owner.workspace_id, dry_run=False)
            assert report.differences == []
