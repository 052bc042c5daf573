"""Revenue now, and how subscriptions came and went over twelve months."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import reflex as rx
from reflex.event import EventType

from ...billing.staff import history, revenue
from ...identity.staff import StaffMember
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
    """One month of a chart: `height` and `y` are per cent, `text` is what it says in words."""

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
            self.charts, self._drawn_at = _charts(await history.get_history(staff)), datetime.now(UTC)
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
