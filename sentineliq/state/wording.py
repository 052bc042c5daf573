"""Times, money, roles and plans in the reader's words: what states hand to pages is ready to read."""

from ..billing.views import PriceView
from ..i18n import day, day_and_time, number, say, say_plural, short_day, spoken
from ..money import format_money
from ..workspaces.members import ROLE_NAMES
from ..workspaces.models import Role

__all__ = ["billing_interval", "day", "day_and_time", "days_left", "money", "number", "role", "short_day"]


def role(held: Role) -> str:
    return say(ROLE_NAMES[held])


def money(*, amount: int, currency: str) -> str:
    """`amount` in minor units, as `$9.99`."""
    return format_money(amount, currency, spoken())


def billing_interval(price: PriceView) -> str:
    """`per month`, `every 3 months` or `one-time`."""
    count = price.interval_count
    match price.interval:
        case None:
            return say("one-time")
        case "year":
            return say("per year") if count == 1 else say("every {count} years", count=count)
        case "month":
            return say("per month") if count == 1 else say("every {count} months", count=count)
        case "week":
            return say("per week") if count == 1 else say("every {count} weeks", count=count)
        case _:
            return say("per day") if count == 1 else say("every {count} days", count=count)


def days_left(days: int | None) -> str:
    """`13 days left`; empty for None."""
    return "" if days is None else say_plural("{count} day left", "{count} days left", count=days)
