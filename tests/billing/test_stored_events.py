"""The ledger as it is read: above all, which events came in another version of Stripe's API."""

import asyncio
from datetime import timedelta

from prometheus_client import REGISTRY

from sentineliq import db
from sentineliq.billing import stored_events
from sentineliq.billing.models import EventStatus, WebhookEvent
from sentineliq.workspaces.models import Workspace
from tests.billing.conftest import SHAPES, Webhook, payload

OURS, OLDER = SHAPES


def counted(version: str) -> float:
    return REGISTRY.get_sample_value("sentineliq_webhook_api_versions_total", {"version": version}) or 0


async def test_foreign_versions_of_the_last_days_are_told_with_their_counts(
    stripe_webhook: Webhook, workspace: Workspace
) -> None:
    await stripe_webhook.deliver_all(
        payload("invoice.paid", shape=OURS),
        payload("invoice.paid", shape=OLDER, event="evt_a"),
        payload("customer.subscription.created", shape=OLDER, event="evt_b"),
        payload("invoice.paid", event="evt_c") | {"api_version": "2019-01-01", "type": "invoice.finalized"},
        payload("invoice.paid", event="evt_d") | {"api_version": None},
    )
    async with db.transaction() as session:
        session.add(
            WebhookEvent(
                id="evt_long_ago",
                type="invoice.paid",
                status=EventStatus.PROCESSED,
                api_version=OLDER,
                received_at=db.now() - timedelta(days=8),
            )
        )
    async with db.reading() as session:
        week = await stored_events.foreign_versions(session, version=OURS, days=7)
        month = await stored_events.foreign_versions(session, version=OURS, days=30)
    assert [(each.version, each.events) for each in week] == [(OLDER, 2), ("2019-01-01", 1)]
    assert [each.events for each in month] == [3, 1]


async def test_deliveries_are_counted_by_whether_their_version_is_ours(
    stripe_webhook: Webhook, workspace: Workspace
) -> None:
    before = {version: counted(version) for version in ("same", "other", "none")}
    await stripe_webhook.deliver_all(
        payload("invoice.paid", shape=OURS),
        payload("invoice.paid", shape=OURS),
        payload("invoice.paid", shape=OLDER, event="evt_a"),
        payload("invoice.paid", event="evt_b") | {"api_version": None},
    )
    unsigned = await stripe_webhook.deliver(payload("invoice.paid", event="evt_c"), secret="whsec_foreign")
    assert unsigned.status_code == 500
    await asyncio.sleep(0)  # counted when the event loop comes to it
    after = {version: counted(version) - before[version] for version in before}
    assert after == {"same": 2, "other": 1, "none": 1}
