"""Times, money and plans in words: what states hand to pages is ready to read."""

from datetime import UTC, datetime

from ..billing.views import PriceView
from ..money import format_money

LOCALE = "en_US"


def day(moment: datetime | None) -> str:
    """`22 Nov 2026` in UTC; empty for None."""
    if moment is None:
        return ""
    utc = moment.astimezone(UTC)
    return f"{utc.day} {utc:%b %Y}"


def day_and_time(moment: datetime) -> str:
    """`22 Nov 2026, 14:05 UTC`."""
    return f"{day(moment)}, {moment.astimezone(UTC):%H:%M} UTC"


def money(*, amount: int, currency: str) -> str:
    """`amount` in minor units, as `$9.99`."""
    return format_money(amount, currency, LOCALE)


def billing_interval(price: PriceView) -> str:
    """`per month`, `every 3 months` or `one-time`."""
    if price.interval is None:
        return "one-time"
    if price.interval_count == 1:
        return f"per {price.interval}"
    return f"every {price.interval_count} {price.interval}s"


def days_left(days: int | None) -> str:
    """`13 days left`; empty for None."""
    if days is None:
        return ""
    return "1 day left" if days == 1 else f"{days} days left"
