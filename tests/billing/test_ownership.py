"""Handing a workspace over and deleting it, against the sandbox over HTTP, on both databases."""

from typing import Any

import pytest
from sqlmodel import select

from sentineliq import db
from sentineliq.activity import audit
from sentineliq.activity.models import AuditAction
from sentineliq.billing import operations, ownership
from sentineliq.billing.models import Job
from sentineliq.billing.processor import CheckoutSession, PaymentProcessorUnavailable, payment_processor
from sentineliq.billing.stripe.payment_processor import StripePaymentProcessor
from sentineliq.errors import NotFound
from sentineliq.identity import sessions
from sentineliq.workspaces import service as workspaces
from sentineliq.workspaces.authority import WrongName
from sentineliq.workspaces.members import Member, NotWorkspaceOwner
from sentineliq.workspaces.models import Role, SubscriptionStatus
from tests.billing.shop import Shop, member_of, new_owner, record_of
from tests.factories import make_member, make_user


async def _subscribed(shop: Shop) -> Member:
    owner = await new_owner()
    session = await operations.generate_checkout_session(member=owner, plan_id="hobby")
    await shop.pay(session.id)
    for event_type in ("customer.subscription.created", "invoice.paid", "customer.updated"):
        await shop.landed(event_type)
    return owner


async def _heir(owner: Member) -> Member:
    workspace = await record_of(owner)
    await make_member(workspace, user=await make_user(email="heir@example.com"))
    return await member_of(workspace, role=Role.MEMBER, email="heir@example.com")


async def _unsettled() -> list[str]:
    async with db.reading() as session:
        return list((await session.exec(select(Job.name))).all())


async def test_the_customers_address_goes_along_with_the_ownership(shop: Shop) -> None:
    owner = await _subscribed(shop)
    heir, before = await _heir(owner), shop.taken.count("customer.updated")
    await ownership.transfer_ownership(member=owner, user_id=heir.user_id, typed_name="Acme")
    await shop.landed("customer.updated", before + 1)
    assert (await record_of(owner)).billing_email == "heir@example.com"
    assert await _unsettled() == []
    with pytest.raises(NotWorkspaceOwner):
        await ownership.transfer_ownership(member=owner, user_id=owner.user_id, typed_name="Acme")


async def test_a_transfer_waits_for_no_one_and_the_address_is_told_later(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner = await _subscribed(shop)
    heir, before = await _heir(owner), shop.taken.count("customer.updated")

    async def unreachable(*_args: object) -> None:
        raise PaymentProcessorUnavailable

    with monkeypatch.context() as down:
        down.setattr(StripePaymentProcessor, "update_customer_email", unreachable)
        await ownership.transfer_ownership(member=owner, user_id=heir.user_id, typed_name="Acme")
    assert await _unsettled() == [f"address:{owner.workspace_id}"]
    await ownership.settle_leftovers()
    await shop.landed("customer.updated", before + 1)
    assert (await record_of(owner)).billing_email == "heir@example.com"
    assert await _unsettled() == []


async def test_a_workspace_without_a_customer_changes_hands_too(shop: Shop) -> None:
    owner = await new_owner()
    heir = await _heir(owner)
    await ownership.transfer_ownership(member=owner, user_id=heir.user_id, typed_name="Acme")
    assert await _unsettled() == []
    assert (await workspaces.list_workspaces(heir.user_id))[0].role is Role.OWNER


async def test_a_deleted_workspace_charges_no_more_and_is_gone_for_everyone(shop: Shop) -> None:
    owner = await _subscribed(shop)
    heir = await _heir(owner)
    cookie = f"{sessions.SESSION_COOKIE}={await sessions.start_session(heir.user_id)}"
    customer = (await record_of(owner)).stripe_customer_id
    assert customer is not None
    await ownership.delete_workspace(member=owner, typed_name="Acme")
    await shop.landed("customer.subscription.deleted")
    assert await payment_processor().list_unended_subscriptions(customer) == ()
    kept = await record_of(owner)
    assert kept.deleted_at is not None
    assert (kept.subscription_status, kept.stripe_customer_id) == (SubscriptionStatus.DELETED, customer)
    assert await workspaces.list_workspaces(owner.user_id) == []
    assert await sessions.current_member(cookie) is None
    with pytest.raises(NotFound):
        await sessions.choose_workspace(cookie, owner.workspace_id)
    async with db.reading() as session:
        entries = await audit.list_entries(session, workspace_id=owner.workspace_id)
    assert AuditAction.WORKSPACE_DELETED in [entry.action for entry in entries]


async def test_a_workspace_stays_while_its_subscription_cannot_be_ended(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner = await _subscribed(shop)

    async def unreachable(*_args: object) -> None:
        raise PaymentProcessorUnavailable

    monkeypatch.setattr(StripePaymentProcessor, "cancel_subscription_now", unreachable)
    with pytest.raises(PaymentProcessorUnavailable):
        await ownership.delete_workspace(member=owner, typed_name="Acme")
    assert (await record_of(owner)).deleted_at is None


async def test_deleting_needs_the_owner_and_the_name(shop: Shop) -> None:
    owner = await new_owner()
    heir = await _heir(owner)
    with pytest.raises(WrongName):
        await ownership.delete_workspace(member=owner, typed_name="ACME")
    with pytest.raises(NotWorkspaceOwner):
        await ownership.delete_workspace(member=heir, typed_name="Acme")
    assert (await record_of(owner)).deleted_at is None


async def test_a_subscription_that_outlives_its_workspace_is_ended_by_the_schedule(shop: Shop) -> None:
    owner = await _subscribed(shop)
    async with db.transaction() as session:
        workspace = await record_of(owner)
        workspace.deleted_at = db.now()
        session.add(workspace)
    await ownership.settle_leftovers()
    await shop.landed("customer.subscription.deleted")
    assert (await record_of(owner)).subscription_status is SubscriptionStatus.DELETED


async def _sessions(shop: Shop) -> list[str]:
    return [each["status"] for each in await shop.engine.list_documents("checkout.session")]


async def test_a_checkout_in_flight_while_its_workspace_is_deleted_cannot_be_paid(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner = await new_owner()
    create = StripePaymentProcessor.create_checkout_session

    async def meanwhile(self: StripePaymentProcessor, **of: Any) -> CheckoutSession:
        await ownership.delete_workspace(member=owner, typed_name="Acme")
        return await create(self, **of)

    monkeypatch.setattr(StripePaymentProcessor, "create_checkout_session", meanwhile)
    with pytest.raises(NotFound):
        await operations.generate_checkout_session(member=owner, plan_id="hobby")
    assert await _sessions(shop) == ["expired"]
    with pytest.raises(NotFound):
        await operations.generate_checkout_session(member=owner, plan_id="pro")
    assert await _sessions(shop) == ["expired"]


@pytest.mark.parametrize("is_reachable", [True, False])
async def test_a_checkout_opened_while_its_workspace_is_being_deleted_is_closed_with_it_or_by_the_schedule(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, is_reachable: bool
) -> None:
    owner = await _subscribed(shop)
    cancel = StripePaymentProcessor.cancel_subscription_now

    async def unreachable(*_args: object) -> None:
        raise PaymentProcessorUnavailable

    with monkeypatch.context() as meanwhile:

        async def and_open(self: StripePaymentProcessor, subscription_id: str) -> None:
            await cancel(self, subscription_id)
            await operations.generate_checkout_session(member=owner, plan_id="credits10")
            if not is_reachable:
                meanwhile.setattr(StripePaymentProcessor, "expire_open_checkout_sessions", unreachable)

        meanwhile.setattr(StripePaymentProcessor, "cancel_subscription_now", and_open)
        await ownership.delete_workspace(member=owner, typed_name="Acme")
    assert ("open" in await _sessions(shop)) is not is_reachable
    await ownership.settle_leftovers()
    assert "open" not in await _sessions(shop)
