"""The prices on sale as Stripe has them, kept for minutes: the pricing page does not wait for Stripe."""

import asyncio
import time
from dataclasses import dataclass
from datetime import datetime

from .. import db
from ..errors import AppError
from .plan_ids import BillingInterval
from .plans import NotOnSale, PaymentPlan
from .processor import payment_processor
from .views import PriceView

FRESH_FOR = 300
"""Seconds that a price is shown without asking again. An older one is shown and asked for beside it."""


@dataclass(slots=True)
class _Known:
    """What Stripe told last; `asked_at` is monotonic, `is_stale`: it could not be asked since."""

    price: PriceView
    asked_at: float
    told_at: datetime
    is_stale: bool = False


_known: dict[str, _Known] = {}
_asking: dict[str, asyncio.Task[None]] = {}


async def prices_of(
    plans: list[PaymentPlan], interval: BillingInterval = BillingInterval.MONTH, *, wait: bool = True
) -> list[PriceView | None]:
    """The price of each plan, None where it is not sold that way, or Stripe cannot be asked and never was.

    Without `wait`, None also where Stripe was never asked: it is being asked from now on.
    """
    return list(await asyncio.gather(*(_price_of(plan, interval, wait=wait) for plan in plans)))


def stale_since() -> datetime | None:
    """When Stripe told the oldest of the prices that it could not be asked for since."""
    return min((known.told_at for known in _known.values() if known.is_stale), default=None)


def forget() -> None:
    """Ask Stripe anew next time."""
    _known.clear()
    _asking.clear()


async def _price_of(plan: PaymentPlan, interval: BillingInterval, *, wait: bool) -> PriceView | None:
    try:
        return await _price(plan.get_payment_processor_plan_id(interval), wait=wait)
    except NotOnSale:
        return None


async def _price(price_id: str, *, wait: bool) -> PriceView | None:
    known = _known.get(price_id)
    if known is None or time.monotonic() - known.asked_at >= FRESH_FOR:
        asking = _ask(price_id)
        if known is None and wait:
            await asyncio.shield(asking)
            known = _known.get(price_id)
    return known.price if known else None


def _ask(price_id: str) -> asyncio.Task[None]:
    """Ask Stripe, once for all who want to know."""
    asking = _asking.get(price_id)
    if asking is None:
        asking = asyncio.create_task(_learn(price_id))
        _asking[price_id] = asking
        asking.add_done_callback(lambda _: _asking.pop(price_id, None))
    return asking


async def _learn(price_id: str) -> None:
    try:
        price = await payment_processor().fetch_price(price_id)
    except AppError:
        if known := _known.get(price_id):
            known.is_stale = True
        return
    _known[price_id] = _Known(price, asked_at=time.monotonic(), told_at=db.now())
