"""Stripe does what it is asked, and its answer is lost: nothing is done twice, or said not to be done."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlmodel import col, select
from starlette.requests import Request
from starlette.responses import Response

from sentineliq import db
from sentineliq.billing import operations, plan_changes, planned_again
from sentineliq.billing.models import Job
from sentineliq.billing.plan_changes import AlreadyOnPlan, change_plan, get_plan_choices
from sentineliq.billing.plan_views import ChangeTime
from sentineliq.billing.processor import (
    OutcomeUnknown,
    PaymentProcessorUnavailable,
    payment_processor,
)
from sentineliq.billing.staff import payments
from sentineliq.billing.stripe import client, reads
from sentineliq.sandbox.api.protocol import Protocol
from sentineliq.workspaces.members import Member
from tests.billing.shop import Shop, new_owner, opened, record_of
from tests.billing.staff.conftest import as_staff
from tests.billing.test_plan_changes import invoices_of, quote_of, subscriber
from tests.factories import make_user

SUBSCRIPTIONS, SCHEDULES, SESSIONS = "/subscriptions/", "/subscription_schedules", "/checkout/sessions"


@pytest.fixture
def lost(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Parts of the paths to which requests are carried out, and not answered; nothing is tried again."""
    silent: set[str] = set()
    handle = Protocol.handle

    async def unheard(self: Protocol, request: Request) -> Response:
        answer = await handle(self, request)
        is_lost = request.method == "POST" and any(part in request.url.path for part in silent)
        return Response(status_code=502) if is_lost else answer

    monkeypatch.setattr(Protocol, "handle", unheard)
    defaults = client.client_of.__kwdefaults__ or {}
    monkeypatch.setitem(defaults, "retries", 0)
    return silent


@pytest.fixture
async def shop(
    database: db.Database, environment: pytest.MonkeyPatch, tmp_path: Path, lost: set[str]
) -> AsyncIterator[Shop]:
    environment.setenv("PAYMENTS_PRO_ANNUAL_PLAN_ID", "price_sandbox_pro_annual")
    environment.setenv("PAYMENTS_HOBBY_ANNUAL_PLAN_ID", "price_sandbox_hobby_annual")
    environment.setenv("PAYMENTS_TRIAL_DAYS", "0")
    async with opened(environment, tmp_path) as shop:
        yield shop


async def planned_of(owner: Member) -> str | None:
    planned = (await get_plan_choices(owner)).planned
    return planned.plan_name if planned else None


async def with_a_planned_downgrade(shop: Shop) -> Member:
    owner = await subscriber(shop, "pro")
    await change_plan(member=owner, quote=await quote_of(owner, "hobby"), when=ChangeTime.PERIOD_END)
    assert await planned_of(owner) == "Hobby"
    return owner


async def let_time_pass() -> None:
    async with db.transaction() as session:
        for job in (await session.exec(select(Job).where(col(Job.name).startswith("replan:")))).all():
            job.held_until = db.now() - timedelta(seconds=1)
            session.add(job)


async def test_a_change_whose_answer_is_lost_is_charged_once_and_found_done(
    shop: Shop, lost: set[str]
) -> None:
    owner = await subscriber(shop)
    quote = await quote_of(owner, "pro")
    lost.add(SUBSCRIPTIONS)
    with pytest.raises(OutcomeUnknown) as unknown:
        await change_plan(member=owner, quote=quote)
    assert "charged" not in unknown.value.message
    lost.clear()
    outcome = await change_plan(member=owner, quote=quote)
    assert (outcome.plan_name, outcome.takes_place_at) == ("Pro", None)
    with pytest.raises(AlreadyOnPlan):
        await quote_of(owner, "pro")
    assert (len(await invoices_of(owner, shop)), (await record_of(owner)).subscription_plan) == (2, "pro")


async def test_a_change_that_is_done_is_no_failure_though_it_cannot_be_followed(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner = await subscriber(shop)
    quote = await quote_of(owner, "pro")

    async def unreachable(_customer_id: str) -> None:
        raise PaymentProcessorUnavailable

    monkeypatch.setattr(reads, "fetch_subscriptions", unreachable)
    assert (await change_plan(member=owner, quote=quote)).plan_name == "Pro"


async def test_a_downgrade_whose_planning_is_not_answered_is_planned_by_the_next_press(
    shop: Shop, lost: set[str]
) -> None:
    owner = await subscriber(shop, "pro")
    quote = await quote_of(owner, "hobby")
    lost.add(SCHEDULES)
    with pytest.raises(OutcomeUnknown):
        await change_plan(member=owner, quote=quote, when=ChangeTime.PERIOD_END)
    lost.clear()
    for _ in range(2):
        outcome = await change_plan(member=owner, quote=quote, when=ChangeTime.PERIOD_END)
        assert outcome.takes_place_at is not None
        assert await planned_of(owner) == "Hobby"


@pytest.mark.parametrize("end", [asyncio.CancelledError, PaymentProcessorUnavailable, OutcomeUnknown])
async def test_a_planned_downgrade_outlives_a_change_that_breaks_off(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, end: type[BaseException]
) -> None:
    owner = await with_a_planned_downgrade(shop)
    quote = await quote_of(owner, "pro", "year")

    async def breaks_off(*_args: object, **_values: object) -> None:
        raise end

    with monkeypatch.context() as down:
        down.setattr(type(payment_processor()), "change_price", breaks_off)
        with pytest.raises(end):
            await change_plan(member=owner, quote=quote)
    await planned_again.settle_left()
    assert await planned_of(owner) == ("Hobby" if end is PaymentProcessorUnavailable else None)
    await let_time_pass()
    await planned_again.settle_left()
    assert await planned_of(owner) == "Hobby"


async def test_a_change_whose_answer_is_lost_keeps_the_place_of_the_planned_one(
    shop: Shop, lost: set[str]
) -> None:
    owner = await with_a_planned_downgrade(shop)
    quote = await quote_of(owner, "pro", "year")
    lost.add(SUBSCRIPTIONS)
    with pytest.raises(OutcomeUnknown):
        await change_plan(member=owner, quote=quote)
    lost.clear()
    await let_time_pass()
    await planned_again.settle_left()
    choices = await get_plan_choices(owner)
    assert (choices.plan_id, choices.interval, choices.planned) == ("pro", "year", None)


async def test_what_took_the_place_and_was_dropped_does_not_bring_the_first_one_back(shop: Shop) -> None:
    owner = await with_a_planned_downgrade(shop)
    await change_plan(member=owner, quote=await quote_of(owner, "hobby", "year"), when=ChangeTime.PERIOD_END)
    subscription = (await record_of(owner)).stripe_subscription_id or ""
    schedule = (await payment_processor().fetch_subscription(subscription)).schedule_id or ""
    await payment_processor().drop_planned_change(schedule)
    await let_time_pass()
    await planned_again.settle_left()
    assert await planned_of(owner) is None


async def test_an_owner_who_wants_nothing_planned_is_planned_nothing_again(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner = await with_a_planned_downgrade(shop)
    quote = await quote_of(owner, "pro", "year")

    async def lost_before_it_was_sent(*_args: object, **_values: object) -> None:
        raise OutcomeUnknown

    monkeypatch.setattr(type(payment_processor()), "change_price", lost_before_it_was_sent)
    with pytest.raises(OutcomeUnknown):
        await change_plan(member=owner, quote=quote)
    await plan_changes.keep_plan(owner)
    await let_time_pass()
    await planned_again.settle_left()
    assert await planned_of(owner) is None


async def test_a_refund_whose_answer_is_lost_is_not_made_again_by_the_same_press(
    shop: Shop, lost: set[str]
) -> None:
    clerk = as_staff(await make_user(email="staff@example.com", verified=True))
    owner = await new_owner()
    session = await operations.generate_checkout_session(member=owner, plan_id="credits10")
    await shop.pay(session.id)
    await shop.landed("checkout.session.completed")
    [payment] = await payments.list_payments(clerk, owner.workspace_id)
    order = payments.RefundOrder(payment.charge_id, "3.00", "requested_by_customer", "Unused", 0)
    lost.add("/refunds")
    with pytest.raises(OutcomeUnknown):
        await payments.refund(clerk, owner.workspace_id, order)
    lost.clear()
    with pytest.raises(payments.PaymentChanged):
        await payments.refund(clerk, owner.workspace_id, order)
    assert [each["amount"] for each in await shop.engine.list_documents("refund")] == [300]


async def test_a_click_whose_checkout_was_not_heard_of_leads_to_that_checkout(
    shop: Shop, lost: set[str]
) -> None:
    owner = await new_owner()
    lost.add(SESSIONS)
    with pytest.raises(PaymentProcessorUnavailable):
        await operations.generate_checkout_session(member=owner, plan_id="credits10")
    lost.clear()
    session = await operations.generate_checkout_session(member=owner, plan_id="credits10")
    made = [each["id"] for each in await shop.engine.list_documents("checkout.session")]
    assert made == [session.id]
