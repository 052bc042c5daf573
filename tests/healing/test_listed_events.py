"""Stripe's list of events, of which a request may ask for twenty types."""

from datetime import timedelta

from sentineliq import db
from sentineliq.billing.stripe import reads
from sentineliq.billing.stripe.handlers import HANDLERS
from sentineliq.workspaces.members import Member
from tests.races.conftest import Till


async def test_all_types_are_listed_though_they_are_more_than_a_request_takes(
    till: Till, owner: Member
) -> None:
    assert len(HANDLERS) > reads.MAX_EVENT_TYPES
    customer = await till.customer(owner.workspace_id)
    await till.buy(customer, owner.workspace_id, "hobby")
    await till.engine.delete_customer(customer)
    listed = await reads.fetch_events(since=db.now() - timedelta(hours=1), types=tuple(HANDLERS))
    happened = await till.events(*HANDLERS)
    assert {"checkout.session.completed", "customer.deleted"} <= {event["type"] for event in happened}
    assert sorted(event["id"] for event in listed) == sorted(event["id"] for event in happened)
    times = [event["created"] for event in listed]
    assert times == sorted(times, reverse=True)
