"""The credits' ledger as a workspace's people read it: each movement, its source and the balance after it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Integer, func, over, type_coerce
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from .. import db
from ..workspaces.members import Member
from ..workspaces.models import Workspace
from .models import CreditEntry

PAGE = 25


class CreditSource(StrEnum):
    """Where a movement comes from: the first part of its business key."""

    PURCHASE = "checkout_session"
    SPEND = "spend"
    SPEND_REFUND = "spend_refund"
    REFUND = "refund"
    REFUND_FAILED = "refund_failed"
    OTHER = ""


_PREFIXES = frozenset(source.value for source in CreditSource)


@dataclass(frozen=True, slots=True)
class CreditLine:
    """`amount` is negative when spent or taken back; `balance` is what was left after it."""

    id: int
    at: datetime
    amount: int
    balance: int
    source: CreditSource
    reference: str
    description: str


@dataclass(frozen=True, slots=True)
class CreditPage:
    balance: int
    lines: tuple[CreditLine, ...]
    has_more: bool


async def get_credit_page(member: Member, *, before_id: int | None = None, limit: int = PAGE) -> CreditPage:
    """Newest first; from `before_id` on for the next page. Entries of a workspace are booked in turn, so
    the sum up to one is the balance after it."""
    async with db.reading() as session:
        return await credit_page_of(session, member.workspace_id, before_id=before_id, limit=limit)


async def credit_page_of(
    session: AsyncSession, workspace_id: str, *, before_id: int | None = None, limit: int = PAGE
) -> CreditPage:
    """The same for whoever may see that workspace."""
    own = CreditEntry.workspace_id == workspace_id
    total = over(func.sum(col(CreditEntry.amount)), order_by=col(CreditEntry.id))
    summed = select(col(CreditEntry.id), type_coerce(total, Integer).label("balance")).where(own).subquery()
    found = select(CreditEntry, summed.c.balance).join(summed, summed.c.id == CreditEntry.id)
    if before_id is not None:
        found = found.where(col(CreditEntry.id) < before_id)
    workspace = await session.get_one(Workspace, workspace_id)
    newest = found.order_by(col(CreditEntry.id).desc()).limit(limit + 1)
    rows = (await session.exec(newest)).all()
    lines = tuple(_line(entry, int(balance)) for entry, balance in rows[:limit])
    return CreditPage(balance=workspace.credits, lines=lines, has_more=len(rows) > limit)


def _line(entry: CreditEntry, balance: int) -> CreditLine:
    prefix, _, reference = entry.source.partition(":")
    source = CreditSource(prefix) if prefix in _PREFIXES else CreditSource.OTHER
    if source in (CreditSource.SPEND, CreditSource.SPEND_REFUND):
        reference = reference.partition(":")[2]  # the workspace's id stands before the caller's own key
    return CreditLine(
        id=entry.id or 0,
        at=entry.created_at,
        amount=entry.amount,
        balance=balance,
        source=source,
        reference=reference,
        description=entry.description,
    )
