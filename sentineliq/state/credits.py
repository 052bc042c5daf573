"""The credits' page: balance, history with the balance after each movement, and buying more."""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass

import reflex as rx
from reflex.event import EventSpec, EventType

from ..billing import operations
from ..billing.credit_history import CreditLine, CreditPage, CreditSource, get_credit_page
from ..billing.plan_ids import PaymentPlanId
from ..i18n import mark, number, say, say_plural
from ..workspaces.members import Member
from . import wording
from .session import SessionState

_SOURCES = {
    CreditSource.PURCHASE: mark("Purchase"),
    CreditSource.SPEND: mark("Spent"),
    CreditSource.SPEND_REFUND: mark("Given back"),
    CreditSource.REFUND: mark("Refund"),
    CreditSource.REFUND_FAILED: mark("Refund failed"),
    CreditSource.OTHER: mark("Correction"),
}
_BY_KEY = (CreditSource.SPEND, CreditSource.SPEND_REFUND)
"""Whose description only repeats source and reference."""
_SHORTFALL = re.compile(r"(\d+) already spent")


@dataclass(frozen=True)
class CreditRow:
    """`amount` has its sign, with a true minus."""

    id: int
    at: str
    amount: str
    is_gain: bool
    balance: str
    source: str
    description: str


def _row(line: CreditLine) -> CreditRow:
    return CreditRow(
        id=line.id,
        at=wording.day_and_time(line.at),
        amount=f"+{number(line.amount)}" if line.amount >= 0 else f"−{number(-line.amount)}",
        is_gain=line.amount > 0,
        balance=number(line.balance),
        source=say(_SOURCES[line.source]),
        description=_description(line),
    )


def _description(line: CreditLine) -> str:
    """The ledger's own words are English; those of a purchase and of refunds are said anew."""
    if line.source is CreditSource.PURCHASE:
        return say_plural("Bought {count} credit", "Bought {count} credits", count=line.amount)
    if line.source is CreditSource.REFUND:
        spent = _SHORTFALL.search(line.description)
        if spent is None:
            return say("Taken back for a refund")
        return say("Taken back for a refund, {amount} already spent", amount=int(spent[1]))
    if line.source is CreditSource.REFUND_FAILED:
        return say("Given back for a refund that failed")
    return line.reference if line.source in _BY_KEY else line.description


class CreditsState(SessionState):
    loaded: bool = False
    balance: str = ""
    rows: list[CreditRow] = []
    has_more: bool = False
    loading_more: bool = False
    can_buy: bool = False
    buying: bool = False

    @rx.event
    async def load(self) -> EventType[()] | None:
        """Show the page to a member; send anyone else to log in."""
        async with self._reporting():
            self.buying = False
            member = await self._enter()
            if member is None:
                return self._log_in_first()
            await self._show_newest(member)
        return None

    @rx.event
    async def buy(self) -> AsyncIterator[EventSpec | None]:
        """Leave for the checkout of more credits. The service lets the owner alone."""
        self.problem, self.buying = "", True
        yield None
        async with self._reporting():
            member = await self._require_member()
            plan_id = PaymentPlanId.CREDITS10.value
            session = await operations.generate_checkout_session(member=member, plan_id=plan_id)
            yield self._leave_for(session.url)
            return
        self.buying = False

    @rx.event
    async def load_more(self) -> AsyncIterator[None]:
        """Go on below the last row."""
        self.problem, self.loading_more = "", True
        yield
        async with self._reporting():
            member = await self._require_member()
            page = await get_credit_page(member, before_id=self.rows[-1].id if self.rows else None)
            self.rows = [*self.rows, *map(_row, page.lines)]
            self.has_more = page.has_more
        self.loading_more = False

    async def _refresh(self) -> EventType[()] | None:
        """New entries come on top; entries never change, so those below stay as they are."""
        member = await self._show_header()
        if member is None:
            return self._log_in_first()
        page = await get_credit_page(member)
        older = [row for row in self.rows if page.lines and row.id < page.lines[-1].id]
        has_more = self.has_more if older else page.has_more
        self._show(page, member)
        self.rows, self.has_more = [*self.rows, *older], has_more
        return None

    async def _show_newest(self, member: Member) -> None:
        self._show(await get_credit_page(member), member)

    def _show(self, page: CreditPage, member: Member) -> None:
        self.balance, self.has_more = number(page.balance), page.has_more
        self.rows = [_row(line) for line in page.lines]
        self.can_buy = member.is_owner
        self.loaded = True
