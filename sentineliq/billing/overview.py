"""The billing page's figures, from our own records alone: it shows while Stripe is slow or down."""

from datetime import timedelta

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from .. import db
from ..i18n import mark, say
from ..workspaces.members import Member
from ..workspaces.models import SubscriptionStatus, Workspace
from . import audit_log, usage
from .entitlements import complimentary_plan, entitled_plan, grace_ends, is_subscribed, paid_plan
from .limits import Limit, allowance, limit_of
from .models import Invoice
from .overview_records import read_records
from .plan_ids import PaymentPlanId
from .status_labels import STATUS_LABELS
from .views import BillingAlert, BillingOverview, InvoiceView, UsageView

COMPLIMENTARY = mark("Complimentary")
ALERTS = {
    SubscriptionStatus.PAST_DUE: BillingAlert.PAST_DUE,
    SubscriptionStatus.CANCEL_AT_PERIOD_END: BillingAlert.CANCELING,
    SubscriptionStatus.UNPAID: BillingAlert.UNPAID,
    SubscriptionStatus.INCOMPLETE: BillingAlert.INCOMPLETE,
    SubscriptionStatus.PAUSED: BillingAlert.PAUSED,
}
RENEWING = (SubscriptionStatus.ACTIVE, SubscriptionStatus.TRIALING, SubscriptionStatus.PAST_DUE)
TRIABLE = (SubscriptionStatus.TRIALING, SubscriptionStatus.CANCEL_AT_PERIOD_END)
USAGE_LABELS = {
    Limit.MEMBERS: mark("Members"),
    Limit.WORKSPACES: mark("Workspaces"),
    Limit.ALERTS: mark("Alerts this month"),
    Limit.STORAGE: mark("Storage"),
}
INVOICES_SHOWN = 12
INVOICES_AT_MOST = 1200
AUDIT_SHOWN = 20


async def get_billing_overview(member: Member, *, invoices_shown: int = INVOICES_SHOWN) -> BillingOverview:
    """What the billing page shows to this member of the workspace, with that many of its newest invoices."""
    shown = min(max(invoices_shown, 1), INVOICES_AT_MOST)
    now = db.now()
    records = await read_records(member.workspace_id, invoices=shown + 1)
    workspace, invoices = records.workspace, records.invoices
    entries = await audit_log.latest(workspace, limit=AUDIT_SHOWN)
    used = usage.measures(workspace=workspace, owned=records.owned, used=records.used)
    plan_id = entitled_plan(workspace, at=now)
    given = complimentary_plan(workspace, at=now)
    status = workspace.subscription_status
    return BillingOverview(
        workspace_id=workspace.id,
        workspace_name=workspace.name,
        role=member.role,
        plan_name=say(allowance(plan_id).name),
        plan_id=plan_id,
        status=status,
        status_label=say(COMPLIMENTARY if given and not is_subscribed(workspace) else STATUS_LABELS[status]),
        renewal_date=workspace.current_period_end if status in RENEWING else None,
        ends_at=workspace.cancel_at,
        trial_days_left=_trial_days_left(workspace),
        complimentary_until=workspace.complimentary_until if given else None,
        complimentary_plan=allowance(given).name if given else "",
        credits=workspace.credits,
        alert=ALERTS.get(status) if status else None,
        can_manage=member.is_owner,
        is_subscribed=is_subscribed(workspace),
        subscribed_plan=_subscribed_plan(workspace),
        grace_ends=grace_ends(workspace),
        is_on_hold=status is SubscriptionStatus.PAST_DUE and paid_plan(workspace, at=now) is None,
        as_of=workspace.subscription_as_of,
        customer_as_of=workspace.customer_as_of,
        has_customer=workspace.stripe_customer_id is not None,
        billing_email=workspace.billing_email or "",
        has_more_invoices=len(invoices) > shown,
        invoices=invoices[:shown],
        audit=entries,
        usage=(*(_usage(measure) for measure in used), _retention(plan_id)),
    )


def _subscribed_plan(workspace: Workspace) -> str:
    plan = workspace.subscription_plan
    return allowance(PaymentPlanId(plan)).name if plan else ""


def _trial_days_left(workspace: Workspace) -> int | None:
    """Days until the trial is over, begun ones counted whole; None where none is running."""
    if workspace.trial_end is None or workspace.subscription_status not in TRIABLE:
        return None
    left = workspace.trial_end - db.now()
    return -(-left // timedelta(days=1)) if left > timedelta(0) else None


async def latest_invoices(session: AsyncSession, workspace_id: str, *, limit: int) -> tuple[InvoiceView, ...]:
    """Newest first."""
    newest = (
        select(Invoice)
        .where(Invoice.workspace_id == workspace_id)
        .order_by(col(Invoice.created).desc(), col(Invoice.id))
        .limit(limit)
    )
    return tuple(
        InvoiceView(
            id=row.id,
            number=row.number or row.id,
            created=row.created,
            total=row.total,
            currency=row.currency,
            status=row.status,
            hosted_url=row.hosted_invoice_url or "",
            pdf_url=row.invoice_pdf or "",
        )
        for row in await session.exec(newest)
    )


def _usage(measure: usage.Measure) -> UsageView:
    return UsageView(
        label=say(USAGE_LABELS[measure.limit]),
        used=measure.used,
        limit=measure.most,
        kind=measure.limit,
        must_go=measure.must_go,
    )


def _retention(plan_id: PaymentPlanId | None) -> UsageView:
    days = limit_of(plan_id, Limit.AUDIT_RETENTION)
    return UsageView(label=say("Audit log"), used=0, limit=days, kind=Limit.AUDIT_RETENTION)
