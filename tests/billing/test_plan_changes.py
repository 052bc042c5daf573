"""Changing the plan in place, against the sandbox over HTTP, on both databases."""

import asyncio
import dataclasses
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlmodel import col, select

from sentineliq import config, db
from sentineliq.activity.models import AuditAction, AuditEntry, Notification, NotificationKind
from sentineliq.billing import operations, plan_changes, prices
from sentineliq.billing.entitlements import entitled_plan
from sentineliq.billing.plan_changes import (
    AlreadyOnPlan,
    NotADowngrade,
    QuoteOutdated,
    SubscriptionEnding,
)
from sentineliq.billing.plan_ids import BillingInterval, PaymentPlanId
from sentineliq.billing.plan_views import ChangeTime, PlanQuote
from sentineliq.billing.plans import UnknownPlan
from sentineliq.billing.processor import NothingToManage, PaymentProcessorUnavailable
from sentineliq.billing.running import ChangeWaiting, PaymentOverdue
from sentineliq.billing.subscription_changes import CurrencyLocked, PaymentDeclined
from sentineliq.sandbox.engine import catalogue
from sentineliq.workspaces.members import Member, NotWorkspaceOwner
from sentineliq.workspaces.models import Role, SubscriptionStatus, Workspace
from tests.billing.shop import Shop, member_of, new_owner, opened, record_of
from tests.factories import make_member, make_user
from tests.sandbox.world import ALWAYS_ASKS, card


@pytest.fixture
async def shop(database: db.Database, environment: pytest.MonkeyPatch, tmp_path: Path) -> AsyncIterator[Shop]:
    """Plans by the month and by the year; nobody begins with a trial."""
    environment.setenv("PAYMENTS_HOBBY_ANNUAL_PLAN_ID", "price_sandbox_hobby_annual")
    environment.setenv("PAYMENTS_PRO_ANNUAL_PLAN_ID", "price_sandbox_pro_annual")
    environment.setenv("PAYMENTS_TRIAL_DAYS", "0")
    async with opened(environment, tmp_path) as shop:
        yield shop


async def subscriber(shop: Shop, plan_id: str = "hobby") -> Member:
    owner = await new_owner()
    session = await operations.generate_checkout_session(member=owner, plan_id=plan_id)
    await shop.pay(session.id)
    for event_type in ("customer.subscription.created", "invoice.paid"):
        await shop.landed(event_type)
    return owner


async def quote_of(owner: Member, plan_id: str, interval: str = "month") -> PlanQuote:
    return await plan_changes.preview_plan_change(
        member=owner, plan_id=plan_id, interval=BillingInterval(interval)
    )


async def invoices_of(owner: Member, shop: Shop) -> list[dict]:
    customer = (await record_of(owner)).stripe_customer_id
    return [one for one in await shop.engine.list_documents("invoice") if one["customer"] == customer]


async def audit_of(owner: Member, action: AuditAction) -> list[AuditEntry]:
    found = select(AuditEntry).where(
        AuditEntry.workspace_id == owner.workspace_id, AuditEntry.action == action
    )
    async with db.reading() as session:
        return list((await session.exec(found.order_by(col(AuditEntry.id)))).all())


async def notices_of(owner: Member, kind: NotificationKind) -> int:
    found = select(Notification).where(
        Notification.workspace_id == owner.workspace_id, Notification.kind == kind
    )
    async with db.reading() as session:
        return len((await session.exec(found)).all())


async def test_what_was_shown_is_what_is_charged(shop: Shop) -> None:
    owner = await subscriber(shop)
    quote = await quote_of(owner, "pro")
    assert quote.due_now is not None
    assert 0 < quote.due_now.amount_due <= 1999
    assert (quote.renewal.total - quote.renewal.tax, quote.is_downgrade) == (1999, False)
    assert quote.renewal.at == (await record_of(owner)).current_period_end
    outcome = await plan_changes.change_plan(member=owner, quote=quote)
    assert (outcome.plan_name, outcome.pay_url) == ("Pro", "")
    newest = (await invoices_of(owner, shop))[0]
    assert (newest["billing_reason"], newest["amount_paid"]) == (
        "subscription_update",
        quote.due_now.amount_due,
    )


async def test_the_page_is_right_at_once_and_everyone_is_told_once(shop: Shop) -> None:
    owner = await subscriber(shop)
    told = await notices_of(owner, NotificationKind.PLAN_CHANGED)
    shop.deaf = True
    await plan_changes.change_plan(member=owner, quote=await quote_of(owner, "pro"))
    workspace = await record_of(owner)
    assert entitled_plan(workspace, at=db.now()) is PaymentPlanId.PRO
    shop.deaf = False
    await shop.landed("customer.subscription.updated")
    assert await notices_of(owner, NotificationKind.PLAN_CHANGED) == told + 1
    assert [row.after for row in await audit_of(owner, AuditAction.PLAN_CHANGED)][-1] == {"plan": "pro"}
    [asked] = await audit_of(owner, AuditAction.PLAN_CHANGE_REQUESTED)
    assert asked.actor == owner.user_id
    assert (asked.after or {})["plan"] == "pro"


async def test_a_quote_that_is_confirmed_twice_at_once_changes_and_charges_once(shop: Shop) -> None:
    owner = await subscriber(shop)
    quote = await quote_of(owner, "pro")
    both = await asyncio.gather(
        *(plan_changes.change_plan(member=owner, quote=quote) for _ in range(2)), return_exceptions=True
    )
    assert all(not isinstance(each, BaseException) or isinstance(each, QuoteOutdated) for each in both)
    assert len(await invoices_of(owner, shop)) == 2


async def test_a_downgrade_at_once_gives_credit(shop: Shop) -> None:
    owner = await subscriber(shop, "pro")
    quote = await quote_of(owner, "hobby")
    assert quote.due_now is not None
    assert quote.due_now.total < 0
    assert (quote.due_now.amount_due, quote.is_downgrade) == (0, True)
    await plan_changes.change_plan(member=owner, quote=quote)
    assert (await record_of(owner)).subscription_plan == "hobby"
    customer = await shop.engine.retrieve("customer", str((await record_of(owner)).stripe_customer_id))
    assert customer["balance"] == quote.due_now.total


async def test_a_downgrade_may_wait_for_the_end_of_the_period(shop: Shop) -> None:
    owner = await subscriber(shop, "pro")
    quote = await quote_of(owner, "hobby")
    outcome = await plan_changes.change_plan(member=owner, quote=quote, when=ChangeTime.PERIOD_END)
    assert outcome.takes_place_at == (await record_of(owner)).current_period_end
    assert (await record_of(owner)).subscription_plan == "pro"
    choices = await plan_changes.get_plan_choices(owner)
    assert choices.planned is not None
    assert (choices.planned.plan_name, choices.planned.at) == ("Hobby", outcome.takes_place_at)
    updates = shop.taken.count("customer.subscription.updated")
    await shop.engine.advance_period()
    await shop.landed("customer.subscription.updated", updates + 1)
    await shop.landed("invoice.paid", 2)
    assert (await record_of(owner)).subscription_plan == "hobby"


async def test_a_planned_change_can_be_taken_back(shop: Shop) -> None:
    owner = await subscriber(shop, "pro")
    await plan_changes.change_plan(
        member=owner, quote=await quote_of(owner, "hobby"), when=ChangeTime.PERIOD_END
    )
    await plan_changes.keep_plan(owner)
    assert (await plan_changes.get_plan_choices(owner)).planned is None
    await plan_changes.keep_plan(owner)
    assert len(await audit_of(owner, AuditAction.PLANNED_CHANGE_DROPPED)) == 1


async def test_a_change_at_once_replaces_a_planned_one(shop: Shop) -> None:
    owner = await subscriber(shop, "pro")
    await plan_changes.change_plan(
        member=owner, quote=await quote_of(owner, "hobby"), when=ChangeTime.PERIOD_END
    )
    await plan_changes.change_plan(member=owner, quote=await quote_of(owner, "pro", "year"))
    choices = await plan_changes.get_plan_choices(owner)
    assert (choices.plan_id, choices.interval, choices.planned) == ("pro", "year", None)


async def test_a_refused_change_leaves_the_planned_one_standing(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner = await subscriber(shop, "pro")
    await plan_changes.change_plan(
        member=owner, quote=await quote_of(owner, "hobby"), when=ChangeTime.PERIOD_END
    )

    async def declined(*_args: object, **_values: object) -> None:
        raise PaymentDeclined

    monkeypatch.setattr(plan_changes.payment_processor(), "change_price", declined)
    with pytest.raises(PaymentDeclined):
        await plan_changes.change_plan(member=owner, quote=await quote_of(owner, "pro", "year"))
    planned = (await plan_changes.get_plan_choices(owner)).planned
    assert planned is not None
    assert planned.plan_name == "Hobby"


async def test_an_upgrade_never_waits(shop: Shop) -> None:
    owner = await subscriber(shop)
    with pytest.raises(NotADowngrade):
        await plan_changes.change_plan(
            member=owner, quote=await quote_of(owner, "pro"), when=ChangeTime.PERIOD_END
        )


async def test_a_plan_can_be_paid_by_the_year(shop: Shop) -> None:
    owner = await subscriber(shop)
    choices = await plan_changes.get_plan_choices(owner)
    assert choices.by_the_year
    assert [
        (one.monthly and one.monthly.amount, one.annual and one.annual.amount) for one in choices.offers
    ] == [
        (999, 9900),
        (1999, 19900),
    ]
    quote = await quote_of(owner, "hobby", "year")
    assert not quote.is_downgrade
    assert quote.renewal.total - quote.renewal.tax == 9900
    assert timedelta(days=364) < quote.renewal.at - db.now() < timedelta(days=367)
    await plan_changes.change_plan(member=owner, quote=quote)
    workspace = await record_of(owner)
    assert (workspace.subscription_plan, workspace.subscription_status) == ("hobby", "active")
    assert workspace.current_period_end is not None
    assert abs(workspace.current_period_end - quote.renewal.at) < timedelta(minutes=1)
    assert (await quote_of(owner, "hobby", "month")).is_downgrade


async def test_a_payment_that_needs_its_owner_leads_to_the_invoice_and_changes_the_plan_once_paid(
    shop: Shop,
) -> None:
    owner = await subscriber(shop)
    customer = str((await record_of(owner)).stripe_customer_id)
    await shop.engine.replace_card(customer, card(ALWAYS_ASKS), authenticated=True)
    outcome = await plan_changes.change_plan(member=owner, quote=await quote_of(owner, "pro"))
    assert "/sandbox/invoices/" in outcome.pay_url
    assert (await record_of(owner)).subscription_plan == "hobby"
    choices = await plan_changes.get_plan_choices(owner)
    assert (choices.is_waiting, choices.waiting_url) == (True, outcome.pay_url)
    with pytest.raises(ChangeWaiting):
        await quote_of(owner, "pro")
    await shop.engine.pay_invoice(outcome.pay_url.rsplit("/", 1)[-1], authenticated=True)
    await shop.landed("invoice.paid", 2)
    for _ in range(100):
        if (await record_of(owner)).subscription_plan == "pro":
            break
        await asyncio.sleep(0.05)
    assert (await record_of(owner)).subscription_plan == "pro"


async def test_a_quote_holds_for_a_while_for_its_workspace_and_its_subscription_alone(shop: Shop) -> None:
    owner = await subscriber(shop)
    quote = await quote_of(owner, "pro")
    shown = quote.due_now
    assert shown is not None
    for changed in (
        dataclasses.replace(quote, made_at=quote.made_at - timedelta(minutes=16)),
        dataclasses.replace(quote, workspace_id="another"),
        dataclasses.replace(quote, from_price="price_sandbox_pro"),
        dataclasses.replace(quote, due_now=dataclasses.replace(shown, amount_due=1)),
    ):
        with pytest.raises(QuoteOutdated):
            await plan_changes.change_plan(member=owner, quote=changed)
    assert (await record_of(owner)).subscription_plan == "hobby"
    assert await audit_of(owner, AuditAction.PLAN_CHANGE_REQUESTED) == []


async def test_only_the_owner_sees_prices_and_changes_plans(shop: Shop) -> None:
    owner = await subscriber(shop)
    quote = await quote_of(owner, "pro")
    user = await make_user(email="admin@example.com")
    workspace = await record_of(owner)
    await make_member(workspace, user=user, role=Role.ADMIN)
    admin = await member_of(workspace, role=Role.ADMIN, email="admin@example.com")
    for refused in (
        plan_changes.get_plan_choices(admin),
        plan_changes.preview_plan_change(member=admin, plan_id="pro"),
        plan_changes.change_plan(member=admin, quote=quote),
        plan_changes.keep_plan(admin),
    ):
        with pytest.raises(NotWorkspaceOwner):
            await refused


async def test_each_reason_not_to_change_has_its_own_words(shop: Shop) -> None:
    owner = await subscriber(shop)
    with pytest.raises(AlreadyOnPlan):
        await quote_of(owner, "hobby")
    for unknown in ("credits10", "enterprise"):
        with pytest.raises(UnknownPlan):
            await quote_of(owner, unknown)
    subscription = str((await record_of(owner)).stripe_subscription_id)
    await shop.engine.cancel_at_period_end(subscription)
    with pytest.raises(SubscriptionEnding):
        await quote_of(owner, "pro")
    stranger = await new_owner(email="someone@example.com")
    with pytest.raises(NothingToManage):
        await plan_changes.get_plan_choices(stranger)


async def test_a_workspace_that_owes_pays_first(shop: Shop) -> None:
    owner = await subscriber(shop)
    async with db.transaction() as session:
        row = await session.get_one(Workspace, owner.workspace_id)
        row.subscription_status = SubscriptionStatus.PAST_DUE
    with pytest.raises(PaymentOverdue):
        await quote_of(owner, "pro")


async def test_a_plan_of_another_currency_is_refused_in_words(
    shop: Shop, environment: pytest.MonkeyPatch
) -> None:
    owner = await subscriber(shop)
    euro = {
        "currency": "eur",
        "unit_amount": 1900,
        "product": "prod_sandbox_pro",
        "recurring": {"interval": "year"},
    }
    price = await shop.engine.act(lambda books: catalogue.create_price(books, euro))
    environment.setenv("PAYMENTS_PRO_ANNUAL_PLAN_ID", price["id"])
    config.get_settings.cache_clear()
    prices.forget()
    with pytest.raises(CurrencyLocked):
        await quote_of(owner, "pro", "year")


async def test_a_customer_of_another_currency_is_sold_no_subscription_and_told_why(
    shop: Shop, environment: pytest.MonkeyPatch
) -> None:
    owner = await subscriber(shop)
    await shop.engine.cancel_now(str((await record_of(owner)).stripe_subscription_id))
    await shop.landed("customer.subscription.deleted")
    euro = {
        "currency": "eur",
        "unit_amount": 1900,
        "product": "prod_sandbox_pro",
        "recurring": {"interval": "year"},
    }
    price = await shop.engine.act(lambda books: catalogue.create_price(books, euro))
    environment.setenv("PAYMENTS_PRO_ANNUAL_PLAN_ID", price["id"])
    config.get_settings.cache_clear()
    with pytest.raises(CurrencyLocked, match="another currency"):
        await operations.generate_checkout_session(member=owner, plan_id="pro", interval=BillingInterval.YEAR)
    assert (await record_of(owner)).subscription_status is SubscriptionStatus.DELETED


async def test_a_stripe_that_is_down_changes_nothing(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    owner = await subscriber(shop)
    quote = await quote_of(owner, "pro")

    async def down(*_: object, **__: object) -> None:
        raise PaymentProcessorUnavailable

    monkeypatch.setattr(type(plan_changes.payment_processor()), "change_price", down)
    with pytest.raises(PaymentProcessorUnavailable):
        await plan_changes.change_plan(member=owner, quote=quote)
    assert (await record_of(owner)).subscription_plan == "hobby"


async def test_a_coupon_outlives_a_planned_change(shop: Shop) -> None:
    owner = await new_owner()
    session = await operations.generate_checkout_session(member=owner, plan_id="pro")
    await shop.engine.apply_promotion_code(session.id, "LAUNCH50")
    await shop.pay(session.id)
    for event_type in ("customer.subscription.created", "invoice.paid"):
        await shop.landed(event_type)
    before = await subscription_of(owner, shop)
    await plan_changes.change_plan(
        member=owner, quote=await quote_of(owner, "hobby"), when=ChangeTime.PERIOD_END
    )
    await shop.engine.advance_period()
    await shop.landed("invoice.paid", 2)
    after, newest = await subscription_of(owner, shop), (await invoices_of(owner, shop))[0]
    assert (newest["billing_reason"], newest["subtotal"]) == ("subscription_cycle", 999)
    assert newest["total_discount_amounts"][0]["amount"] == 500
    for kept in ("discounts", "automatic_tax", "default_payment_method", "metadata", "quantity"):
        assert after[kept] == before[kept], kept
    assert after["discounts"]


async def subscription_of(owner: Member, shop: Shop) -> dict:
    return await shop.engine.retrieve("subscription", str((await record_of(owner)).stripe_subscription_id))
