"""The quick way of deliveries ends where the ledger's own way ends; what it declines leaves no trace."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import asyncpg
import pytest
from sqlalchemy import Text, cast, inspect, text, true
from sqlalchemy.dialects import sqlite as sqlite_dialect
from sqlmodel import SQLModel, col, delete, select

from sentineliq import changes, db
from sentineliq.activity.models import (
    AuditAction,
    AuditEntry,
    Notification,
    NotificationKind,
    NotificationPreference,
)
from sentineliq.billing import ledger, webhook
from sentineliq.billing.batches import queue, settling
from sentineliq.billing.batches.sqlite import text_of
from sentineliq.billing.models import EventStatus, Invoice, WebhookEvent
from sentineliq.mail.models import OutboxMail
from sentineliq.workspaces.models import Workspace
from tests.billing.conftest import CUSTOMER, Webhook, payload
from tests.billing.test_told import CREATED, later
from tests.factories import make_member, make_user, make_workspace

WRITTEN = (WebhookEvent, AuditEntry, Notification, OutboxMail, Invoice)
OWN_TIMES = {"received_at", "processed_at", "at", "created_at", "next_attempt_at"}
LIFE = [
    CREATED,
    payload("invoice.paid", event="evt_paid"),
    later("evt_plan", 1, metadata={"a": "b"}),
    later("evt_ends", 2, cancel_at_period_end=True, canceled_at=CREATED["created"] + 100),
    later("evt_resumed", 3, cancel_at_period_end=False),
    payload("invoice.payment_failed.renewal", event="evt_failed", customer=CUSTOMER),
    later("evt_unpaid", 4, status="unpaid"),
    later("evt_over", 5, status="canceled") | {"type": "customer.subscription.deleted"},
    payload("invoice.paid", event="evt_nobody_acts_on") | {"type": "invoice.finalized"},
]


class Ways:
    """Which way each delivery took."""

    def __init__(self) -> None:
        self.quick: list[str] = []
        self.by_itself: list[str] = []


@pytest.fixture
def ways(monkeypatch: pytest.MonkeyPatch) -> Ways:
    seen = Ways()
    ingest, settle = ledger.ingest, settling.settle

    async def noted_ingest(event: Any, body: bytes) -> Any:
        seen.by_itself.append(event.id)
        return await ingest(event, body)

    async def noted_settle(unit: Any, deliveries: Any) -> Any:
        settled = await settle(unit, deliveries)
        seen.quick += [each for each, one in settled.items() if not one.duplicate]
        return settled

    monkeypatch.setattr(ledger, "ingest", noted_ingest)
    monkeypatch.setattr(queue, "settle", noted_settle)
    return seen


async def rows(model: type[SQLModel]) -> list[dict[str, Any]]:
    """All of the table, without what differs from run to run."""
    ignored = OWN_TIMES if model in (WebhookEvent, Invoice, Workspace) else OWN_TIMES | {"id"}
    async with db.reading() as session:
        found = [row.model_dump(exclude=ignored) for row in await session.exec(select(model))]
    return sorted(found, key=repr)


async def everything() -> dict[str, list[dict[str, Any]]]:
    return {model.__name__: await rows(model) for model in (*WRITTEN, Workspace)}


@pytest.fixture
async def members(workspace: Workspace) -> AsyncIterator[None]:
    """Two more, one of whom does not want to hear of payments; nor does the owner, by mail."""
    await make_member(workspace)
    silent = await make_member(workspace)
    async with db.transaction() as session:
        kind = NotificationKind.PAYMENT_RECEIVED
        session.add(NotificationPreference(user_id=silent.id, kind=kind, in_app=False))
    return


async def test_both_ways_end_alike(
    stripe_webhook: Webhook, workspace: Workspace, members: None, ways: Ways, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with db.reading() as session:
        before = (await session.get_one(Workspace, workspace.id)).model_dump()
    monkeypatch.setattr(webhook, "offer", lambda event, body: None)
    await stripe_webhook.deliver_all(*LIFE)
    assert ways.by_itself == [event["id"] for event in LIFE]
    by_itself = await everything()

    async with db.transaction() as session:
        for model in WRITTEN:
            of_events = col(AuditEntry.event_id).is_not(None) if model is AuditEntry else true()
            await session.exec(delete(model).where(of_events))
        (await session.get_one(Workspace, workspace.id)).sqlmodel_update(before)
    monkeypatch.setattr(webhook, "offer", queue.offer)
    ways.by_itself.clear()
    await stripe_webhook.deliver_all(*LIFE)
    assert ways.by_itself == []
    assert ways.quick == [event["id"] for event in LIFE]
    assert await everything() == by_itself


async def test_owner_who_wants_no_mail_gets_none(
    stripe_webhook: Webhook, workspace: Workspace, ways: Ways
) -> None:
    await stripe_webhook.deliver(CREATED)
    async with db.transaction() as session:
        owner = (await session.exec(select(Notification.user_id))).first()
        kind = NotificationKind.PAYMENT_RECEIVED
        session.add(NotificationPreference(user_id=owner, kind=kind, by_mail=False))
    await stripe_webhook.deliver(payload("invoice.paid"))
    assert ways.by_itself == []
    assert [mail["kind"] for mail in await rows(OutboxMail)] == []
    assert NotificationKind.PAYMENT_RECEIVED in [notice["kind"] for notice in await rows(Notification)]


async def test_json_is_stored_in_ascii_as_everywhere_else(
    stripe_webhook: Webhook, workspace: Workspace, ways: Ways
) -> None:
    """The search of the audit log looks for escaped letters."""
    async with db.transaction() as session:
        (await session.get_one(Workspace, workspace.id)).name = "Ação"
    await stripe_webhook.deliver_all(CREATED, payload("invoice.paid"))
    assert ways.by_itself == []
    async with db.reading() as session:
        stored = (await session.exec(select(cast(col(OutboxMail.context), Text)))).one()
    assert "A\\u00e7\\u00e3o" in stored


async def test_one_event_many_times_at_once_happens_once(
    stripe_webhook: Webhook, workspace: Workspace, ways: Ways
) -> None:
    await stripe_webhook.deliver(CREATED)
    answers = await asyncio.gather(*(stripe_webhook.deliver(payload("invoice.paid")) for _ in range(20)))
    assert {answer.status_code for answer in answers} == {200}
    assert (len(ways.quick), ways.by_itself) == (2, [])
    assert [len(await rows(model)) for model in (WebhookEvent, Invoice, OutboxMail)] == [2, 1, 1]


async def test_events_of_many_workspaces_and_of_one_at_once_all_happen(
    stripe_webhook: Webhook, workspace: Workspace, ways: Ways
) -> None:
    sent: list[dict[str, Any]] = []
    for number in range(5):
        made = await make_workspace(owner=await make_user())
        async with db.transaction() as session:
            (await session.get_one(Workspace, made.id)).stripe_customer_id = f"cus_{number}"
        whose = {"id": f"sub_{number}", "customer": f"cus_{number}"}
        sent.append(payload("customer.subscription.created", event=f"evt_{number}", **whose))
        for minute, status in enumerate(("unpaid", "active", "paused"), 1):
            sent.append(later(f"evt_{number}_{minute}", minute, status=status, **whose))
    answers = await asyncio.gather(*(stripe_webhook.deliver(event) for event in sent))
    assert {answer.status_code for answer in answers} == {200}
    assert (len(ways.quick), ways.by_itself) == (len(sent), [])
    newest = select(Workspace.subscription_as_of_event).order_by(col(Workspace.stripe_customer_id))
    async with db.reading() as session:
        held = [event for event in await session.exec(newest) if event]
    assert held == [f"evt_{number}_3" for number in range(5)]
    changed = Counter(
        (row["before"]["status"], row["after"]["status"])
        for row in await rows(AuditEntry)
        if row["action"] is AuditAction.STATUS_CHANGED
    )
    assert changed == dict.fromkeys(
        [(None, "active"), ("active", "unpaid"), ("unpaid", "active"), ("active", "paused")], 5
    ), "each sees what the one before it has made"


@pytest.mark.parametrize(
    ("event", "status"),
    [
        (payload("invoice.paid", customer="cus_of_nobody"), EventStatus.UNMATCHED),
        (payload("customer.subscription.created", status="trialing", metadata={"trial_days": "14"}), None),
        (payload("checkout.session.completed.payment", customer=CUSTOMER), EventStatus.PROCESSED),
    ],
    ids=["unknown customer", "a question to Stripe", "credits"],
)
async def test_what_is_not_plain_leaves_no_trace_of_the_quick_way(
    stripe_webhook: Webhook,
    workspace: Workspace,
    ways: Ways,
    event: dict[str, Any],
    status: EventStatus | None,
) -> None:
    await stripe_webhook.deliver(event)
    assert (ways.quick, ways.by_itself) == ([], [event["id"]])
    assert [row["status"] for row in await rows(WebhookEvent)] == ([status] if status else [])


async def test_a_known_invoice_is_weighed_by_the_ledger(
    stripe_webhook: Webhook, workspace: Workspace, ways: Ways
) -> None:
    failed = payload("invoice.payment_failed.renewal", customer=CUSTOMER)
    invoice = failed["data"]["object"]["id"]
    paid = payload("invoice.paid", event="evt_then", id=invoice) | {"created": failed["created"] + 60}
    await stripe_webhook.deliver_all(CREATED, failed, paid)
    assert ways.by_itself == ["evt_then"]
    assert [row["status"] for row in await rows(Invoice)] == ["paid"]


async def test_a_rule_that_fails_takes_nobody_else_with_it(
    stripe_webhook: Webhook, workspace: Workspace, ways: Ways, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError

    shape, _ = webhook.HANDLERS["customer.subscription.created"]
    monkeypatch.setitem(webhook.HANDLERS, "customer.subscription.created", (shape, broken))
    other = await make_workspace(owner=await make_user())
    async with db.transaction() as session:
        (await session.get_one(Workspace, other.id)).stripe_customer_id = "cus_other"
    fine = later("evt_fine", 1, customer="cus_other", id="sub_other")
    answers = await asyncio.gather(stripe_webhook.deliver(CREATED), stripe_webhook.deliver(fine))
    assert [answer.status_code for answer in answers] == [500, 200]
    async with db.reading() as session:
        assert list(await session.exec(select(WebhookEvent.id))) == ["evt_fine"]


async def test_a_batch_that_the_database_refuses_is_taken_one_by_one(
    stripe_webhook: Webhook, workspace: Workspace, ways: Ways, monkeypatch: pytest.MonkeyPatch
) -> None:
    def misshapen(*_: object, **__: object) -> list[dict[str, Any]]:
        return [{}]

    monkeypatch.setattr(settling, "_audit_rows", misshapen)
    await stripe_webhook.deliver(CREATED)
    assert (ways.quick, ways.by_itself) == ([], [CREATED["id"]])
    assert [row["status"] for row in await rows(WebhookEvent)] == [EventStatus.PROCESSED]
    assert len([row for row in await rows(AuditEntry) if row["event_id"]]) == 2


@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
async def test_a_workspace_that_is_held_holds_up_nobody_else(
    stripe_webhook: Webhook, workspace: Workspace, ways: Ways
) -> None:
    other = await make_workspace(owner=await make_user())
    async with db.transaction() as session:
        (await session.get_one(Workspace, other.id)).stripe_customer_id = "cus_other"
    fine = later("evt_fine", 1, customer="cus_other", id="sub_other")
    async with db.transaction() as session:
        await session.get_one(Workspace, workspace.id, with_for_update=db.AGAINST_WRITERS)
        held = asyncio.create_task(stripe_webhook.deliver(CREATED))
        assert (await stripe_webhook.deliver(fine)).status_code == 200
        assert not held.done()
    assert (await held).status_code == 200
    assert (ways.quick, ways.by_itself) == (["evt_fine"], [CREATED["id"]])
    assert {row["status"] for row in await rows(WebhookEvent)} == {EventStatus.PROCESSED}


@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
@pytest.mark.parametrize("is_noticed", [True, False])
async def test_a_server_that_was_started_again_is_met_with_a_new_connection(
    stripe_webhook: Webhook,
    workspace: Workspace,
    ways: Ways,
    monkeypatch: pytest.MonkeyPatch,
    is_noticed: bool,
) -> None:
    await stripe_webhook.deliver(CREATED)
    if not is_noticed:
        monkeypatch.setattr(asyncpg.Connection, "is_closed", lambda _: False)
    async with db.database().writer.connect() as connection:
        await connection.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE pid <> pg_backend_pid() AND datname = current_database()"
            )
        )
    assert (await stripe_webhook.deliver(later("evt_then", 1))).status_code == 200
    assert ways.by_itself == []


async def test_pages_hear_of_a_batch_once_committed(
    stripe_webhook: Webhook, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    monkeypatch.setattr(changes, "_subscribers", [told.extend])
    await stripe_webhook.deliver_all(CREATED, CREATED)
    assert told == [workspace.id]


def test_times_are_stored_as_sqlalchemy_stores_them() -> None:
    process = (
        inspect(Workspace)
        .local_table.c.date_paid.type.dialect_impl(sqlite_dialect.dialect())
        .bind_processor(sqlite_dialect.dialect())
    )
    for time in (datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC), datetime(2026, 1, 2, 3, 4, 5, 67, tzinfo=UTC)):
        assert text_of(time) == process(time)


@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
async def test_a_pool_that_gives_no_connection_is_a_store_out_of_reach(
    stripe_webhook: Webhook, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server that crashes while a connection is being opened: the pool lets the driver's own error out."""
    database = db.database()
    refused = database.writer.dialect.loaded_dbapi.Error  # pyright: ignore[reportAttributeAccessIssue]

    def refuse(*_: object) -> None:
        raise refused("the connection was closed in the middle of an operation")

    monkeypatch.setattr(database.writer.sync_engine.pool, "connect", refuse)
    assert (await stripe_webhook.deliver(CREATED)).status_code == 503
