"""Checkouts at once: one customer, at most one session that can be paid, one live subscription."""

import asyncio
from typing import Any

import pytest
from sqlmodel import select

from sentineliq import db
from sentineliq.billing.checkouts import AlreadySubscribed, CheckoutOvertaken
from sentineliq.billing.models import CustomerLink
from sentineliq.billing.operations import generate_checkout_session
from sentineliq.billing.processor import CheckoutSession
from sentineliq.billing.stripe.handlers import HANDLERS
from sentineliq.billing.stripe.payment_processor import StripePaymentProcessor
from sentineliq.errors import AppError
from sentineliq.workspaces.members import Member
from tests.history.stripe_side import everything
from tests.races.conftest import PATIENCE, Till, new_owner

CLICKS = 8
EXPECTED = (CheckoutOvertaken, AlreadySubscribed)


async def click(owner: Member, plan: str) -> CheckoutSession | AppError:
    try:
        return await generate_checkout_session(member=owner, plan_id=plan)
    except EXPECTED as refusal:
        return refusal


async def open_sessions(till: Till) -> list[str]:
    return [one["id"] for one in await everything(till.engine, "checkout.session") if one["status"] == "open"]


async def assert_one_customer(till: Till) -> None:
    customers = await everything(till.engine, "customer")
    async with db.reading() as session:
        links = (await session.exec(select(CustomerLink.customer_id))).all()
    assert [one["id"] for one in customers] == list(links)
    assert len(links) == 1


async def test_double_click_opens_at_most_one_session_for_one_customer(till: Till, owner: Member) -> None:
    opened = await asyncio.gather(*(click(owner, "pro") for _ in range(CLICKS)))
    sessions = {one.id for one in opened if isinstance(one, CheckoutSession)}
    assert len(sessions) == 1
    assert set(await open_sessions(till)) <= sessions
    await assert_one_customer(till)


@pytest.mark.parametrize("later", ["hobby", "pro"])
async def test_click_that_was_held_up_leaves_the_newer_session_open(
    till: Till, owner: Member, monkeypatch: pytest.MonkeyPatch, later: str
) -> None:
    """The first click has reserved, and goes on to close older sessions only once the second is through."""
    is_held, may_go_on = asyncio.Event(), asyncio.Event()
    close_older = StripePaymentProcessor.expire_open_checkout_sessions

    async def held_up(self: StripePaymentProcessor, *given: Any, **named: Any) -> None:
        if not is_held.is_set():
            is_held.set()
            await may_go_on.wait()
        await close_older(self, *given, **named)

    monkeypatch.setattr(StripePaymentProcessor, "expire_open_checkout_sessions", held_up)
    first = asyncio.create_task(click(owner, "hobby"))
    await asyncio.wait_for(is_held.wait(), PATIENCE)
    second = await click(owner, later)
    may_go_on.set()
    await first
    assert isinstance(second, CheckoutSession)
    assert await open_sessions(till) == [second.id]


@pytest.mark.parametrize("plans", [("hobby", "pro"), ("pro", "credits10"), ("hobby", "pro", "credits10")])
async def test_tabs_with_different_plans_leave_at_most_one_session_open(
    till: Till, owner: Member, plans: tuple[str, ...]
) -> None:
    answers = await asyncio.gather(*(click(owner, plan) for plan in plans * 3))
    left = await open_sessions(till)
    assert len(left) <= 1
    assert set(left) <= {one.id for one in answers if isinstance(one, CheckoutSession)}
    await assert_one_customer(till)


async def test_click_while_the_payment_lands_never_sells_a_second_subscription(
    till: Till, owner: Member
) -> None:
    first = await generate_checkout_session(member=owner, plan_id="hobby")
    await till.pay(first.id)
    events = await till.events(*HANDLERS)
    _, *answers = await asyncio.gather(
        till.deliver_at_once(events), *(click(owner, plan) for plan in ("pro", "hobby", "pro"))
    )
    assert await open_sessions(till) == []
    refused = [one for one in answers if not isinstance(one, CheckoutSession)]
    joined = [one for one in answers if isinstance(one, CheckoutSession)]
    assert {one.id for one in joined} <= {first.id}
    assert all(isinstance(one, EXPECTED) for one in refused)


async def test_two_workspaces_at_once_have_their_own_customers_and_sessions(till: Till) -> None:
    one, two = await new_owner("one@example.com"), await new_owner("two@example.com")
    await asyncio.gather(click(one, "hobby"), click(two, "hobby"))
    assert len(await open_sessions(till)) == 2
    assert len(await everything(till.engine, "customer")) == 2
