"""Workspaces whose payments fail."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from urllib.parse import urlencode

import reflex as rx
from reflex.event import EventType

from ...billing.staff import failing
from ...billing.staff.failing import FailingLine
from ...identity.staff import StaffMember
from .. import paths, wording
from . import words
from .session import StaffState


@dataclass(frozen=True)
class OpenInvoiceRow:
    number: str
    amount: str
    next_attempt: str
    url: str


@dataclass(frozen=True)
class FailingRow:
    id: str
    url: str
    name: str
    owner: str
    status: str
    status_label: str
    since: str
    invoices: list[OpenInvoiceRow]


def _row(line: FailingLine) -> FailingRow:
    return FailingRow(
        id=line.workspace_id,
        url=f"{paths.STAFF_WORKSPACE}?{urlencode({'id': line.workspace_id})}",
        name=line.name,
        owner=line.owner_email,
        status=line.status,
        status_label=words.status(line.status),
        since=wording.day(line.since),
        invoices=[
            OpenInvoiceRow(
                number=invoice.number,
                amount=wording.money(amount=invoice.amount, currency=invoice.currency),
                next_attempt=wording.day_and_time(invoice.next_attempt) if invoice.next_attempt else "",
                url=invoice.hosted_url,
            )
            for invoice in line.invoices
        ],
    )


class StaffFailingState(StaffState):
    loaded: bool = False
    rows: list[FailingRow] = []
    has_more: bool = False
    loading_more: bool = False

    @rx.event
    async def load(self) -> EventType[()] | None:
        """Show the page to staff; to anyone else there is nothing."""
        async with self._reporting():
            staff = await self._open()
            if staff is not None:
                await self._read_again(staff)
        return None

    @rx.event
    async def load_more(self) -> AsyncIterator[None]:
        """Go on below the last row."""
        self.problem, self.loading_more = "", True
        yield
        async with self._reporting():
            staff = await self._require_staff()
            page = await failing.find_failing(staff, after_id=self.rows[-1].id if self.rows else "")
            self.rows = [*self.rows, *map(_row, page.lines)]
            self.has_more = page.has_more
        self.loading_more = False

    async def _read_again(self, staff: StaffMember) -> None:
        page = await failing.find_failing(staff)
        self.rows, self.has_more = [_row(line) for line in page.lines], page.has_more
        self.loaded = True
