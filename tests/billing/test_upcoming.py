"""The next invoice and the card that pays it."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update

from sentineliq import db
from sentineliq.billing import cancellations, last_told, operations, plan_changes, processor, upcoming
from sentineliq.billing.card_expiry import CardExpiry, expiry_of
from sentineliq.billing.models import Invoice
from sentineliq.billing.overview import get_billing_overview
from sentineliq.billing.plan_views import ChangeTime
from sentineliq.billing.processor import PaymentProcessorUnavailable
from sentineliq.billing.views import PaymentMethodView
from sentineliq.sandbox.engine import Card
from sentineliq.workspaces.members import Member
from sentineliq.workspaces.models import Workspace
from tests.billing.shop import Shop, new_owner, record_of
from tests.state.tab import returning

NOW = datetime(2026, 11, 22, tzinfo=UTC)


async def subscriber(shop: Shop, plan_id: str = "hobby") -> Member:
    owner = await new_owner()
    session = await operations.generate_checkout_session(member=owner, plan_id=plan_id)
    await shop.pay(session.id)
    await shop.landed("customer.subscription.created")
    await shop.landed("invoice.paid")
    return owner


@pytest.mark.parametrize(
    ("month", "year", "needed_on", "expected"),
    [
        (10, 2026, None, CardExpiry.EXPIRED),
        (11, 2026, None, CardExpiry.EXPIRING),
        (12, 2026, None, CardExpiry.VALID),
        (12, 2026, NOW + timedelta(days=45), CardExpiry.EXPIRING),
        (12, 2026, NOW + timedelta(days=20), CardExpiry.VALID),
        (1, 2027, NOW + timedelta(days=30), CardExpiry.VALID),
    ],
)
def test_a_card_pays_until_the_last_day_of_its_month(
    month: int, year: int, needed_on: datetime | None, expected: CardExpiry
) -> None:
    assert expiry_of(exp_month=month, exp_year=year, at=NOW, needed_on=needed_on) is expected


async def test_the_next_invoice_is_what_the_renewal_will_ask_for(shop: Shop) -> None:
    owner = await subscriber(shop)
    coming = await upcoming.get_next_invoice(owner)
    assert coming is not None
    assert (coming.total - coming.tax, coming.at) == (999, (await record_of(owner)).current_period_end)
    assert coming.changes_to == ""


async def test_credit_and_a_planned_change_are_in_the_next_invoice(shop: Shop) -> None:
    owner = await subscriber(shop)
    quote = await plan_changes.preview_plan_change(member=owner, plan_id="pro")
    await plan_changes.change_plan(member=owner, quote=quote)
    back = await plan_changes.preview_plan_change(member=owner, plan_id="hobby")
    await plan_changes.change_plan(member=owner, quote=back, when=ChangeTime.PERIOD_END)
    coming = await upcoming.get_next_invoice(owner)
    assert coming is not None
    assert coming.total - coming.tax == 999
    assert (coming.changes_to, coming.at) == ("Hobby", (await record_of(owner)).current_period_end)


async def test_nothing_is_coming_without_a_subscription_or_after_its_cancellation(shop: Shop) -> None:
    stranger = await new_owner(email="someone@example.com")
    assert await upcoming.get_next_invoice(stranger) is None
    assert await upcoming.get_payment_method(stranger) is None
    owner = await subscriber(shop)
    await cancellations.cancel_subscription(member=owner)
    assert await upcoming.get_next_invoice(owner) is None


async def test_a_card_that_lapses_before_the_renewal_is_told(shop: Shop) -> None:
    owner = await subscriber(shop)
    now = db.now()
    await shop.engine.replace_card(
        str((await record_of(owner)).stripe_customer_id),
        Card("4242 4242 4242 4242", now.month, now.year, "123"),
    )
    card = await upcoming.get_payment_method(owner)
    assert card is not None
    assert card.expiry is CardExpiry.EXPIRING


async def test_what_was_asked_before_stripe_told_of_a_change_is_not_shared(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner = await subscriber(shop)
    asked = asyncio.Queue[asyncio.Future[PaymentMethodView]]()

    async def fetch(_customer_id: str) -> PaymentMethodView:
        answer = asyncio.get_running_loop().create_future()
        asked.put_nowait(answer)
        return await answer

    monkeypatch.setattr(processor.payment_processor(), "fetch_payment_method", fetch)
    before = asyncio.create_task(upcoming.get_payment_method(owner))
    old = await asked.get()
    async with db.transaction() as session:
        await session.exec(update(Workspace).values(customer_as_of=db.now()))
    after = asyncio.create_task(upcoming.get_payment_method(owner))
    new = await asked.get()
    for answer, brand in ((old, "visa"), (new, "mastercard")):
        answer.set_result(PaymentMethodView(brand=brand, last4="4242", exp_month=12, exp_year=2040))
    assert [card.brand for card in (await before, await after) if card] == ["visa", "mastercard"]


async def test_older_invoices_are_shown_as_far_as_they_are_asked_for(shop: Shop) -> None:
    owner = await new_owner()
    async with db.transaction() as session:
        for number in range(15):
            session.add(
                Invoice(
                    id=f"in_{number}",
                    workspace_id=owner.workspace_id,
                    status="paid",
                    currency="usd",
                    total=number,
                    amount_paid=number,
                    amount_remaining=0,
                    created=NOW + timedelta(days=number),
                    as_of=NOW,
                )
            )
    first = await get_billing_overview(owner)
    assert ([one.total for one in first.invoices], first.has_more_invoices) == (
        list(range(14, 2, -1)),
        True,
    )
    both = await get_billing_overview(owner, invoices_shown=24)
    assert (len(both.invoices), both.has_more_invoices) == (15, False)


async def test_where_receipts_go_is_shown(shop: Shop) -> None:
    owner = await subscriber(shop)
    await shop.landed("customer.updated")
    assert (await get_billing_overview(owner)).billing_email == "owner@example.com"


async def test_while_stripe_is_out_of_reach_card_and_next_invoice_are_what_it_told_last(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner = await subscriber(shop)
    card, coming = await upcoming.get_payment_method(owner), await upcoming.get_next_invoice(owner)
    assert card is not None
    assert coming is not None
    assert (card.as_of, coming.as_of) == (None, None)
    stripe = processor.payment_processor()
    for question in ("fetch_payment_method", "preview_next_invoice"):
        monkeypatch.setattr(stripe, question, returning(PaymentProcessorUnavailable()))
    old_card, old_coming = await upcoming.get_payment_method(owner), await upcoming.get_next_invoice(owner)
    assert old_card is not None
    assert old_coming is not None
    assert old_card.as_of is not None
    assert old_coming.as_of is not None
    assert replace(old_card, as_of=None) == card
    assert replace(old_coming, as_of=None) == coming


async def test_what_stripe_told_of_another_period_is_not_shown(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner = await subscriber(shop)
    await upcoming.get_next_invoice(owner)
    async with db.transaction() as session:
        workspace = await session.get_one(Workspace, owner.workspace_id)
        assert workspace.current_period_end is not None
        workspace.current_period_end += timedelta(days=30)
        session.add(workspace)
    down = returning(PaymentProcessorUnavailable())
    monkeypatch.setattr(processor.payment_processor(), "preview_next_invoice", down)
    with pytest.raises(PaymentProcessorUnavailable):
        await upcoming.get_next_invoice(owner)


def test_only_so_many_answers_are_kept_and_the_oldest_goes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(last_told, "KEPT", 2)
    told: last_told.LastTold[str] = last_told.LastTold()
    for customer in ("ann", "bob", "eve"):
        told.keep(customer, "visa")
    told.keep("eve", None)
    assert [told.recall(customer) is not None for customer in ("ann", "bob", "eve")] == [False, True, False]
