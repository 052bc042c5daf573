"""All workspaces as staff look for them: found, narrowed and sorted, a page at a time by key."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, and_, or_, tuple_
from sqlmodel import col, select

from ... import db
from ...errors import AppError
from ...identity import staff as staff_people
from ...identity.models import User
from ...identity.staff import StaffMember
from ...workspaces.models import Membership, Role, SubscriptionStatus, Workspace
from ..entitlements import complimentary_plan
from ..models import CustomerLink
from ..plan_ids import PaymentPlanId

PAGE = 50
TEXT_LENGTH = 200
FREE = "free"
COMPLIMENTARY = "complimentary"
PLANS = (FREE, PaymentPlanId.HOBBY.value, PaymentPlanId.PRO.value, COMPLIMENTARY)
STATUSES = (FREE, *(status.value for status in SubscriptionStatus))


class UnknownChoice(AppError):
    message = "This filter is not understood. Please choose another."


class WorkspaceOrder(StrEnum):
    NEWEST = "newest"
    NAME = "name"


@dataclass(frozen=True, slots=True)
class WorkspaceFilter:
    """`plan` is one of `PLANS`; `status` `free` is no subscription at all."""

    text: str = ""
    plan: str = ""
    status: str = ""
    order: WorkspaceOrder = WorkspaceOrder.NEWEST


@dataclass(frozen=True, slots=True)
class Place:
    """The last row of a page: the next one goes on after it."""

    id: str
    name: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class WorkspaceLine:
    id: str
    name: str
    owner_email: str
    created_at: datetime
    status: SubscriptionStatus | None
    plan: str | None
    complimentary: PaymentPlanId | None
    period_end: datetime | None
    credits: int
    customer_id: str
    is_deleted: bool

    @property
    def place(self) -> Place:
        return Place(self.id, self.name, self.created_at)


@dataclass(frozen=True, slots=True)
class WorkspacePage:
    lines: tuple[WorkspaceLine, ...]
    has_more: bool


def parse_filter(*, text: str = "", plan: str = "", status: str = "", order: str = "") -> WorkspaceFilter:
    """As an address or a form has it. Raises `UnknownChoice`."""
    known = plan in ("", *PLANS) and status in ("", *STATUSES) and order in ("", *WorkspaceOrder)
    if not known:
        raise UnknownChoice
    return WorkspaceFilter(
        text=text.strip()[:TEXT_LENGTH],
        plan=plan,
        status=status,
        order=WorkspaceOrder(order or WorkspaceOrder.NEWEST),
    )


async def find_workspaces(
    staff: StaffMember, which: WorkspaceFilter, *, after: Place | None = None, limit: int = PAGE
) -> WorkspacePage:
    """Two statements however many there are: who asks, and the page with its owners. Raises `NotFound`."""
    found = (
        select(Workspace, User.email)
        .outerjoin(
            Membership,
            and_(col(Membership.workspace_id) == Workspace.id, col(Membership.role) == Role.OWNER),
        )
        .outerjoin(User, col(User.id) == Membership.user_id)
        .where(*_conditions(which))
    )
    if after is not None:
        found = found.where(_beyond(after, which.order))
    by_name = (col(Workspace.name), col(Workspace.id))
    newest = (col(Workspace.created_at).desc(), col(Workspace.id).desc())
    found = found.order_by(*(by_name if which.order is WorkspaceOrder.NAME else newest)).limit(limit + 1)
    async with db.reading() as session:
        await staff_people.confirm(session, staff)
        rows = (await session.exec(found)).all()
    lines = tuple(_line(workspace, email or "") for workspace, email in rows[:limit])
    return WorkspacePage(lines=lines, has_more=len(rows) > limit)


def _beyond(after: Place, order: WorkspaceOrder) -> ColumnElement[bool]:
    """Compared as pairs: both databases then begin in the middle of the index, and not at its start."""
    if order is WorkspaceOrder.NAME:
        return tuple_(col(Workspace.name), col(Workspace.id)) > tuple_(after.name, after.id)
    return tuple_(col(Workspace.created_at), col(Workspace.id)) < tuple_(after.created_at, after.id)


def _conditions(which: WorkspaceFilter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if which.text:
        conditions.append(_fits(which.text))
    if which.plan == FREE:
        conditions.append(col(Workspace.subscription_plan).is_(None))
    elif which.plan == COMPLIMENTARY:
        conditions.append(col(Workspace.complimentary_until) > db.now())
    elif which.plan:
        conditions.append(col(Workspace.subscription_plan) == which.plan)
    if which.status == FREE:
        conditions.append(col(Workspace.subscription_status).is_(None))
    elif which.status:
        conditions.append(col(Workspace.subscription_status) == SubscriptionStatus(which.status))
    return conditions


def _fits(text: str) -> ColumnElement[bool]:
    """Stripe's ids are looked up whole; words may stand anywhere in the name or the owner's address."""
    if text.startswith("cus_"):
        links = select(CustomerLink.workspace_id).where(CustomerLink.customer_id == text)
        return or_(col(Workspace.stripe_customer_id) == text, col(Workspace.id).in_(links))
    if text.startswith("sub_"):
        return col(Workspace.stripe_subscription_id) == text
    owned = (
        select(Membership.workspace_id)
        .join(User, col(User.id) == Membership.user_id)
        .where(Membership.role == Role.OWNER, col(User.email).icontains(text, autoescape=True))
    )
    in_name = col(Workspace.name).icontains(text, autoescape=True)
    return or_(in_name, col(Workspace.id) == text, col(Workspace.id).in_(owned))


def _line(workspace: Workspace, owner_email: str) -> WorkspaceLine:
    return WorkspaceLine(
        id=workspace.id,
        name=workspace.name,
        owner_email=owner_email,
        created_at=workspace.created_at,
        status=workspace.subscription_status,
        plan=workspace.subscription_plan,
        complimentary=complimentary_plan(workspace, at=db.now()),
        period_end=workspace.cancel_at or workspace.current_period_end,
        credits=workspace.credits,
        customer_id=workspace.stripe_customer_id or "",
        is_deleted=workspace.deleted_at is not None,
    )
