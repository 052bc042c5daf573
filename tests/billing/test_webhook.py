"""The webhook's answers, row by row, with real signatures over real bytes, on both databases."""

import asyncio

import pytest
from sqlmodel import col, select

from sentineliq import db, metrics
from sentineliq.activity.models import AuditAction, AuditEntry, Notification
from sentineliq.billing import payment_details
from sentineliq.billing.models import CreditEntry, EventStatus, Invoice, WebhookEvent
from sentineliq.mail.models import OutboxMail
from sentineliq.workspaces.models import SubscriptionStatus, Workspace
from tests.billing.conftest import SHAPES, Webhook, payload, reread, sign
from tests.billing.ledger_rows import all_rows, counts, stored


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b"{}",
        b"not json",
        b"\xff\xfe\x00",
        b'{"id": "evt_1"',
        b'{"id": "evt_1", "type": "invoice.paid", "created": 1, "livemode": false, "data": {}}',
        b'{"id": "evt_1", "type": "invoice.paid", "created": 1e400, "livemode": false, "data": {}}',
        b'{"id": 7, "type": "invoice.paid", "created": 1, "livemode": false, "data": {"object": {}}}',
        b'{"id":"evt_1","type":"\\u0000","created":1,"livemode":false,"data":{"object":{}}}',
        b'{"a":' * 20_000 + b"1" + b"}" * 20_000,
    ],
)
async def test_signed_body_that_is_no_event_is_stored_as_failed(
    stripe_webhook: Webhook, workspace: Workspace, body: bytes
) -> None:
    before = await counts()
    response = await stripe_webhook.post(body, sign(body))
    assert response.status_code == 400
    assert await counts() == before | {"WebhookEvent": 1}
    [row] = await all_rows(WebhookEvent)
    assert row.status is EventStatus.FAILED
    assert row.reason


HOSTILE = [
    {"customer": None},
    {"customer": 7},
    {"customer": "cus_\x00"},
    {"lines": {"data": [None]}},
    {"lines": {"data": [{"period": {"end": 10**30}}]}},
    {"amount_paid": 10**30},
    {"amount_paid": "1900"},
    {"amount_paid": 19.5},
    {"created": -1},
    {"created": 10**15},
    {"currency": "US DOLLARS"},
    {"status": ["paid"]},
    {"status": "x" * 1000},
    {"hosted_invoice_url": "x" * 100_000},
    {"number": {"a": 1}},
]


@pytest.mark.parametrize("changes", HOSTILE, ids=lambda changes: str(changes)[:40])
async def test_event_of_the_wrong_shape_is_stored_as_failed_and_changes_no_workspace(
    stripe_webhook: Webhook, workspace: Workspace, changes: dict
) -> None:
    before = await counts()
    event = payload("invoice.paid", **changes)
    response = await stripe_webhook.deliver(event)
    assert response.status_code == 400
    assert await counts() == before | {"WebhookEvent": 1}
    row = await stored(event["id"])
    assert row is not None
    assert (row.status, row.workspace_id) == (EventStatus.FAILED, None)
    assert row.reason
    assert row.payload
    assert await reread(workspace) == workspace


async def test_failed_event_is_not_seen_so_its_redelivery_works(
    stripe_webhook: Webhook, workspace: Workspace
) -> None:
    await stripe_webhook.deliver(payload("invoice.paid", customer=None))
    assert (await stripe_webhook.deliver(payload("invoice.paid"))).status_code == 200
    row = await stored(payload("invoice.paid")["id"])
    assert row is not None
    assert (row.status, row.attempts) == (EventStatus.PROCESSED, 2)
    assert (await reread(workspace)).subscription_status is SubscriptionStatus.ACTIVE


async def test_body_over_one_mebibyte_is_refused(stripe_webhook: Webhook, workspace: Workspace) -> None:
    before = await counts()
    body = b" " * (1024 * 1024 + 1)
    assert (await stripe_webhook.post(body, sign(body))).status_code == 413

    async def chunks():  # no Content-Length: the cap must not trust it
        for _ in range(17):
            yield b" " * 65_536

    response = await stripe_webhook.http.post(
        "/webhooks/stripe", content=chunks(), headers={"Stripe-Signature": sign(body)}
    )
    assert response.status_code == 413
    assert await counts() == before


async def test_type_that_is_not_handled_is_ignored_with_200(
    stripe_webhook: Webhook, workspace: Workspace
) -> None:
    event = payload("invoice.paid") | {"type": "invoice.finalized"}
    response = await stripe_webhook.deliver(event)
    assert (response.status_code, response.json()) == (200, {"received": True})
    row = await stored(event["id"])
    assert row is not None
    assert row.status is EventStatus.IGNORED
    assert await reread(workspace) == workspace


@pytest.mark.parametrize("shape", SHAPES)
async def test_handled_event_is_stored_with_all_its_effects(
    stripe_webhook: Webhook, workspace: Workspace, shape: str
) -> None:
    event = payload("invoice.paid", shape=shape)
    response = await stripe_webhook.deliver(event)
    assert (response.status_code, response.json()) == (200, {"received": True})
    row = await stored(event["id"])
    assert row is not None
    assert (row.status, row.workspace_id, row.api_version) == (EventStatus.PROCESSED, workspace.id, shape)
    now = await reread(workspace)
    assert (now.subscription_plan, now.subscription_status) == ("pro", SubscriptionStatus.ACTIVE)
    assert now.current_period_end is not None
    assert int(now.current_period_end.timestamp()) == 1759276800  # of the line, not of the invoice
    assert now.date_paid is not None
    assert int(now.date_paid.timestamp()) == 1756684803
    [invoice] = await all_rows(Invoice)
    assert (invoice.status, invoice.amount_paid, invoice.currency) == ("paid", 1900, "usd")
    [mail] = await all_rows(OutboxMail)
    assert (mail.to, mail.kind) == ("owner@example.com", "payment_received")
    [notification] = await all_rows(Notification)
    assert notification.title == "Payment of $19.00 received"
    actions = {entry.action for entry in await all_rows(AuditEntry) if entry.event_id == event["id"]}
    assert actions == {AuditAction.PLAN_CHANGED, AuditAction.STATUS_CHANGED, AuditAction.PAYMENT_RECEIVED}


async def test_same_event_again_changes_nothing(stripe_webhook: Webhook, workspace: Workspace) -> None:
    await stripe_webhook.deliver_all(payload("invoice.paid"))
    before, held = await counts(), await reread(workspace)
    response = await stripe_webhook.deliver(payload("invoice.paid"))
    assert (response.status_code, response.json()) == (200, {"received": True})
    assert await counts() == before
    assert await reread(workspace) == held


async def test_same_event_on_many_connections_at_once_happens_once(
    stripe_webhook: Webhook, workspace: Workspace
) -> None:
    event = payload("checkout.session.completed.payment-mode", customer=workspace.stripe_customer_id)
    event["data"]["object"]["metadata"] = {"plan_id": "credits10"}
    responses = await asyncio.gather(*(stripe_webhook.deliver(event) for _ in range(16)))
    assert {response.status_code for response in responses} == {200}
    assert (await reread(workspace)).credits == 10
    assert len(await all_rows(CreditEntry)) == 1
    assert len(await all_rows(OutboxMail)) == 1


async def test_two_events_about_one_session_grant_once(stripe_webhook: Webhook, workspace: Workspace) -> None:
    first = payload("checkout.session.completed.payment-mode", customer=workspace.stripe_customer_id)
    first["data"]["object"]["metadata"] = {"plan_id": "credits10"}
    second = first | {"id": "evt_another", "type": "checkout.session.async_payment_succeeded"}
    await asyncio.gather(stripe_webhook.deliver(first), stripe_webhook.deliver(second))
    assert (await reread(workspace)).credits == 10
    assert len(await all_rows(OutboxMail)) == 1


async def test_unpaid_session_grants_only_when_the_money_is_there(
    stripe_webhook: Webhook, workspace: Workspace
) -> None:
    common = {"customer": workspace.stripe_customer_id, "metadata": {"plan_id": "credits10"}}
    name = "checkout.session.completed.payment-mode"
    await stripe_webhook.deliver_all(payload(name, event="evt_1", payment_status="unpaid", **common))
    assert (await reread(workspace)).credits == 0
    paid = payload(name, event="evt_2", **common) | {"type": "checkout.session.async_payment_succeeded"}
    await stripe_webhook.deliver_all(paid)
    assert (await reread(workspace)).credits == 10


async def test_error_of_ours_gets_500_and_stores_nothing(
    stripe_webhook: Webhook, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = await counts()

    async def fails(*_args: object, **_values: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(payment_details.outbox, "enqueue", fails)
    assert (await stripe_webhook.deliver(payload("invoice.paid"))).status_code == 500
    assert await counts() == before
    assert await reread(workspace) == workspace
    monkeypatch.undo()


async def test_database_that_is_down_gets_503(stripe_webhook: Webhook, workspace: Workspace) -> None:
    await db.dispose()
    db.configure("postgresql://nobody@127.0.0.1:9/nothing")
    assert (await stripe_webhook.deliver(payload("invoice.paid"))).status_code == 503


async def test_reasons_say_nothing_personal(stripe_webhook: Webhook, workspace: Workspace) -> None:
    await stripe_webhook.deliver(payload("invoice.paid", currency="customer@example.com"))
    rows = await all_rows(WebhookEvent)
    assert [row for row in rows if "example.com" in (row.reason or "")] == []


async def test_audit_rows_are_complete_for_each_change(stripe_webhook: Webhook, workspace: Workspace) -> None:
    await stripe_webhook.deliver_all(
        payload("customer.subscription.created"), payload("customer.subscription.deleted.period-end")
    )
    async with db.reading() as session:
        entries = (await session.exec(select(AuditEntry).order_by(col(AuditEntry.id)))).all()
    changed = [(each.action, each.before, each.after) for each in entries if each.actor == "stripe"]
    assert changed == [
        (AuditAction.PLAN_CHANGED, {"plan": None}, {"plan": "pro"}),
        (AuditAction.STATUS_CHANGED, {"status": None}, {"status": "active"}),
        (AuditAction.PLAN_CHANGED, {"plan": "pro"}, {"plan": None}),
        (AuditAction.STATUS_CHANGED, {"status": "active"}, {"status": "deleted"}),
    ]


async def test_a_type_that_we_do_not_act_on_adds_no_label(
    stripe_webhook: Webhook, workspace: Workspace
) -> None:
    event = payload("invoice.paid", event="evt_made_up") | {"type": "made.up.by_a_stranger"}
    counted = metrics.WEBHOOK_DELIVERIES.labels(type="other", outcome="ignored")._value
    before = counted.get()
    await stripe_webhook.deliver_all(event)
    await asyncio.sleep(0)  # it is counted when the event loop comes to it
    assert counted.get() == before + 1
    labels = {
        sample.labels.get("type") for one in metrics.WEBHOOK_DELIVERIES.collect() for sample in one.samples
    }
    assert "made.up.by_a_stranger" not in labels
