"""What came in a month, day by day: kept as it is, since prices and amounts of before are nowhere else.

The audit log tells plans and statuses of before, but no amounts, and a plan's price may have changed since.
So each day keeps what `revenue.measure` says; the last word of a day stands. Days on which no server ran, and
those before the first one that kept any, are not known, and are never filled in.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from sqlmodel import col, select

from ... import db
from ...identity import staff as staff_people
from ...identity.staff import StaffMember
from ..models import RevenueDay
from . import revenue
from .history import starts_of_months


@dataclass(frozen=True, slots=True)
class MonthOfRevenue:
    """Of the month's last day that is known; for the running month, of today. None where none is."""

    start: date
    paying: dict[str, int] | None
    """Minor units a month, by currency."""


async def keep_today() -> None:
    """Write down what comes in a month, as of now; once more on the same day, it takes the earlier place."""
    async with db.reading() as session:
        amounts = {each.currency: each.paying for each in await revenue.measure(session)}
    async with db.transaction() as session:
        await db.insert_if_new(session, RevenueDay, {"day": db.now().date(), "amounts": amounts})
        today = await session.get_one(RevenueDay, db.now().date(), with_for_update=True)
        today.amounts = amounts
        session.add(today)


async def get_revenue_history(staff: StaffMember) -> tuple[MonthOfRevenue, ...]:
    """The last twelve months, the oldest first, the running one last. Raises `NotFound`."""
    starts = [start.date() for start in starts_of_months(db.now())]
    kept = select(RevenueDay).where(col(RevenueDay.day) >= starts[0]).order_by(col(RevenueDay.day))
    async with db.reading() as session:
        await staff_people.confirm(session, staff)
        days = (await session.exec(kept)).all()
        now = {each.currency: each.paying for each in await revenue.measure(session)}
    last = _last_of_each_month(days) | {starts[-1]: now}
    return tuple(MonthOfRevenue(start, last.get(start)) for start in starts)


def _last_of_each_month(days: Iterable[RevenueDay]) -> dict[date, dict[str, int]]:
    return {each.day.replace(day=1): each.amounts for each in days}
