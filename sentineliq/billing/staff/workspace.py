"""All that we hold of one workspace, from our own records alone: it shows while Stripe is down."""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from ... import db
from ...errors import NotFound
from ...identity import staff as staff_people
from ...identity.models import User
from ...identity.people import owner_of
from ...identity.staff import StaffMember
from ...workspaces.models import Membership, SubscriptionStatus, Workspace
from .. import audit_log
from ..credit_history import CreditLine, credit_page_of
from ..entitlements import complimentary_plan, entitled_plan
from ..models import CustomerLink, PlanOverride
from ..overview import latest_invoices
from ..plan_ids import PaymentPlanId
from ..recurring import RecurringPrice, held_price
from ..views import AuditLine, InvoiceView

INVOICES = 24
CREDITS = 15
AUDIT = 30


@dataclass(frozen=True, slots=True)
class Customer:
    """A customer of Stripe's that the workspace has or had."""

    id: str
    is_current: bool
    is_deleted: bool


@dataclass(frozen=True, slots=True)
class GivenPlan:
    plan: PaymentPlanId
    until: datetime
    reason: str
    by: str
    created_at: datetime
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True)
class WorkspaceFile:
    """`plan` is what holds now; `status` and `subscription_id` are Stripe's word."""

    id: str
    name: str
    created_at: datetime
    is_deleted: bool
    owner_email: str
    billing_email: str
    members: int
    plan: PaymentPlanId | None
    status: SubscriptionStatus | None
    subscription_id: str
    price: RecurringPrice | None
    is_discounted: bool
    period_end: datetime | None
    ends_at: datetime | None
    past_due_since: datetime | None
    credits: int
    complimentary: PaymentPlanId | None
    complimentary_until: datetime | None
    customers: tuple[Customer, ...]
    given_plans: tuple[GivenPlan, ...]
    invoices: tuple[InvoiceView, ...]
    credit_lines: tuple[CreditLine, ...]
    audit: tuple[AuditLine, ...]


async def get_workspace_file(staff: StaffMember, workspace_id: str) -> WorkspaceFile:
    """Deleted workspaces too. Raises `NotFound`."""
    async with db.reading() as session:
        await staff_people.confirm(session, staff)
        workspace = await session.get(Workspace, workspace_id)
        if workspace is None:
            raise NotFound
        owner = await owner_of(session, workspace_id)
        return WorkspaceFile(
            id=workspace.id,
            name=workspace.name,
            created_at=workspace.created_at,
            is_deleted=workspace.deleted_at is not None,
            owner_email=owner.email if owner else "",
            billing_email=workspace.billing_email or "",
            members=await _members(session, workspace_id),
            plan=entitled_plan(workspace, at=db.now()),
            status=workspace.subscription_status,
            subscription_id=workspace.stripe_subscription_id or "",
            price=held_price(workspace),
            is_discounted=workspace.is_discounted,
            period_end=workspace.current_period_end,
            ends_at=workspace.cancel_at,
            past_due_since=workspace.past_due_since,
            credits=workspace.credits,
            complimentary=complimentary_plan(workspace, at=db.now()),
            complimentary_until=workspace.complimentary_until,
            customers=await _customers(session, workspace),
            given_plans=await _given_plans(session, workspace_id),
            invoices=await latest_invoices(session, workspace_id, limit=INVOICES),
            credit_lines=(await credit_page_of(session, workspace_id, limit=CREDITS)).lines,
            audit=await audit_log.whole_lines(session, workspace_id=workspace_id, limit=AUDIT),
        )


async def _members(session: AsyncSession, workspace_id: str) -> int:
    return (await session.exec(select(func.count()).where(Membership.workspace_id == workspace_id))).one()


async def _customers(session: AsyncSession, workspace: Workspace) -> tuple[Customer, ...]:
    links = select(CustomerLink).where(CustomerLink.workspace_id == workspace.id)
    newest = links.order_by(col(CustomerLink.linked_at).desc())
    return tuple(
        Customer(
            id=link.customer_id,
            is_current=link.customer_id == workspace.stripe_customer_id,
            is_deleted=link.deleted_at is not None,
        )
        for link in await session.exec(newest)
    )


async def _given_plans(session: AsyncSession, workspace_id: str) -> tuple[GivenPlan, ...]:
    given = (
        select(PlanOverride, User.email)
        .join(User, col(User.id) == PlanOverride.created_by)
        .where(PlanOverride.workspace_id == workspace_id)
        .order_by(col(PlanOverride.created_at).desc())
        .limit(CREDITS)
    )
    return tuple(
        GivenPlan(
            plan=PaymentPlanId(row.plan),
            until=row.until,
            reason=row.reason,
            by=email,
            created_at=row.created_at,
            revoked_at=row.revoked_at,
        )
        for row, email in await session.exec(given)
    )
