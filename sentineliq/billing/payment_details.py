"""The one writer of a workspace's billing fields.

Webhooks, the return page's own question to Stripe, and reconciliation all end here, inside the caller's
transaction and with the workspace's row locked; each change leaves its audit row.
"""

from typing import Any

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from .. import db
from ..activity import audit, notifications
from ..activity.models import AuditAction
from ..config import get_settings
from ..identity.models import User
from ..mail import outbox
from ..workspaces import service as workspaces
from ..workspaces.models import Membership, Role, Workspace
from .effects import CheckoutRecord, CreditGrant, Effects, InvoiceRecord, SubscriptionDetails
from .models import Checkout, CheckoutStatus, CreditEntry, Invoice

STRIPE = "stripe"
"""The actor of what Stripe's events change."""

FINAL_INVOICE_STATUSES = ("paid", "void")


async def update_workspace_stripe_payment_details(
    session: AsyncSession,
    workspace: Workspace,
    effects: Effects,
    *,
    actor: str = STRIPE,
    event_id: str | None,
) -> None:
    """Carry out everything that an event decided. `workspace` is locked by the caller."""
    cause: dict[str, Any] = {"workspace_id": workspace.id, "actor": actor, "event_id": event_id}
    if effects.subscription is not None:
        _set_subscription(session, workspace, effects.subscription, cause)
    if effects.date_paid is not None and (
        workspace.date_paid is None or effects.date_paid > workspace.date_paid
    ):
        workspace.date_paid = effects.date_paid
    if effects.credits is not None:
        await _grant(session, workspace, effects.credits, cause)
    if effects.checkout is not None:
        await _record_checkout(session, workspace, effects.checkout)
    if effects.invoice is not None:
        await _record_invoice(session, workspace, effects.invoice)
    for note in effects.audit:
        audit.record(session, action=note.action, after=note.after, **cause)
    session.add(workspace)
    await _tell(session, workspace, effects)


def link_customer(
    session: AsyncSession, workspace: Workspace, customer_id: str, *, actor: str, event_id: str | None
) -> None:
    """Give the workspace its Stripe customer, once and forever."""
    workspace.stripe_customer_id = customer_id
    session.add(workspace)
    audit.record(
        session,
        workspace_id=workspace.id,
        actor=actor,
        action=AuditAction.CUSTOMER_LINKED,
        after={"customer": customer_id},
        event_id=event_id,
    )


def _set_subscription(
    session: AsyncSession, workspace: Workspace, details: SubscriptionDetails, cause: dict[str, Any]
) -> None:
    before = workspace.subscription_plan, workspace.subscription_status
    workspace.stripe_subscription_id = details.subscription_id
    workspace.subscription_status = details.status
    workspace.subscription_plan = details.plan
    workspace.current_period_end = details.current_period_end
    workspace.cancel_at = details.cancel_at
    workspace.past_due_since = details.past_due_since
    workspace.subscription_created = details.created
    workspace.subscription_as_of = details.as_of
    workspace.subscription_as_of_event = details.as_of_event
    plan, status = before
    if plan != details.plan:
        audit.record(
            session,
            action=AuditAction.PLAN_CHANGED,
            before={"plan": plan},
            after={"plan": details.plan},
            **cause,
        )
    if status != details.status:
        audit.record(
            session,
            action=AuditAction.STATUS_CHANGED,
            before={"status": status},
            after={"status": details.status},
            **cause,
        )


async def _grant(
    session: AsyncSession, workspace: Workspace, grant: CreditGrant, cause: dict[str, Any]
) -> None:
    """Book the credits once by their source; the balance moves with the entry or not at all."""
    entry = {
        "workspace_id": workspace.id,
        "amount": grant.amount,
        "source": grant.source,
        "created_at": db.now(),
        "event_id": cause["event_id"],
    }
    if not await db.insert_if_new(session, CreditEntry, entry):
        return
    before = workspace.credits
    workspace.credits = before + grant.amount
    audit.record(
        session,
        action=AuditAction.CREDITS_CHANGED,
        before={"credits": before},
        after={"credits": workspace.credits, "source": grant.source},
        **cause,
    )


async def _record_checkout(session: AsyncSession, workspace: Workspace, record: CheckoutRecord) -> None:
    row = await session.get(Checkout, record.id)
    if row is None:
        plan_id = record.plan_id or ""
        row = Checkout(id=record.id, workspace_id=workspace.id, plan_id=plan_id, created_at=record.created)
    if row.status is CheckoutStatus.OPEN:
        row.status = record.status
    row.stripe_subscription_id = record.subscription_id or row.stripe_subscription_id
    session.add(row)


async def _record_invoice(session: AsyncSession, workspace: Workspace, record: InvoiceRecord) -> None:
    """Keep the newest word on an invoice; a paid or void one is final."""
    row = await session.get(Invoice, record.id)
    values = {field: getattr(record, field) for field in record.__dataclass_fields__}
    if row is None:
        session.add(Invoice(workspace_id=workspace.id, **values))
        return
    if row.status in FINAL_INVOICE_STATUSES or record.as_of < row.as_of:
        return
    row.sqlmodel_update(values)
    session.add(row)


async def _tell(session: AsyncSession, workspace: Workspace, effects: Effects) -> None:
    """Notifications to every member, mails to the owner: written here, shown and sent after the commit."""
    if effects.notices:
        members = await workspaces.member_ids(session, workspace.id)
        for notice in effects.notices:
            await notifications.notify(
                session,
                user_ids=members,
                workspace_id=workspace.id,
                kind=notice.kind,
                about=notice.about,
                title=notice.title,
                body=notice.body,
            )
    if effects.mails:
        to = await _owner_address(session, workspace.id)
        billing_url = f"{get_settings().web_client_url}/workspace/billing"
        common = {"workspace_name": workspace.name, "billing_url": billing_url}
        for mail in effects.mails:
            await outbox.enqueue(
                session,
                key=mail.key,
                kind=mail.kind,
                to=to,
                context=common | mail.context,
                workspace_id=workspace.id,
            )


async def _owner_address(session: AsyncSession, workspace_id: str) -> str:
    owner = (
        select(User.email)
        .join(Membership, col(Membership.user_id) == User.id)
        .where(Membership.workspace_id == workspace_id, Membership.role == Role.OWNER)
    )
    return (await session.exec(owner)).one()
