"""What a subscription brings in is read from its items, exactly, in both shapes, or not at all."""

from datetime import timedelta
from fractions import Fraction
from typing import Any

import pytest

from sentineliq import db
from sentineliq.billing.entitlements import complimentary_plan, entitled_plan
from sentineliq.billing.plan_ids import PaymentPlanId
from sentineliq.billing.recurring import RecurringPrice, by_the_month, held_price
from sentineliq.billing.stripe.item_prices import price_of_items
from sentineliq.workspaces.models import SubscriptionStatus, Workspace
from tests.billing.conftest import SHAPES, Webhook, payload, reread


def item(**price: Any) -> dict[str, Any]:
    recurring = {"interval": price.pop("interval", "month"), "interval_count": price.pop("count", 1)}
    quantity = price.pop("quantity", 1)
    return {
        "quantity": quantity,
        "price": {"unit_amount": 1900, "currency": "usd", "recurring": recurring} | price,
    }


@pytest.mark.parametrize("shape", SHAPES)
async def test_the_price_of_the_subscription_is_on_the_record(
    stripe_webhook: Webhook, workspace: Workspace, shape: str
) -> None:
    await stripe_webhook.deliver_all(payload("customer.subscription.created", shape=shape))
    assert held_price(await reread(workspace)) == RecurringPrice(1900, "usd", "month", 1)


async def test_the_price_goes_with_the_subscription_and_stays_over_a_failed_payment(
    stripe_webhook: Webhook, workspace: Workspace
) -> None:
    await stripe_webhook.deliver_all(payload("customer.subscription.created"))
    await stripe_webhook.deliver_all(payload("customer.subscription.updated.past_due"))
    past_due = await reread(workspace)
    assert past_due.subscription_status is SubscriptionStatus.PAST_DUE
    assert held_price(past_due) == RecurringPrice(1900, "usd", "month", 1)
    await stripe_webhook.deliver_all(payload("customer.subscription.deleted.period-end"))
    assert held_price(await reread(workspace)) is None


async def test_a_discount_is_noted(stripe_webhook: Webhook, workspace: Workspace) -> None:
    event = payload("customer.subscription.created", discounts=["di_1"])
    await stripe_webhook.deliver_all(event)
    assert (await reread(workspace)).is_discounted is True


def test_quantities_count_and_items_of_one_rhythm_add_up() -> None:
    two = [item(quantity=3), item(unit_amount=100)]
    assert price_of_items(two) == RecurringPrice(5800, "usd", "month")
    assert price_of_items([item(interval="month", count=3)]) == RecurringPrice(1900, "usd", "month", 3)
    older = {"quantity": 2, "plan": {"amount": 500, "currency": "jpy", "interval": "year"}}
    assert price_of_items([older]) == RecurringPrice(1000, "jpy", "year")


@pytest.mark.parametrize(
    "items",
    [
        [item(), item(currency="eur")],
        [item(), item(interval="year")],
        [item(unit_amount=None)],
        [item(unit_amount=9.5)],
        [item(interval=["month"])],
        [item(interval="fortnight")],
        [item(count=0)],
        [{"quantity": None, "price": "price_1"}],
        ["nonsense"],
    ],
)
def test_what_is_not_understood_is_not_guessed(items: list[Any]) -> None:
    assert price_of_items(items) is None


def test_a_year_is_a_twelfth_a_month_and_nothing_is_rounded() -> None:
    assert by_the_month(RecurringPrice(1000, "usd", "year")) == Fraction(1000, 12)
    assert by_the_month(RecurringPrice(1000, "usd", "month", 3)) == Fraction(1000, 3)
    assert by_the_month(RecurringPrice(700, "usd", "week")) == Fraction(700 * 52, 12)


def test_a_complimentary_plan_holds_until_its_date_and_never_takes_from_what_is_paid() -> None:
    now = db.now()
    given = Workspace(name="Acme", complimentary_plan="hobby", complimentary_until=now + timedelta(days=1))
    assert entitled_plan(given, at=now) is PaymentPlanId.HOBBY
    assert entitled_plan(given, at=now + timedelta(days=1)) is None
    given.subscription_plan, given.subscription_status = "pro", SubscriptionStatus.ACTIVE
    assert entitled_plan(given, at=now) is PaymentPlanId.PRO
    given.subscription_status = SubscriptionStatus.UNPAID
    assert entitled_plan(given, at=now) is PaymentPlanId.HOBBY
    assert complimentary_plan(given, at=now) is PaymentPlanId.HOBBY
