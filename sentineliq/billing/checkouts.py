"""Opening checkouts so that a workspace never pays twice: reserve, expire what is older, then sell.

Clicks that follow each other within moments share a reservation, whose id is the idempotency key at Stripe:
they land on one session. A checkout that finds itself overtaken by a newer one gives up its session.
"""

from dataclasses import dataclass
from datetime import timedelta

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from .. import db
from ..activity import audit
from ..activity.models import AuditAction
from ..errors import AppError
from ..workspaces import authority
from ..workspaces.members import Member
from ..workspaces.models import Workspace
from . import trials
from .entitlements import is_subscribed
from .models import Checkout, CheckoutStatus, CreditEntry
from .plan_ids import BillingInterval
from .plans import PaymentPlan, get_plan
from .processor import CheckoutSession
from .records import PENDING
from .views import CheckoutProgress

SHARED_FOR = timedelta(seconds=60)
"""How long a further click on the same plan joins the checkout that is being opened."""

_OUTCOMES = {
    CheckoutStatus.EXPIRED: CheckoutProgress.EXPIRED,
    CheckoutStatus.PROCESSING: CheckoutProgress.PROCESSING,
    CheckoutStatus.FAILED: CheckoutProgress.FAILED,
}


class AlreadySubscribed(AppError):
    status = 409
    message = "This workspace already has a subscription. Change its plan instead of buying a second one."


class CheckoutOvertaken(AppError):
    status = 409
    message = "A newer checkout of this workspace was opened meanwhile. Please continue there."


@dataclass(frozen=True, slots=True)
class Reservation:
    """The right to open one session. `session` is set when an earlier click has opened it already."""

    checkout_id: str
    session: CheckoutSession | None
    trial_days: int = 0


async def reserve(
    *, member: Member, plan: PaymentPlan, interval: BillingInterval = BillingInterval.MONTH
) -> Reservation:
    """The workspace's row is locked: clicks and tabs take turns here.

    Raises `AlreadySubscribed`, and `NotFound` for a deleted workspace.
    """
    async with db.transaction() as session:
        workspace = await authority.lock(session, member.workspace_id)
        if plan.is_subscription and is_subscribed(workspace):
            raise AlreadySubscribed
        trial_days = await trials.days_offered(session, workspace.id, plan)
        offer = _offer_of(plan, interval, trial_days)
        shared = await _shared(session, workspace.id, offer)
        if shared is not None:
            opened = shared.session_id and shared.url
            known = CheckoutSession(id=shared.session_id or "", url=shared.url or "") if opened else None
            return Reservation(checkout_id=shared.id, session=known, trial_days=trial_days)
        checkout = Checkout(workspace_id=workspace.id, plan_id=offer)
        session.add(checkout)
        audit.record(
            session,
            workspace_id=workspace.id,
            actor=member.user_id,
            action=AuditAction.CHECKOUT_STARTED,
            after={"plan": plan.id.value},
            origin=member.origin,
        )
    return Reservation(checkout_id=checkout.id, session=None, trial_days=trial_days)


def _offer_of(plan: PaymentPlan, interval: BillingInterval, trial_days: int) -> str:
    """What a reservation is for: `pro`, `pro:year`, or `pro:month:trial14`."""
    if trial_days:
        return f"{plan.id.value}:{interval.value}:trial{trial_days}"
    return plan.id.value if interval is BillingInterval.MONTH else f"{plan.id.value}:{interval.value}"


async def _shared(session: AsyncSession, workspace_id: str, offer: str) -> Checkout | None:
    """The checkout of moments ago, if it is for the same offer and nothing newer was opened since."""
    newest = (
        select(Checkout)
        .where(Checkout.workspace_id == workspace_id, col(Checkout.status).in_(PENDING))
        .order_by(col(Checkout.created_at).desc())
        .limit(1)
    )
    checkout = (await session.exec(newest)).first()
    if checkout is None or checkout.plan_id != offer or checkout.created_at < db.now() - SHARED_FOR:
        return None
    return checkout


async def not_older_than(checkout_id: str) -> frozenset[str]:
    """This checkout and those that the workspace has reserved since: their sessions are not to be closed."""
    async with db.reading() as session:
        mine = await session.get_one(Checkout, checkout_id)
        since = select(Checkout.id).where(
            Checkout.workspace_id == mine.workspace_id, col(Checkout.created_at) >= mine.created_at
        )
        return frozenset((await session.exec(since)).all())


async def opened(*, workspace_id: str, checkout_id: str, checkout_session: CheckoutSession) -> None:
    """Keep the session that was opened; older ones of the workspace are over.

    Raises `CheckoutOvertaken`, and `NotFound` where the workspace was deleted meanwhile: then the session
    must not be paid.
    """
    async with db.transaction() as session:
        await authority.lock(session, workspace_id)
        mine = await session.get_one(Checkout, checkout_id)
        mine.session_id, mine.url = checkout_session.id, checkout_session.url
        pending = select(Checkout).where(
            Checkout.workspace_id == workspace_id, col(Checkout.status).in_(PENDING), Checkout.id != mine.id
        )
        others = (await session.exec(pending)).all()
        overtaken = any(other.created_at > mine.created_at for other in others)
        for other in others:
            if other.created_at <= mine.created_at:
                other.status = CheckoutStatus.EXPIRED
                session.add(other)
        if mine.status is CheckoutStatus.RESERVED:
            mine.status = CheckoutStatus.EXPIRED if overtaken else CheckoutStatus.OPEN
        session.add(mine)
    if overtaken:
        raise CheckoutOvertaken


async def get_checkout_progress(*, member: Member, session_id: str) -> CheckoutProgress:
    """What has become of a checkout session of this workspace, by our own records: the URL proves nothing."""
    async with db.reading() as session:
        found = select(Checkout).where(
            Checkout.session_id == session_id, Checkout.workspace_id == member.workspace_id
        )
        checkout = (await session.exec(found)).one_or_none()
        if checkout is None:
            return CheckoutProgress.UNKNOWN
        if checkout.status in _OUTCOMES:
            return _OUTCOMES[checkout.status]
        landed = checkout.status is CheckoutStatus.COMPLETE and await _has_landed(session, checkout)
    return CheckoutProgress.SUCCESSFUL if landed else CheckoutProgress.CONFIRMING


async def _has_landed(session: AsyncSession, checkout: Checkout) -> bool:
    """Whether the workspace has got what the session sold."""
    if get_plan(checkout.plan_id.partition(":")[0]).is_subscription:
        return is_subscribed(await session.get_one(Workspace, checkout.workspace_id))
    source = select(CreditEntry.id).where(CreditEntry.source == f"checkout_session:{checkout.session_id}")
    return (await session.exec(source)).first() is not None
