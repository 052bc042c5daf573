"""What a subscription brings in, as a rate: exact until it is shown. No I/O."""

from dataclasses import dataclass
from fractions import Fraction

from .billed import BilledWorkspace

MONTHS = {"year": Fraction(12), "month": Fraction(1), "week": Fraction(12, 52), "day": Fraction(12, 365)}
"""How many months an interval has, as a year has 12 months, 52 weeks or 365 days."""


@dataclass(frozen=True, slots=True)
class RecurringPrice:
    """What is billed every `interval_count` intervals: minor units of `currency`, quantity included, before
    discounts and tax."""

    amount: int
    currency: str
    interval: str
    interval_count: int = 1


def by_the_month(price: RecurringPrice) -> Fraction:
    """Minor units a month, unrounded; a year is a twelfth. Raises `KeyError` for an unknown interval."""
    return price.amount / (MONTHS[price.interval] * price.interval_count)


def held_price(workspace: BilledWorkspace) -> RecurringPrice | None:
    """What the workspace's subscription brings in, as its record has it; None where that is not known."""
    amount, currency, interval = workspace.price_amount, workspace.price_currency, workspace.price_interval
    if amount is None or currency is None or interval is None:
        return None
    return RecurringPrice(amount, currency, interval, workspace.price_interval_count or 1)
