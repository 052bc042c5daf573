"""When a card lapses: its month's last day is the last on which it pays. Pure."""

from datetime import UTC, datetime, timedelta
from enum import StrEnum

SOON = timedelta(days=30)
"""How long before a card lapses people are warned, if no renewal comes earlier."""


class CardExpiry(StrEnum):
    VALID = "valid"
    EXPIRING = "expiring"
    EXPIRED = "expired"


def expiry_of(*, exp_month: int, exp_year: int, at: datetime, needed_on: datetime | None) -> CardExpiry:
    """Whether a card still pays now, and on the day of the next renewal. The month ends in UTC."""
    lapses = datetime(exp_year + exp_month // 12, exp_month % 12 + 1, 1, tzinfo=UTC)
    if lapses <= at:
        return CardExpiry.EXPIRED
    if lapses <= max(at + SOON, needed_on or at):
        return CardExpiry.EXPIRING
    return CardExpiry.VALID
