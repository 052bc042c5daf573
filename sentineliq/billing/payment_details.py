"""The one writer of a workspace's billing fields.

Webhooks, the return page's own question to Stripe, and reconciliation all end here, inside the caller's
transaction and with the workspace's row locked; each change leaves its audit row.
"""

from dataclasses import replace
from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from .. import db
from ..activity import audit, notifications
from ..activity.models import AuditAction
from ..activity.preferences import Channel, who_wants
from ..config import get_settings
from ..i18n import Language
from ..identity.people import owner_of
from ..mail import outbox
from ..workspaces import service as workspaces
from ..workspaces.models import Workspace
from . import trials
from .credits import Movement, book, settle_refund
from .effects import CustomerChange, Effects, OwnerMail, SubscriptionDetails
from .mail_topics import TOPICS
from .models import CustomerLink
from .records import is_overruled, record_checkout, record_invoice, record_refund

STRIPE = "stripe"
"""The actor of what Stripe's events change."""


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
    if effects.invoice is not None and not await record_invoice(session, workspace, effects.invoice):
        effects = replace(effects, subscription=None, notices=(), mails=())  # it failed before it was paid
    if effects.trial is not None:
        effects = await trials.judge(session, workspace, effects, effects.trial)
    if await _is_of_the_past(session, workspace, effects):
        effects = replace(effects, subscription=None)
    if effects.subscription is not None:
        _set_subscription(session, workspace, effects.subscription, cause)
    if effects.date_paid is not None and (
        workspace.date_paid is None or effects.date_paid > workspace.date_paid
    ):
        workspace.date_paid = effects.date_paid
    if effects.customer is not None:
        await _change_customer(session, workspace, effects.customer, cause)
    if effects.checkout is not None:
        await record_checkout(session, workspace, effects.checkout)
    if effects.credits is not None:
        grant = effects.credits
        movement = Movement(
            amount=grant.amount,
            source=grant.source,
            description=grant.description,
            actor=actor,
            event_id=event_id,
        )
        await book(session, workspace, movement)
    if effects.refund is not None:
        await record_refund(session, workspace, effects.refund)
    for intent in _payment_intents(effects):
        await settle_refund(session, workspace, intent, actor=actor, event_id=event_id)
    for note in effects.audit:
        audit.record(session, action=note.action, after=note.after, **cause)
    session.add(workspace)
    await _tell(session, workspace, effects)


async def _is_of_the_past(session: AsyncSession, workspace: Workspace, effects: Effects) -> bool:
    """What an older invoice says of the subscription held; that one's own event tells what is true."""
    invoice, details = effects.invoice, effects.subscription
    if invoice is None or details is None or details.subscription_id != workspace.stripe_subscription_id:
        return False
    return await is_overruled(session, workspace, invoice)


def _payment_intents(effects: Effects) -> set[str]:
    told = (effects.checkout, effects.refund)
    return {record.payment_intent for record in told if record and record.payment_intent}


def link_customer(
    session: AsyncSession,
    workspace: Workspace,
    customer_id: str,
    *,
    actor: str,
    event_id: str | None,
    origin: str | None = None,
) -> None:
    """Give the workspace its Stripe customer. The link's unique row keeps it from any other, forever."""
    workspace.stripe_customer_id = customer_id
    session.add(workspace)
    session.add(CustomerLink(customer_id=customer_id, workspace_id=workspace.id))
    audit.record(
        session,
        workspace_id=workspace.id,
        actor=actor,
        action=AuditAction.CUSTOMER_LINKED,
        after={"customer": customer_id},
        event_id=event_id,
        origin=origin,
    )


def _set_subscription(
    session: AsyncSession, workspace: Workspace, details: SubscriptionDetails, cause: dict[str, Any]
) -> None:
    _note_changes(session, workspace, details, cause)
    workspace.stripe_subscription_id = details.subscription_id
    workspace.subscription_status = details.status
    workspace.subscription_plan = details.plan
    workspace.current_period_end = details.current_period_end
    workspace.cancel_at = details.cancel_at
    workspace.trial_end = details.trial_end
    workspace.past_due_since = details.past_due_since
    workspace.subscription_created = details.created
    workspace.subscription_as_of = details.as_of
    workspace.subscription_as_of_event = details.as_of_event
    workspace.has_other_subscription = details.has_others
    _set_price(workspace, details)


def _note_changes(
    session: AsyncSession, workspace: Workspace, details: SubscriptionDetails, cause: dict[str, Any]
) -> None:
    """One audit row for each change. A renewal's new period is told by its payment's row."""

    def note(action: AuditAction, name: str, before: object, after: object, **more: object) -> None:
        if before != after:
            audit.record(session, action=action, before={name: before}, after={name: after} | more, **cause)

    held, ends = workspace.stripe_subscription_id, details.cancel_at
    if held is not None:
        note(AuditAction.SUBSCRIPTION_REPLACED, "subscription", held, details.subscription_id)
    note(AuditAction.PLAN_CHANGED, "plan", workspace.subscription_plan, details.plan)
    if workspace.subscription_status == details.status:
        note(AuditAction.END_DATE_CHANGED, "ends_at", workspace.cancel_at, ends)
    until = {"ends_at": ends} if ends else {}
    note(AuditAction.STATUS_CHANGED, "status", workspace.subscription_status, details.status, **until)


def _set_price(workspace: Workspace, details: SubscriptionDetails) -> None:
    price = details.price
    workspace.price_amount = price.amount if price else None
    workspace.price_currency = price.currency if price else None
    workspace.price_interval = price.interval if price else None
    workspace.price_interval_count = price.interval_count if price else None
    workspace.is_discounted = details.is_discounted


async def _change_customer(
    session: AsyncSession, workspace: Workspace, change: CustomerChange, cause: dict[str, Any]
) -> None:
    if workspace.stripe_customer_id != change.customer_id:
        return
    workspace.customer_as_of = change.as_of
    if change.email is not None and change.email != workspace.billing_email:
        before, workspace.billing_email = workspace.billing_email, change.email
        audit.record(
            session,
            action=AuditAction.BILLING_EMAIL_CHANGED,
            before={"email": before},
            after={"email": change.email},
            **cause,
        )
    if change.deleted:
        before, workspace.stripe_customer_id = change.customer_id, None
        link = await session.get_one(CustomerLink, before)
        link.deleted_at = db.now()
        session.add(link)
        audit.record(session, action=AuditAction.CUSTOMER_DELETED, before={"customer": before}, **cause)


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
    owner = await owner_of(session, workspace.id) if effects.mails else None
    if owner is not None:
        billing_url = f"{get_settings().web_client_url}/workspace/billing"
        common = {"workspace_name": workspace.name, "billing_url": billing_url}
        for mail in effects.mails:
            if await _wants(session, owner.user_id, mail):
                await _write(
                    session,
                    workspace,
                    mail,
                    key=mail.key,
                    to=owner.email,
                    language=owner.locale,
                    context=common | mail.context,
                )
            for staff in get_settings().admin_emails if mail.staff_too else ():
                key = f"{mail.key}:{staff}"
                await _write(
                    session,
                    workspace,
                    mail,
                    key=key,
                    to=staff,
                    language=Language.ENGLISH,
                    context=common | mail.context,
                )


async def _wants(session: AsyncSession, user_id: str, mail: OwnerMail) -> bool:
    topic = TOPICS.get(mail.kind)
    if topic is None:
        return True
    return bool(await who_wants(session, user_ids=[user_id], kind=topic, channel=Channel.BY_MAIL))


async def _write(
    session: AsyncSession,
    workspace: Workspace,
    mail: OwnerMail,
    *,
    key: str,
    to: str,
    language: str | None,
    context: dict[str, Any],
) -> None:
    await outbox.enqueue(
        session,
        key=key,
        kind=mail.kind,
        to=to,
        context=context,
        workspace_id=workspace.id,
        language=language,
        locale=workspace.locale,
    )
