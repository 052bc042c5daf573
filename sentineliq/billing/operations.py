"""The use cases of billing: what pages, routes and the command call."""

import asyncio

import structlog
from sqlalchemy.exc import IntegrityError
from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from .. import db
from ..activity import audit
from ..activity.models import AuditAction
from ..errors import AppError, NotFound
from ..identity.attempts import Attempt, count_attempt
from ..workspaces.members import Member
from ..workspaces.models import Workspace
from . import checkouts, trials
from .checkouts import AlreadySubscribed, get_checkout_progress
from .entitlements import entitled_plan, is_subscribed
from .models import CustomerLink
from .overview import get_billing_overview
from .payment_details import link_customer
from .plan_ids import BillingInterval, PaymentPlanId
from .plans import PaymentPlan, get_plan, payment_plans, sold_by_the_year
from .prices import prices_of
from .prices import stale_since as prices_stale_since
from .processor import BillingCustomer, CheckoutSession, PortalFlow, payment_processor
from .reconcile import reconcile_checkout, reconcile_workspace
from .running import workspace_of
from .upcoming import get_next_invoice, get_payment_method
from .views import CheckoutProgress, PlanAction, PlanCard

__all__ = [
    "confirm_checkout",
    "generate_checkout_session",
    "get_billing_overview",
    "get_checkout_progress",
    "get_customer_portal_url",
    "get_next_invoice",
    "get_payment_method",
    "list_plan_cards",
    "prices_stale_since",
]


_log = structlog.get_logger(__name__)


class MissingEmail(AppError):
    status = 409
    message = "Your account has no mail address, which Stripe needs for receipts. Please add one first."


class CustomerTaken(AppError):
    status = 409
    message = "This Stripe customer belongs to another workspace. Please write to us; nothing was charged."


async def list_plan_cards(member: Member | None, *, wait: bool = True) -> list[PlanCard]:
    """The pricing page for this member, or for a stranger. Without `wait`, with the prices known by now."""
    plans = list(payment_plans().values())
    prices, annual = await asyncio.gather(
        prices_of(plans, wait=wait), prices_of(plans, BillingInterval.YEAR, wait=wait)
    )
    workspace = await workspace_of(member) if member else None
    current = entitled_plan(workspace, at=db.now()) if workspace else None
    trial_days = await _trial_days(plans, workspace)
    return [
        PlanCard(
            plan_id=plan.id,
            name=plan.name,
            description=plan.description,
            features=plan.features,
            price=price,
            annual=by_the_year if sold_by_the_year() else None,
            action=_action(plan, member, workspace),
            is_current=current is plan.id,
            trial_days=trial_days[plan.id],
        )
        for plan, price, by_the_year in zip(plans, prices, annual, strict=True)
    ]


async def _trial_days(plans: list[PaymentPlan], workspace: Workspace | None) -> dict[PaymentPlanId, int]:
    """What each plan's trial would be for this workspace, for a stranger's first one, or while subscribed."""
    if workspace is None:
        return {plan.id: plan.trial_days for plan in plans}
    if is_subscribed(workspace):
        return {plan.id: 0 for plan in plans}
    async with db.reading() as session:
        return {plan.id: await trials.days_offered(session, workspace.id, plan) for plan in plans}


def _action(plan: PaymentPlan, member: Member | None, workspace: Workspace | None) -> PlanAction:
    if member is None or workspace is None:
        return PlanAction.LOG_IN
    if not member.is_owner:
        return PlanAction.OWNER_ONLY
    if plan.is_subscription and is_subscribed(workspace):
        return PlanAction.MANAGE if workspace.subscription_plan == plan.id else PlanAction.SWITCH
    return PlanAction.BUY


async def generate_checkout_session(
    *, member: Member, plan_id: str, interval: BillingInterval = BillingInterval.MONTH
) -> CheckoutSession:
    """Open a checkout session and return it with the URL to send the owner to.

    Raises `NotWorkspaceOwner`, `UnknownPlan`, `MissingEmail`, `AlreadySubscribed`, `CheckoutOvertaken`,
    `TooManyAttempts`, `NotFound` where the workspace is deleted meanwhile, and what the payment processor
    raises; a reservation left behind is joined or expired by the next click, and a customer made at Stripe is
    found again.
    """
    member.require_owner()
    await _count_click(member)
    plan = get_plan(plan_id)
    plan.get_payment_processor_plan_id(interval)
    if not member.email:
        raise MissingEmail
    reservation = await checkouts.reserve(member=member, plan=plan, interval=interval)
    if reservation.session is not None:
        return reservation.session
    customer_id = await _customer_of(member, await workspace_of(member))
    await _require_free_customer(member, plan, customer_id, checkout_id=reservation.checkout_id)
    session = await payment_processor().create_checkout_session(
        customer_id=customer_id,
        workspace_id=member.workspace_id,
        plan=plan,
        checkout_id=reservation.checkout_id,
        interval=interval,
        trial_days=reservation.trial_days,
    )
    try:
        await checkouts.opened(
            workspace_id=member.workspace_id,
            checkout_id=reservation.checkout_id,
            checkout_session=session,
        )
    except (checkouts.CheckoutOvertaken, NotFound):
        await payment_processor().expire_checkout_session(session.id)
        raise
    return session


async def _count_click(member: Member) -> None:
    """Each asks Stripe several times, and Stripe limits us. Raises `TooManyAttempts`."""
    await count_attempt(Attempt.STRIPE_PAGE, address=member.workspace_id, client=member.user_id)


async def _require_free_customer(
    member: Member, plan: PaymentPlan, customer_id: str, *, checkout_id: str
) -> None:
    """Close older sessions, then ask Stripe for a subscription that we have not heard of yet.

    Raises `AlreadySubscribed` after healing our record: an older session may have been paid this moment.
    """
    await payment_processor().expire_open_checkout_sessions(
        customer_id, spare=lambda: checkouts.not_older_than(checkout_id)
    )
    if plan.is_subscription and await payment_processor().has_running_subscription(customer_id):
        await reconcile_workspace(member.workspace_id)
        raise AlreadySubscribed


async def _customer_of(member: Member, workspace: Workspace) -> str:
    """The workspace's customer, stored before anything is sold to it."""
    customer_id = await payment_processor().fetch_customer(
        BillingCustomer(
            workspace_id=workspace.id,
            workspace_name=workspace.name,
            email=member.email,
            email_verified=member.email_verified,
            customer_id=workspace.stripe_customer_id,
            deleted_customers=await _deleted_customers(workspace),
        )
    )
    if workspace.stripe_customer_id is None:
        try:
            async with db.transaction() as tx:
                return await _store_customer(tx, member, customer_id)
        except IntegrityError as error:
            _log.error("customer_taken", workspace_id=workspace.id, customer_id=customer_id, exc_info=True)
            raise CustomerTaken from error
    return customer_id


async def _deleted_customers(workspace: Workspace) -> int:
    deleted = select(func.count()).where(
        CustomerLink.workspace_id == workspace.id, col(CustomerLink.deleted_at).is_not(None)
    )
    async with db.reading() as session:
        return (await session.exec(deleted)).one()


async def _store_customer(tx: AsyncSession, member: Member, customer_id: str) -> str:
    """The customer that the workspace has from now on: another tab may have stored it just before."""
    locked = await tx.get_one(Workspace, member.workspace_id, with_for_update=db.AGAINST_WRITERS)
    if locked.stripe_customer_id is None:
        link_customer(tx, locked, customer_id, actor=member.user_id, event_id=None, origin=member.origin)
    return locked.stripe_customer_id or customer_id


async def get_customer_portal_url(*, member: Member, flow: PortalFlow = PortalFlow.HOME) -> str:
    """Where the owner manages the subscription.

    Raises `NotWorkspaceOwner`, `NothingToManage` and `TooManyAttempts`.
    """
    member.require_owner()
    await _count_click(member)
    workspace = await workspace_of(member)
    url = await payment_processor().fetch_customer_portal_url(
        customer_id=workspace.stripe_customer_id,
        email=member.email,
        flow=flow,
        subscription_id=workspace.stripe_subscription_id,
    )
    async with db.transaction() as session:
        audit.record(
            session,
            workspace_id=workspace.id,
            actor=member.user_id,
            action=AuditAction.PORTAL_OPENED,
            origin=member.origin,
        )
    return url


async def confirm_checkout(*, member: Member, session_id: str) -> CheckoutProgress:
    """Ask Stripe itself, when its webhook is late, and apply what it says through the one writer."""
    progress = await get_checkout_progress(member=member, session_id=session_id)
    if progress is not CheckoutProgress.CONFIRMING:
        return progress
    await reconcile_checkout(workspace_id=member.workspace_id, session_id=session_id)
    return await get_checkout_progress(member=member, session_id=session_id)
