"""Each day keeps what came in then; what was not kept is not made up."""

from datetime import date

import pytest
from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from sentineliq import db
from sentineliq.billing import catch_up
from sentineliq.billing.models import RevenueDay
from sentineliq.billing.staff import revenue
from sentineliq.billing.staff.revenue_days import get_revenue_history, keep_today
from sentineliq.identity.staff import StaffMember
from sentineliq.workspaces.models import SubscriptionStatus, Workspace
from tests.billing.staff.test_revenue import add


async def kept() -> dict[date, dict[str, int]]:
    async with db.reading() as session:
        return {each.day: each.amounts for each in (await session.exec(select(RevenueDay))).all()}


async def test_the_last_word_of_a_day_stands(staff: StaffMember) -> None:
    await keep_today()
    assert await kept() == {db.now().date(): {}}
    row = await add(SubscriptionStatus.ACTIVE, 1999)
    await add(SubscriptionStatus.PAST_DUE, 1999)
    await keep_today()
    assert await kept() == {db.now().date(): {"usd": 1999}}
    async with db.transaction() as session:
        (await session.get_one(Workspace, row.id)).price_amount = 2999
    await keep_today()
    assert await kept() == {db.now().date(): {"usd": 2999}}


async def test_nobody_waits_while_it_is_measured(
    database: db.Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    measure = revenue.measure

    async def meanwhile(session: AsyncSession) -> tuple[revenue.MonthlyRevenue, ...]:
        async with db.transaction() as other:
            other.add(RevenueDay(day=date(2026, 1, 1), amounts={"usd": 1}))
        return await measure(session)

    monkeypatch.setattr(revenue, "measure", meanwhile)
    await keep_today()
    assert await kept() == {date(2026, 1, 1): {"usd": 1}, db.now().date(): {}}


async def test_a_month_is_its_last_kept_day_and_the_running_one_is_now(
    staff: StaffMember, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = db.now().replace(year=2026, month=11, day=5)
    monkeypatch.setattr(db, "now", lambda: now)
    async with db.transaction() as session:
        for day, amounts in (
            (date(2025, 11, 30), {"usd": 1}),  # before the first of the twelve
            (date(2026, 9, 1), {"usd": 100}),
            (date(2026, 9, 29), {"usd": 300, "eur": 50}),
            (date(2026, 10, 31), {}),
            (date(2026, 11, 4), {"usd": 700}),
        ):
            session.add(RevenueDay(day=day, amounts=amounts))
    await add(SubscriptionStatus.ACTIVE, 900)
    months = {month.start: month.paying for month in await get_revenue_history(staff)}
    assert list(months) == [date(2025, 12, 1), *(date(2026, month, 1) for month in range(1, 12))]
    told = {start: paying for start, paying in months.items() if paying is not None}
    assert told == {
        date(2026, 9, 1): {"usd": 300, "eur": 50},
        date(2026, 10, 1): {},
        date(2026, 11, 1): {"usd": 900},
    }


async def test_the_schedule_keeps_it_once_an_hour_by_one_worker(staff: StaffMember) -> None:
    await catch_up._keep_revenue()
    await add(SubscriptionStatus.ACTIVE, 1999)
    await catch_up._keep_revenue()  # another worker's turn comes too soon
    assert await kept() == {db.now().date(): {}}
