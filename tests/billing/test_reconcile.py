"""What was lost is healed, by the same writer, and said."""

import asyncio
from datetime import timedelta

import pytest
import time_machine
from sqlmodel import select, update

from sentineliq import db
from sentineliq.activity.models import AuditEntry
from sentineliq.billing import catch_up, jobs, ledger, operations
from sentineliq.billing.models import Job, WebhookEvent
from sentineliq.billing.outcomes import Outcome
from sentineliq.billing.processor import PaymentProcessorUnavailable
from sentineliq.billing.stripe.payloads import StripeEvent
from sentineliq.mail.models import MailKind, OutboxMail
from sentineliq.workspaces.members import Member
from sentineliq.workspaces.models import SubscriptionStatus, Workspace
from tests.billing.shop import Shop, new_owner, record_of


async def bought_unheard(shop: Shop, *plan_ids: str) -> Member:
    """An owner whose purchases were paid while the endpoint was down."""
    owner = await new_owner()
    shop.deaf = True
    for plan_id in plan_ids:
        session = await operations.generate_checkout_session(member=owner, plan_id=plan_id)
        await shop.pay(session.id)
    return owner


async def actors_of(workspace_id: str) -> set[str]:
    async with db.reading() as session:
        rows = await session.exec(select(AuditEntry.actor).where(AuditEntry.workspace_id == workspace_id))
        return set(rows.all())


async def test_missed_events_are_taken_with_all_their_effects(shop: Shop) -> None:
    owner = await bought_unheard(shop, "credits10", "hobby")
    report = await catch_up.reconcile_all()
    record = await record_of(owner)
    assert (record.credits, record.subscription_status) == (10, SubscriptionStatus.ACTIVE)
    assert report.missed_events
    assert report.differences == []
    async with db.reading() as session:
        kinds = (await session.exec(select(OutboxMail.kind))).all()
    assert list(kinds).count(MailKind.PAYMENT_RECEIVED) == 2


async def test_one_workspace_is_healed_from_its_present_state(shop: Shop) -> None:
    owner = await bought_unheard(shop, "credits10", "hobby")
    compared = await catch_up.reconcile_one(owner.workspace_id, dry_run=True)
    before = await record_of(owner)
    assert (before.credits, before.subscription_status) == (0, None)
    healed = await catch_up.reconcile_one(owner.workspace_id, dry_run=False)
    assert compared.differences == healed.differences
    assert {each.what for each in healed.differences} >= {"status", "plan"}
    record = await record_of(owner)
    assert (record.credits, record.subscription_plan) == (10, "hobby")
    assert "reconcile" in await actors_of(owner.workspace_id)
    assert (await catch_up.reconcile_one(owner.workspace_id, dry_run=False)).differences == []


async def test_dry_run_changes_nothing(shop: Shop) -> None:
    owner = await bought_unheard(shop, "hobby")
    report = await catch_up.compare_all()
    assert report.missed_events
    assert report.differences
    assert (await record_of(owner)).subscription_status is None
    async with db.reading() as session:
        assert (await session.exec(select(WebhookEvent))).all() == []
        assert (await session.exec(select(Job))).all() == []


async def test_lost_end_is_found(shop: Shop) -> None:
    owner = await new_owner()
    session = await operations.generate_checkout_session(member=owner, plan_id="hobby")
    await shop.pay(session.id)
    await shop.landed("customer.subscription.created")
    shop.deaf = True
    subscription_id = (await record_of(owner)).stripe_subscription_id
    assert subscription_id is not None
    await shop.engine.cancel_now(subscription_id)
    await catch_up.reconcile_one(owner.workspace_id, dry_run=False)
    record = await record_of(owner)
    assert (record.subscription_status, record.subscription_plan) == (SubscriptionStatus.DELETED, None)


async def test_a_discount_that_no_event_told_of_is_healed(shop: Shop) -> None:
    owner = await new_owner()
    session = await operations.generate_checkout_session(member=owner, plan_id="hobby")
    await shop.pay(session.id)
    await shop.landed("customer.subscription.created")
    async with db.transaction() as transaction:
        await transaction.exec(update(Workspace).values(is_discounted=True))
    report = await catch_up.reconcile_one(owner.workspace_id, dry_run=False)
    assert [(each.what, each.held, each.at_stripe) for each in report.differences] == [
        ("discount", "True", "False")
    ]
    assert not (await record_of(owner)).is_discounted


async def test_a_late_event_after_healing_changes_nothing_twice(shop: Shop) -> None:
    owner = await bought_unheard(shop, "credits10", "hobby")
    await catch_up.reconcile_one(owner.workspace_id, dry_run=False)
    shop.deaf = False
    for record in await shop.engine.events():
        await shop.engine.resend(record.event["id"])
    await shop.landed("invoice.paid", 2)
    await shop.landed("checkout.session.completed", 2)
    now = await record_of(owner)
    assert (now.credits, now.subscription_status) == (10, SubscriptionStatus.ACTIVE)


async def test_one_worker_at_a_time(database: db.Database) -> None:
    async with jobs.leased("work"):
        with pytest.raises(jobs.JobTaken):
            async with jobs.leased("work"):
                pass
    async with jobs.leased("work"):
        pass


async def test_only_one_of_many_gets_the_lease(database: db.Database) -> None:
    done = asyncio.Event()
    held: list[int] = []

    async def work(number: int) -> None:
        async with jobs.leased("work"):
            held.append(number)
            await done.wait()

    workers = [asyncio.create_task(work(number)) for number in range(8)]
    refused = 0
    for finished in asyncio.as_completed(workers):
        try:
            await finished
        except jobs.JobTaken:
            refused += 1
        if refused == len(workers) - 1:
            done.set()
    assert len(held) == 1


async def test_lease_of_a_dead_worker_runs_out(
    database: db.Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "LEASE", timedelta(seconds=-1))
    async with jobs.leased("work") as dead:
        await dead.save("halfway")
        async with jobs.leased("work") as next_one:
            assert next_one.cursor == "halfway"
            with pytest.raises(jobs.JobTaken):
                await dead.save("too late")


async def test_finished_job_is_not_done_again_too_soon(database: db.Database) -> None:
    async with jobs.leased("work"):
        pass
    with pytest.raises(jobs.JobTaken):
        async with jobs.leased("work", not_within=timedelta(hours=1)):
            pass


async def test_run_that_was_cut_short_goes_on_where_it_stopped(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    owners = [await new_owner(email=f"owner{number}@example.com") for number in range(3)]
    for owner in owners:
        await operations.generate_checkout_session(member=owner, plan_id="hobby")
    healed: list[str] = []

    async def heal(workspace_id: str, *, dry_run: bool) -> list[object]:
        if len(healed) == 2:
            healed.append("power cut")
            raise PaymentProcessorUnavailable
        healed.append(workspace_id)
        return []

    monkeypatch.setattr(catch_up, "reconcile_workspace", heal)
    with pytest.raises(PaymentProcessorUnavailable):
        await catch_up.reconcile_all()
    report = await catch_up.reconcile_all()
    assert report.workspaces == 1
    assert sorted(each for each in healed if each != "power cut") == sorted(
        owner.workspace_id for owner in owners
    )


async def test_what_cannot_be_healed_does_not_keep_the_others_from_it(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner = await bought_unheard(shop, "credits10", "hobby")
    ingest = ledger.ingest
    poisoned: list[str] = []

    async def stumble(event: StripeEvent, body: str) -> Outcome:
        if not poisoned:
            poisoned.append(event.id)
            raise ZeroDivisionError
        return await ingest(event, body)

    monkeypatch.setattr(ledger, "ingest", stumble)
    report = await catch_up.reconcile_all()
    assert report.failed == poisoned
    record = await record_of(owner)
    assert (record.credits, record.subscription_status) == (10, SubscriptionStatus.ACTIVE)


async def test_an_event_that_failed_for_a_passing_reason_is_taken_by_the_next_run(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner = await bought_unheard(shop, "credits10")
    ingest = ledger.ingest

    async def locked(event: StripeEvent, body: str) -> Outcome:
        if event.type == "checkout.session.completed":
            raise OSError
        return await ingest(event, body)

    with time_machine.travel(db.now() + 2 * catch_up.OVERLAP):
        with monkeypatch.context() as meanwhile:
            meanwhile.setattr(ledger, "ingest", locked)
            [failed] = (await catch_up.reconcile_all()).failed
        assert (await catch_up.reconcile_all()).missed_events == [failed]
        assert (await catch_up.reconcile_all()).missed_events == []
    async with db.reading() as session:
        kinds = (await session.exec(select(OutboxMail.kind))).all()
    assert list(kinds).count(MailKind.PAYMENT_RECEIVED) == 1
    assert (await record_of(owner)).credits == 10
