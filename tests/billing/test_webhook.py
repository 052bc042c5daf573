"""The webhook's answers, row by row, with real signatures over real bytes, on both databases."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest
from sqlmodel import col, func, select
from stripe import WebhookSignature

from sentineliq import db, metrics
from sentineliq.activity.models import AuditAction, AuditEntry, Notification
from sentineliq.billing import ledger, payment_details
from sentineliq.billing.models import CreditEntry, EventStatus, Invoice, WebhookEvent
from sentineliq.mail.models import OutboxMail
from sentineliq.workspaces.models import SubscriptionStatus, Workspace
from tests.billing.conftest import OLD_SECRET, SHAPES, Webhook, payload, reread, sign
from tests.factories import make_workspace

TABLES = (WebhookEvent, AuditEntry, Notification, OutboxMail, CreditEntry, Invoice)


async def stored(event_id: str) -> WebhookEvent | None:
    async with db.reading() as session:
        return await session.get(WebhookEvent, event_id)


async def counts() -> dict[str, int]:
    async with db.reading() as session:
        return {
            model.__name__: (await session.exec(select(func.count()).select_from(model))).one()
            for model in TABLES
        }


async def all_rows(model: type[Any]) -> list[Any]:
    async with db.reading() as session:
        return list((await session.exec(select(model))).all())


async def test_delivery_without_a_signature_is_refused_and_leaves_nothing(
    stripe_webhook: Webhook, workspace: Workspace
) -> None:
    before = await counts()
    response = await stripe_webhook.post(json.dumps(payload("invoice.paid")).encode(), None)
    assert response.status_code == 400
    assert set(response.json()) == {"error"}
    assert await counts() == before


@pytest.mark.parametrize(
    "header",
    [
        "",
        "t=",
        "v1=abc",
        "t=1,v1=",
        "nonsense",
        "t=soon,v1=abc",
        "t=1,v0=abc",
        "t=1,v1=\u00e9",
        ",=,",
        "t=" + "9" * 5000 + ",v1=a",
    ],
)
async def test_malformed_signature_header_gets_an_error_and_leaves_nothing(
    stripe_webhook: Webhook, workspace: Workspace, header: str
) -> None:
    before = await counts()
    body = json.dumps(payload("invoice.paid")).encode()
    response = await stripe_webhook.http.post(
        "/webhooks/stripe", content=body, headers=[(b"stripe-signature", header.encode())]
    )
    assert response.status_code == (500 if header else 400)
    assert set(response.json()) == {"error"}
    assert await counts() == before


@pytest.mark.parametrize("offset", [-301, 301, -86_400])
async def test_signature_outside_the_tolerance_is_refused(
    stripe_webhook: Webhook, workspace: Workspace, offset: int
) -> None:
    before = await counts()
    body = json.dumps(payload("invoice.paid")).encode()
    response = await stripe_webhook.post(body, sign(body, at=time.time() + offset))
    assert response.status_code == 500
    assert await counts() == before


async def test_signature_of_another_secret_or_an_empty_one_is_refused(
    stripe_webhook: Webhook, workspace: Workspace
) -> None:
    before = await counts()
    body = json.dumps(payload("invoice.paid")).encode()
    for secret in ("whsec_foreign", ""):
        assert (await stripe_webhook.post(body, sign(body, secret=secret))).status_code == 500
    assert await counts() == before


async def test_altered_body_is_refused(stripe_webhook: Webhook, workspace: Workspace) -> None:
    body = json.dumps(payload("invoice.paid")).encode()
    response = await stripe_webhook.post(body.replace(b"1900", b"0001"), sign(body))
    assert response.status_code == 500


async def test_secret_before_the_rotation_still_verifies(
    stripe_webhook: Webhook, workspace: Workspace
) -> None:
    response = await stripe_webhook.deliver(payload("invoice.paid"), secret=OLD_SECRET)
    assert (response.status_code, response.json()) == (200, {"received": True})


async def test_our_verification_agrees_with_the_sdk(stripe_webhook: Webhook, workspace: Workspace) -> None:
    body = json.dumps(payload("invoice.paid"), ensure_ascii=False)
    assert WebhookSignature.verify_header(body, sign(body.encode()), "whsec_current", 300)


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


async def test_what_no_secret_can_have_signed_is_refused_before_its_body_is_read(
    stripe_webhook: Webhook, workspace: Workspace
) -> None:
    async def endless() -> AsyncIterator[bytes]:
        raise AssertionError("the body was read")
        yield b""

    for header in ("nonsense", "t=1,v1=abc", f"t={int(time.time())},v1=abc"):
        response = await stripe_webhook.http.post(
            "/webhooks/stripe", content=endless(), headers={"Stripe-Signature": header}
        )
        assert response.status_code == 500


async def test_a_flood_of_wrong_signatures_is_counted_and_asks_nothing_of_the_database(
    stripe_webhook: Webhook, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted = metrics.WEBHOOK_DELIVERIES.labels(type="unknown", outcome="SignatureInvalid")._value
    before = counted.get()
    body = json.dumps(payload("invoice.paid")).encode()
    with monkeypatch.context() as patched:
        patched.setattr(db, "database", None)
        flood = [stripe_webhook.post(body, sign(body, secret="whsec_foreign")) for _ in range(300)]
        answers = await asyncio.gather(*flood)
    assert {answer.status_code for answer in answers} == {500}
    await asyncio.sleep(0)  # they are counted when the event loop comes to it
    assert counted.get() == before + 300
    assert (await stripe_webhook.deliver(payload("invoice.paid"))).status_code == 200


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
