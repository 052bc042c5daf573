"""Events that could not be taken are taken once they can be, by reconciliation, and never twice."""

import json
from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import col, select, update

from sentineliq import config, db
from sentineliq.billing import catch_up, ledger, operations, parked
from sentineliq.billing.models import CreditEntry, EventStatus, WebhookEvent
from sentineliq.billing.outcomes import Outcome
from sentineliq.mail.models import OutboxMail
from sentineliq.sandbox.engine import Card, subscription_create
from sentineliq.workspaces.members import Member
from sentineliq.workspaces.models import SubscriptionStatus, Workspace
from tests.billing.shop import record_of
from tests.races.conftest import Till

VISA = Card("4242 4242 4242 4242", 12, 2040, "123")


async def statuses() -> dict[str, EventStatus]:
    async with db.reading() as session:
        return dict((await session.exec(select(WebhookEvent.id, WebhookEvent.status))).all())


async def subscribed_before(till: Till) -> str:
    """A customer of Stripe's dashboard with a subscription, whom no workspace knows; all has been told."""
    customer = (await till.engine.create_customer(email="owner@example.com"))["id"]
    await till.engine.replace_card(customer, VISA, authenticated=True)
    params: dict[str, Any] = {"customer": customer, "items": [{"price": "price_sandbox_pro"}]}
    await till.engine.transact(lambda books: subscription_create.create(books, params))
    await till.deliver_at_once(await till.events("customer.subscription.created", "invoice.paid"))
    return customer


async def linked(owner: Member) -> None:
    """A purchase adopts the customer by the verified address."""
    await operations.generate_checkout_session(member=owner, plan_id="credits10")


async def test_events_of_a_customer_linked_later_are_taken(till: Till, owner: Member) -> None:
    customer = await subscribed_before(till)
    assert set((await statuses()).values()) == {EventStatus.UNMATCHED}
    assert (await catch_up.reconcile_all()).retaken_events == []
    await linked(owner)
    assert (await record_of(owner)).stripe_customer_id == customer
    waiting = {id_ for id_, status in (await statuses()).items() if status is EventStatus.UNMATCHED}
    report = await catch_up.reconcile_all()
    assert set(report.retaken_events) == waiting
    assert report.failed == []
    record = await record_of(owner)
    assert (record.subscription_plan, record.subscription_status) == ("pro", SubscriptionStatus.ACTIVE)
    assert EventStatus.UNMATCHED not in (await statuses()).values()
    async with db.reading() as session:
        keys = (await session.exec(select(OutboxMail.key))).all()
    assert sum(key.startswith("payment_received:") for key in keys) == 1
    assert (await catch_up.reconcile_all()).retaken_events == []


async def test_a_dry_run_names_what_would_be_tried_and_takes_no_turn(till: Till, owner: Member) -> None:
    await subscribed_before(till)
    waiting = {id_ for id_, status in (await statuses()).items() if status is EventStatus.UNMATCHED}
    reports = [await catch_up.compare_all() for _ in range(2)]
    assert [set(report.parked_events) for report in reports] == [waiting, waiting]
    assert all(report.retaken_events == [] for report in reports)
    async with db.reading() as session:
        assert set((await session.exec(select(WebhookEvent.attempts))).all()) == {1}


async def test_credits_that_were_booked_meanwhile_are_not_granted_again(till: Till, owner: Member) -> None:
    customer = await till.customer("")
    await till.buy(customer, "", "credits10")
    await till.deliver_at_once(await till.events("checkout.session.completed"))
    async with db.transaction() as session:
        (await session.get_one(Workspace, owner.workspace_id)).stripe_customer_id = customer
    await catch_up.reconcile_one(owner.workspace_id, dry_run=False)
    assert (await record_of(owner)).credits == 10
    assert (await catch_up.reconcile_all()).retaken_events
    assert (await record_of(owner)).credits == 10
    async with db.reading() as session:
        assert len((await session.exec(select(CreditEntry))).all()) == 1


async def test_events_of_a_price_configured_later_are_taken(
    till: Till, owner: Member, environment: pytest.MonkeyPatch
) -> None:
    customer = await till.customer(owner.workspace_id)
    environment.setenv("PAYMENTS_PRO_SUBSCRIPTION_PLAN_ID", "price_of_the_next_year")
    config.get_settings.cache_clear()
    await till.buy(customer, owner.workspace_id, "pro")
    await till.deliver_at_once(await till.events("customer.subscription.created"))
    assert set((await statuses()).values()) == {EventStatus.UNMATCHED}
    assert (await record_of(owner)).subscription_plan is None
    environment.setenv("PAYMENTS_PRO_SUBSCRIPTION_PLAN_ID", "price_sandbox_pro")
    config.get_settings.cache_clear()
    [created] = await till.events("customer.subscription.created")
    report = await catch_up.reconcile_all()
    assert created["id"] in report.retaken_events
    assert (await record_of(owner)).subscription_plan == "pro"


async def test_what_a_newer_release_can_read_is_taken(
    till: Till, owner: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    customer = await till.customer(owner.workspace_id)
    await till.buy(customer, owner.workspace_id, "hobby")
    [paid] = await till.events("invoice.paid")
    with monkeypatch.context() as older_release:
        older_release.setattr(ledger, "parse_webhook_payload", _refusing(ledger.parse_webhook_payload))
        assert await till.post(paid) == 400
        assert (await catch_up.reconcile_all()).retaken_events == []
    assert (await statuses())[paid["id"]] is EventStatus.FAILED
    assert paid["id"] in (await catch_up.reconcile_all()).retaken_events
    assert (await statuses())[paid["id"]] is EventStatus.PROCESSED


def _refusing(parse: Any) -> Any:
    """The parser of a release that cannot read paid invoices."""

    def parse_as_before(event: Any) -> Any:
        if event.type == "invoice.paid":
            raise ledger.MalformedEvent("a field is missing")
        return parse(event)

    return parse_as_before


async def test_what_was_no_event_is_taken_under_its_own_id_once_it_can_be_read(
    till: Till, owner: Member
) -> None:
    customer = await till.customer(owner.workspace_id)
    await till.buy(customer, owner.workspace_id, "credits10")
    [completed] = await till.events("checkout.session.completed")
    await ledger.record_malformed(json.dumps(completed).encode(), "could not be read by an older release")
    [digest] = await parked.due_for_retaking()
    assert digest.startswith("sha256_")
    await ledger.replay(digest)
    assert await statuses() == {digest: EventStatus.IGNORED, completed["id"]: EventStatus.PROCESSED}
    assert (await record_of(owner)).credits == 10
    assert await parked.due_for_retaking() == []


async def store(event_id: str, **fields: Any) -> None:
    values = {
        "type": "invoice.paid",
        "status": EventStatus.UNMATCHED,
        "payload": "{}",
        "processed_at": db.now() - timedelta(hours=1),
    }
    async with db.transaction() as session:
        session.add(WebhookEvent(id=event_id, **(values | fields)))


async def test_old_ones_those_of_the_other_mode_and_settled_ones_are_left_alone(
    till: Till, owner: Member
) -> None:
    await store("evt_due")
    await store("evt_failed", status=EventStatus.FAILED)
    await store("evt_live", livemode=True)
    await store("evt_old", received_at=db.now() - timedelta(days=31))
    await store("evt_done", status=EventStatus.PROCESSED)
    await store("evt_forgotten", payload=None)
    assert sorted(await parked.would_be_retaken()) == ["evt_due", "evt_failed"]
    assert sorted(await parked.due_for_retaking()) == ["evt_due", "evt_failed"]


async def test_a_run_takes_few_and_each_has_its_turn_in_the_order_it_happened(
    till: Till, owner: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parked, "MAX_RETAKEN", 2)
    for number in range(4):
        created = db.now() - timedelta(minutes=number)
        await store(f"evt_{number}", created=created)
    turns = [await parked.due_for_retaking() for _ in range(3)]
    assert [len(turn) for turn in turns] == [2, 2, 2]
    assert {id_ for turn in turns[:2] for id_ in turn} == {f"evt_{number}" for number in range(4)}
    assert all(turn == sorted(turn, reverse=True) for turn in turns)


async def test_an_event_that_cannot_be_taken_does_not_keep_the_others_waiting(
    till: Till, owner: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    await subscribed_before(till)
    await linked(owner)
    poisoned = (await till.events("customer.subscription.created"))[0]["id"]
    replay = ledger.replay

    async def stumble(event_id: str) -> Outcome | None:
        if event_id == poisoned:
            raise ZeroDivisionError
        return await replay(event_id)

    monkeypatch.setattr(ledger, "replay", stumble)
    report = await catch_up.reconcile_all()
    assert report.failed == [poisoned]
    assert report.retaken_events


async def test_taken_again_after_its_effects_it_tells_nothing_twice(till: Till, owner: Member) -> None:
    await subscribed_before(till)
    await linked(owner)
    await catch_up.reconcile_all()
    async with db.transaction() as session:
        await session.exec(
            update(WebhookEvent)
            .where(col(WebhookEvent.type) == "invoice.paid")
            .values(status=EventStatus.UNMATCHED)
        )
    again = await catch_up.reconcile_all()
    assert len(again.retaken_events) == 1
    async with db.reading() as session:
        keys = (await session.exec(select(OutboxMail.key))).all()
    assert len(keys) == len(set(keys))
