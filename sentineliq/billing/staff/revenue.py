"""What subscriptions bring in a month, by Stripe's own prices: a currency at a time, never added together.

Counted: what is running and paid for, also when it is set to end. Not counted: trials, and what is past due,
which is told beside it. Amounts are as listed: quantity included, discounts and tax not taken into account.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from sqlalchemy import ColumnElement, Executable, Row, case, func, select
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from ... import db
from ...identity import staff as staff_people
from ...identity.staff import StaffMember
from ...workspaces.models import SubscriptionStatus, Workspace
from ..recurring import RecurringPrice, by_the_month

PAYING = (SubscriptionStatus.ACTIVE, SubscriptionStatus.CANCEL_AT_PERIOD_END)


@dataclass(frozen=True, slots=True)
class MonthlyRevenue:
    """Minor units a month of one currency, rounded once, half up."""

    currency: str
    paying: int
    past_due: int


@dataclass(frozen=True, slots=True)
class RevenueReport:
    """How many workspaces are in which status, and what they bring in.

    `trialing` includes trials that are set to end. `unpriced` subscriptions have no price on record;
    `discounted` ones pay less than their price.
    """

    revenue: tuple[MonthlyRevenue, ...]
    counts: dict[SubscriptionStatus | None, int]
    trialing: int
    complimentary: int
    unpriced: int
    discounted: int


@dataclass(frozen=True, slots=True)
class _Group:
    """Workspaces that share status and price terms."""

    status: SubscriptionStatus | None
    is_trial: bool
    price: RecurringPrice | None
    """Of all of them together."""
    count: int
    discounted: int

    @property
    def pays(self) -> bool:
        return self.status in PAYING and not self.is_trial


async def get_revenue(staff: StaffMember) -> RevenueReport:
    """One pass over the workspaces, whatever their number. Raises `NotFound`."""
    given = select(func.count()).select_from(Workspace).where(col(Workspace.complimentary_until) > db.now())
    async with db.reading() as session:
        await staff_people.confirm(session, staff)
        groups = await _groups(session)
        complimentary = (await (await session.connection()).execute(given)).scalar_one()
    counts: dict[SubscriptionStatus | None, int] = defaultdict(int)
    for group in groups:
        counts[group.status] += group.count
    billed = _billed(groups)
    return RevenueReport(
        revenue=_by_currency(billed),
        counts=dict(counts),
        trialing=sum(group.count for group in groups if group.is_trial),
        complimentary=complimentary,
        unpriced=sum(group.count for group in billed if group.price is None),
        discounted=sum(group.discounted for group in billed),
    )


async def measure(session: AsyncSession) -> tuple[MonthlyRevenue, ...]:
    """What comes in a month, as of now."""
    return _by_currency(_billed(await _groups(session)))


async def _groups(session: AsyncSession) -> list[_Group]:
    rows = (await (await session.connection()).execute(_grouped())).all()
    return [_group(row) for row in rows]


def _billed(groups: list[_Group]) -> list[_Group]:
    return [group for group in groups if group.pays or group.status is SubscriptionStatus.PAST_DUE]


def _is_trial() -> ColumnElement[int]:
    """A trial that is set to end shows as canceling, but nothing was paid for it."""
    ends_later = col(Workspace.trial_end) > db.now()
    trial = (col(Workspace.subscription_status) == SubscriptionStatus.TRIALING) | (
        col(Workspace.subscription_status).in_(PAYING) & ends_later
    )
    return case((trial, 1), else_=0)


def _grouped() -> Executable:
    terms: tuple[Any, ...] = (
        col(Workspace.subscription_status),
        _is_trial().label("is_trial"),
        col(Workspace.price_currency),
        col(Workspace.price_interval),
        col(Workspace.price_interval_count),
    )
    discounted = func.sum(case((col(Workspace.is_discounted), 1), else_=0))
    sums = (func.sum(Workspace.price_amount), func.count(), discounted)
    return select(*terms, *sums).group_by(*terms)


def _group(row: Row[Any]) -> _Group:
    values: tuple[Any, ...] = tuple(row)
    status, is_trial, currency, interval, _, amount, count, discounted = values
    is_known = None not in (amount, currency, interval)
    price = _price(values) if is_known else None
    return _Group(
        status=SubscriptionStatus(status) if status else None,
        is_trial=bool(is_trial),
        price=price,
        count=count,
        discounted=discounted,
    )


def _price(values: tuple[Any, ...]) -> RecurringPrice:
    return RecurringPrice(int(values[5]), values[2], values[3], values[4] or 1)


def _by_currency(groups: Iterable[_Group]) -> tuple[MonthlyRevenue, ...]:
    paying: dict[str, Fraction] = defaultdict(Fraction)
    past_due: dict[str, Fraction] = defaultdict(Fraction)
    for group in groups:
        if group.price is not None:
            sums = paying if group.pays else past_due
            sums[group.price.currency] += by_the_month(group.price)
    return tuple(
        MonthlyRevenue(currency, paying=_rounded(paying[currency]), past_due=_rounded(past_due[currency]))
        for currency in sorted({*paying, *past_due})
    )


def _rounded(amount: Fraction) -> int:
    return int(amount + Fraction(1, 2))
