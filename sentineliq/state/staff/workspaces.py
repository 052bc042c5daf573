"""All workspaces: figures on top, then the list, narrowed and sorted as one looks."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import ClassVar
from urllib.parse import urlencode

import reflex as rx
from reflex.event import EventSpec, EventType

from ...billing.staff import events, revenue, workspaces
from ...billing.staff.workspaces import COMPLIMENTARY, FREE, WorkspaceLine, WorkspaceOrder, WorkspacePage
from ...identity.staff import StaffMember
from ...workspaces.models import SubscriptionStatus
from .. import paths, wording
from ..filters import Filtered
from . import words
from .session import StaffState

PLANS = {"": "Any plan", FREE: "No plan", **words.PLANS, COMPLIMENTARY: "Complimentary"}
STATUSES = {"": "Any status", FREE: "No subscription", **words.STATUSES}
ORDERS = {WorkspaceOrder.NEWEST.value: "Newest first", WorkspaceOrder.NAME.value: "By name"}
MOST_READ_AGAIN = 200
"""Rows that a push brings up to date; a longer list goes back to these."""


@dataclass(frozen=True)
class WorkspaceRow:
    id: str
    url: str
    name: str
    owner: str
    plan: str
    given: str
    status: str
    status_label: str
    date: str
    since: str
    is_deleted: bool


@dataclass(frozen=True)
class Figures:
    """Of all workspaces, ready to read."""

    revenue: str = ""
    paying: str = ""
    trialing: str = ""
    past_due: str = ""
    parked: str = ""


def _row(line: WorkspaceLine) -> WorkspaceRow:
    return WorkspaceRow(
        id=line.id,
        url=f"{paths.STAFF_WORKSPACE}?{urlencode({'id': line.id})}",
        name=line.name,
        owner=line.owner_email,
        plan=words.plan(line.plan) if line.plan else "",
        given=f"{words.plan(line.complimentary)} complimentary" if line.complimentary else "",
        status=line.status or "",
        status_label=words.status(line.status),
        date=wording.day(line.period_end),
        since=wording.day(line.created_at),
        is_deleted=line.is_deleted,
    )


def _figures(report: revenue.RevenueReport, parked: int) -> Figures:
    paying = sum(report.counts.get(status, 0) for status in revenue.PAYING)
    trials_ending = report.trialing - report.counts.get(SubscriptionStatus.TRIALING, 0)
    failing = (SubscriptionStatus.PAST_DUE, SubscriptionStatus.UNPAID)
    amounts = [wording.money(amount=each.paying, currency=each.currency) for each in report.revenue]
    return Figures(
        revenue=" + ".join(amounts) or "–",
        paying=f"{paying - trials_ending:,}",
        trialing=f"{report.trialing:,}",
        past_due=f"{sum(report.counts.get(status, 0) for status in failing):,}",
        parked=f"{parked:,}",
    )


class StaffWorkspacesState(Filtered, StaffState):
    FILTERS: ClassVar = ("text", "plan", "status", "order")
    PARSE: ClassVar = staticmethod(workspaces.parse_filter)

    loaded: bool = False
    figures: Figures = Figures()
    rows: list[WorkspaceRow] = []
    has_more: bool = False
    loading_more: bool = False

    text: str = ""
    plan: str = ""
    status: str = ""
    order: str = WorkspaceOrder.NEWEST.value
    _last: WorkspaceLine | None = None

    @rx.event
    async def load(self) -> EventType[()] | None:
        """Show the page to staff; to anyone else there is nothing."""
        async with self._reporting():
            staff = await self._open()
            if staff is not None:
                self._read_address(dict(self.router.url.query_parameters))
                await self._show_figures(staff)
                await self._show_first(staff)
        return None

    @rx.event
    async def narrow(self, name: str, value: str) -> EventSpec | None:
        """Set one filter or the order, and look anew."""
        async with self._reporting():
            staff = await self._require_staff()
            self._choose(name, value)
            await self._show_first(staff)
            return self._write_address()
        return None

    @rx.event
    async def clear(self) -> EventSpec | None:
        """Take all filters away."""
        async with self._reporting():
            staff = await self._require_staff()
            self._set_filters({})
            await self._show_first(staff)
            return self._write_address()
        return None

    @rx.event
    async def load_more(self) -> AsyncIterator[None]:
        """Go on below the last row."""
        self.problem, self.loading_more = "", True
        yield
        async with self._reporting():
            staff = await self._require_staff()
            after = self._last.place if self._last else None
            page = await workspaces.find_workspaces(staff, self._which(), after=after)
            self.rows = [*self.rows, *map(_row, page.lines)]
            self._note_end(page)
        self.loading_more = False

    async def _read_again(self, staff: StaffMember) -> None:
        await self._show_figures(staff)
        await self._show_first(staff, limit=min(max(len(self.rows), workspaces.PAGE), MOST_READ_AGAIN))

    async def _show_figures(self, staff: StaffMember) -> None:
        self.figures = _figures(await revenue.get_revenue(staff), await events.count_parked(staff))

    async def _show_first(self, staff: StaffMember, *, limit: int = workspaces.PAGE) -> None:
        page = await workspaces.find_workspaces(staff, self._which(), limit=limit)
        self.rows = [_row(line) for line in page.lines]
        self._note_end(page)
        self.loaded = True

    def _note_end(self, page: WorkspacePage) -> None:
        self._last = page.lines[-1] if page.lines else None
        self.has_more = page.has_more

    def _which(self) -> workspaces.WorkspaceFilter:
        return workspaces.parse_filter(**self._chosen())

    def _set_filters(self, values: Mapping[str, str]) -> None:
        super()._set_filters(values)
        self.order = self.order or WorkspaceOrder.NEWEST.value
