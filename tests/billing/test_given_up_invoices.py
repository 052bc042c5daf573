"""Invoices that are voided or written off: the newest word counts, whatever comes late."""

from itertools import permutations
from typing import Any

import pytest

from sentineliq import db
from sentineliq.billing.models import Invoice
from sentineliq.billing.overview import get_billing_overview
from sentineliq.billing.staff.failing import find_failing
from sentineliq.workspaces.models import SubscriptionStatus, Workspace
from tests.billing.conftest import Webhook, payload
from tests.billing.shop import member_of
from tests.billing.staff.conftest import as_staff
from tests.billing.test_order import fresh
from tests.factories import make_user

LIVES = {
    "voided": ("open", "void"),
    "written off": ("open", "open", "uncollectible"),
    "written off, then voided": ("open", "uncollectible", "void"),
    "written off, then paid after all": ("open", "uncollectible", "paid"),
}
TYPES = {
    "open": "invoice.payment_failed",
    "uncollectible": "invoice.marked_uncollectible",
    "void": "invoice.voided",
    "paid": "invoice.paid",
}


def told(status: str, *, number: int, seconds: int) -> dict[str, Any]:
    """What Stripe says of one invoice as its `number`th word; it belongs to no subscription."""
    event = payload("invoice.payment_failed.first-attempt", event=f"evt_{number}", status=status, parent=None)
    event |= {"type": TYPES[status], "created": event["created"] + number * seconds}
    if status == "paid":
        event["data"]["object"] |= {"amount_paid": event["data"]["object"]["total"], "amount_remaining": 0}
    return event


@pytest.mark.parametrize("seconds", [60, 0])
@pytest.mark.parametrize("life", LIVES)
async def test_in_every_order_it_ends_as_stripe_has_it(
    stripe_webhook: Webhook, workspace: Workspace, life: str, seconds: int
) -> None:
    words = LIVES[life]
    events = [told(status, number=number, seconds=seconds) for number, status in enumerate(words)]
    for order in permutations(events):
        await fresh(workspace)
        await stripe_webhook.deliver_all(*order, *order)
        async with db.reading() as session:
            held = await session.get_one(Invoice, events[0]["data"]["object"]["id"])
        assert held.status == words[-1], [event["type"] for event in order]


@pytest.mark.parametrize("status", ["void", "uncollectible"])
async def test_it_is_shown_for_what_it_is_and_no_longer_as_owed(
    stripe_webhook: Webhook, workspace: Workspace, status: str
) -> None:
    staff = as_staff(await make_user(email="staff@example.com", verified=True))
    async with db.transaction() as session:
        row = await session.get_one(Workspace, workspace.id)
        row.subscription_status = SubscriptionStatus.PAST_DUE
    await stripe_webhook.deliver(told("open", number=0, seconds=60))
    assert len((await find_failing(staff)).lines[0].invoices) == 1
    await stripe_webhook.deliver(told(status, number=1, seconds=60))
    assert (await find_failing(staff)).lines[0].invoices == ()
    overview = await get_billing_overview(await member_of(workspace))
    assert [each.status for each in overview.invoices] == [status]
