"""Revenue now, and how subscriptions came and went over twelve months."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import reflex as rx
from reflex.event import EventType

from ...billing.staff import history, revenue, revenue_days
from ...identity.staff import StaffMember
from ...money import minor_digits
from ...workspaces.models import SubscriptionStatus
from .. import wording
from . import words
from .session import StaffState

TALLEST = 100
"""Per cent of a chart's height."""
REDRAWN_AFTER = timedelta(minutes=5)
"""How long an open page keeps its charts: they read a year of the audit log."""


@dataclass(frozen=True)
class RevenueRow:
    currency: str
    paying: str
    past_due: str


@dataclass(frozen=True)
class StatusRow:
    status: str
    label: str
    count: str


@dataclass(frozen=True)
class Bar:
    """One month of a chart: `height` is per cent, `text` is what it says in words."""

    month: str
    year: str
    value: str
    height: float
    text: str


@dataclass(frozen=True)
class Chart:
    id: str
    title: str
    note: str
    bars: list[Bar]


def _chart(name: str, title: str, note: str, months: list[tuple[history.Month, float, str]]) -> Chart:
    tallest = max((value for _, value, _ in months), default=0) or 1
    return Chart(
        id=name,
        title=title,
        note=note,
        bars=[
            Bar(
                month=f"{month.start:%b}",
                year=f"{month.start:%y}",
                value=shown,
                height=round(TALLEST * value / tallest, 2),
                text=f"{month.start:%B %Y}: {shown}",
            )
            for month, value, shown in months
        ],
    )


def _counted(name: str, title: str, note: str, months: tuple[history.Month, ...], field: str) -> Chart:
    values = [(month, getattr(month, field)) for month in months]
    return _chart(name, title, note, [(month, float(value), f"{value:,}") for month, value in values])


def _charts(months: tuple[history.Month, ...]) -> list[Chart]:
    churn = [(month, month.churn or 0.0, _percent(month.churn)) for month in months]
    ends = "At the month's end; the last bar is now."
    share = "What ended, of the subscriptions that ran when the month began; trials and past due included."
    return [
        _counted("paying", "Paying", ends, months, "paying"),
        _counted("trialing", "Trialing", ends, months, "trialing"),
        _counted("past-due", "Past due and unpaid", ends, months, "past_due"),
        _counted("won", "New subscriptions", "Started in the month, trials included.", months, "won"),
        _counted("lost", "Ended subscriptions", "Ended in the month.", months, "lost"),
        _chart("churn", "Churn", share, churn),
    ]


def _revenue_charts(months: tuple[revenue_days.MonthOfRevenue, ...]) -> list[Chart]:
    """One a currency. A month that was not kept has no figure, which is not the same as nothing."""
    currencies = sorted({currency for month in months for currency in month.paying or {}})
    return [_revenue_chart(currency, months) for currency in currencies]


def _revenue_chart(currency: str, months: tuple[revenue_days.MonthOfRevenue, ...]) -> Chart:
    amounts = [None if month.paying is None else month.paying.get(currency, 0) for month in months]
    tallest = max((amount for amount in amounts if amount), default=1)
    return Chart(
        id=f"revenue-{currency}",
        title=f"Monthly recurring revenue, {currency.upper()}",
        note="At the month's end, as it was then; the last bar is now. –: not kept.",
        bars=[
            Bar(
                month=f"{month.start:%b}",
                year=f"{month.start:%y}",
                value="–" if amount is None else _short(amount, currency),
                height=round(TALLEST * (amount or 0) / tallest, 2),
                text=f"{month.start:%B %Y}: {_in_words(amount, currency)}",
            )
            for month, amount in zip(months, amounts, strict=True)
        ],
    )


def _in_words(amount: int | None, currency: str) -> str:
    return "not kept" if amount is None else wording.money(amount=amount, currency=currency)


def _short(amount: int, currency: str) -> str:
    """What fits above a bar: whole units, or thousands."""
    units = amount / 10 ** minor_digits(currency)
    for size, letter in ((1_000_000, "M"), (1_000, "k")):
        if units >= size:
            return f"{units / size:.1f}".removesuffix(".0") + letter
    return f"{units:.0f}"


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{share:.1%}"


class StaffRevenueState(StaffState):
    loaded: bool = False
    amounts: list[RevenueRow] = []
    statuses: list[StatusRow] = []
    unpriced: int = 0
    discounted: int = 0
    complimentary: int = 0
    charts: list[Chart] = []
    _drawn_at: datetime | None = None

    @rx.event
    async def load(self) -> EventType[()] | None:
        """Show the page to staff; to anyone else there is nothing."""
        async with self._reporting():
            staff = await self._open()
            if staff is not None:
                self._drawn_at = None
                await self._read_again(staff)
        return None

    async def _read_again(self, staff: StaffMember) -> None:
        self._fill(await revenue.get_revenue(staff))
        if self._drawn_at is None or datetime.now(UTC) - self._drawn_at > REDRAWN_AFTER:
            earned = _revenue_charts(await revenue_days.get_revenue_history(staff))
            self.charts = earned + _charts(await history.get_history(staff))
            self._drawn_at = datetime.now(UTC)
        self.loaded = True

    def _fill(self, report: revenue.RevenueReport) -> None:
        self.amounts = [
            RevenueRow(
                currency=each.currency.upper(),
                paying=wording.money(amount=each.paying, currency=each.currency),
                past_due=wording.money(amount=each.past_due, currency=each.currency),
            )
            for each in report.revenue
        ]
        self.statuses = [
            StatusRow(status or "", words.status(status), f"{report.counts.get(status, 0):,}")
            for status in (*SubscriptionStatus, None)
        ]
        self.unpriced, self.discounted = report.unpriced, report.discounted
        self.complimentary = report.complimentary
