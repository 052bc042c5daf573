"""The prices on sale as Stripe has them, kept for minutes: the pricing page does not wait for Stripe."""

import asyncio
import time
from dataclasses import dataclass

from ..errors import AppError
from .plan_ids import BillingInterval
from .plans import NotOnSale, PaymentPlan
from .processor import payment_processor
from .views import PriceView

FRESH_FOR = 300
"""Seconds that a price is shown without asking again. An older one is shown while Stripe cannot be asked."""


@dataclass(frozen=True, slots=True)
class _Known:
    price: PriceView
    asked_at: float


_known: dict[str, _Known] = {}


async def prices_of(
    plans: list[PaymentPlan], interval: BillingInterval = BillingInterval.MONTH
) -> list[PriceView | None]:
    """The price of each plan, None where it is not sold that way, or Stripe cannot be asked and never was."""
    return list(await asyncio.gather(*(_price_of(plan, interval) for plan in plans)))


def forget() -> None:
    """Ask Stripe anew next time."""
    _known.clear()


async def _price_of(plan: PaymentPlan, interval: BillingInterval) -> PriceView | None:
    try:
        return await _price(plan.get_payment_processor_plan_id(interval))
    except NotOnSale:
        return None


async def _price(price_id: str) -> PriceView | None:
    known = _known.get(price_id)
    if known and time.monotonic() - known.asked_at < FRESH_FOR:
        return known.price
    try:
        price = await payment_processor().fetch_price(price_id)
    except AppError:
        return known.price if known else None
    _known[price_id] = _Known(price, time.monotonic())
    return price
