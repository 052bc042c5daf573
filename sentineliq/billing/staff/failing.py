"""Workspaces whose payments fail: how much is open, since when, and when Stripe tries again."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, or_
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from ... import db
from ...identity import staff as staff_people
from ...identity.models import User
from ...identity.staff import StaffMember
from ...workspaces.models import Membership, Role, SubscriptionStatus, Workspace
from ..models import Invoice

PAGE = 50
FAILING = (SubscriptionStatus.PAST_DUE, SubscriptionStatus.UNPAID)


@dataclass(frozen=True, slots=True)
class OpenInvoice:
    """`amount` in minor units of `currency`."""

    number: str
    amount: int
    currency: str
    next_attempt: datetime | None
    hosted_url: str


@dataclass(frozen=True, slots=True)
class FailingLine:
    """`since` is the first failure of the running dunning; `invoices` are those still open, newest first."""

    workspace_id: str
    name: str
    owner_email: str
    status: SubscriptionStatus
    since: datetime | None
    invoices: tuple[OpenInvoice, ...]


@dataclass(frozen=True, slots=True)
class FailingPage:
    lines: tuple[FailingLine, ...]
    has_more: bool


async def find_failing(staff: StaffMember, *, after_id: str = "", limit: int = PAGE) -> FailingPage:
    """By workspace id, from `after_id` on: three statements a page. Raises `NotFound`."""
    found = (
        select(Workspace, User.email)
        .outerjoin(
            Membership,
            and_(col(Membership.workspace_id) == Workspace.id, col(Membership.role) == Role.OWNER),
        )
        .outerjoin(User, col(User.id) == Membership.user_id)
        .where(or_(*(col(Workspace.subscription_status) == status for status in FAILING)))
        .where(Workspace.id > after_id)
        .order_by(Workspace.id)
        .limit(limit + 1)
    )
    async with db.reading() as session:
        await staff_people.confirm(session, staff)
        rows = (await session.exec(found)).all()
        invoices = await _open_invoices(session, [workspace.id for workspace, _ in rows[:limit]])
    lines = tuple(
        FailingLine(
            workspace_id=workspace.id,
            name=workspace.name,
            owner_email=email or "",
            status=workspace.subscription_status or SubscriptionStatus.PAST_DUE,
            since=workspace.past_due_since,
            invoices=tuple(invoices.get(workspace.id, ())),
        )
        for workspace, email in rows[:limit]
    )
    return FailingPage(lines=lines, has_more=len(rows) > limit)


async def _open_invoices(session: AsyncSession, workspace_ids: list[str]) -> dict[str, list[OpenInvoice]]:
    unpaid = (
        select(Invoice)
        .where(col(Invoice.workspace_id).in_(workspace_ids), Invoice.status == "open")
        .where(col(Invoice.amount_remaining) > 0)
        .order_by(col(Invoice.created).desc())
    )
    found: dict[str, list[OpenInvoice]] = {}
    for row in await session.exec(unpaid):
        found.setdefault(row.workspace_id, []).append(
            OpenInvoice(
                number=row.number or row.id,
                amount=row.amount_remaining,
                currency=row.currency,
                next_attempt=row.next_payment_attempt,
                hosted_url=row.hosted_invoice_url or "",
            )
        )
    return found
