"""Whose event it is, and what becomes of one that is nobody's yet."""

import json

import pytest

from sentineliq import db
from sentineliq.billing import ledger
from sentineliq.billing.models import EventStatus
from sentineliq.workspaces.models import Workspace
from tests.billing.conftest import SHAPES, Webhook, payload, reread
from tests.billing.ledger_rows import counts, stored
from tests.factories import make_workspace


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        (payload("invoice.paid", customer="cus_unknown"), "cus_unknown"),
        (payload("invoice.paid") | {"livemode": True}, "other mode"),
    ],
    ids=["customer", "mode"],
)
async def test_unknown_customer_or_mode_is_parked(
    stripe_webhook: Webhook, workspace: Workspace, event: dict, reason: str
) -> None:
    before = await counts()
    response = await stripe_webhook.deliver(event)
    assert (response.status_code, response.json()) == (200, {"received": True})
    row = await stored(event["id"])
    assert row is not None
    assert row.status is EventStatus.UNMATCHED
    assert reason in (row.reason or "")
    assert await counts() == before | {"WebhookEvent": 1}
    assert await reread(workspace) == workspace


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("name", ["invoice.paid", "customer.subscription.created"])
async def test_unknown_price_is_parked_and_never_falls_back_to_a_plan(
    stripe_webhook: Webhook, workspace: Workspace, shape: str, name: str
) -> None:
    text = json.dumps(payload(name, shape=shape)).replace("price_1OrcProMonthly00000001", "price_unknown")
    await stripe_webhook.deliver_all(json.loads(text))
    row = await stored(json.loads(text)["id"])
    assert row is not None
    assert row.status is EventStatus.UNMATCHED
    assert "price_unknown" in (row.reason or "")
    assert await reread(workspace) == workspace


async def test_unmatched_event_can_be_replayed_once_its_customer_is_known(
    stripe_webhook: Webhook, workspace: Workspace
) -> None:
    event = payload("invoice.paid", customer="cus_later")
    await stripe_webhook.deliver_all(event)
    async with db.transaction() as session:
        (await session.get_one(Workspace, workspace.id)).stripe_customer_id = "cus_later"
    outcome = await ledger.replay(event["id"])
    assert outcome is not None
    assert outcome.status is EventStatus.PROCESSED
    assert (await reread(workspace)).subscription_plan == "pro"


async def test_first_event_finds_its_workspace_by_our_metadata(
    stripe_webhook: Webhook, workspace: Workspace
) -> None:
    other = await make_workspace(name="Not yet a customer")
    event = payload("checkout.session.completed", customer="cus_new")
    event["data"]["object"]["metadata"] = {"workspace_id": other.id, "plan_id": "pro"}
    await stripe_webhook.deliver_all(event)
    assert (await reread(other)).stripe_customer_id == "cus_new"


async def test_metadata_never_moves_a_customer_to_another_workspace(
    stripe_webhook: Webhook, workspace: Workspace
) -> None:
    event = payload("checkout.session.completed", customer="cus_new")
    event["data"]["object"]["metadata"] = {"workspace_id": workspace.id, "plan_id": "pro"}
    await stripe_webhook.deliver_all(event)
    assert await reread(workspace) == workspace
    row = await stored(event["id"])
    assert row is not None
    assert row.status is EventStatus.UNMATCHED
