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
from . import late_payments, trials
from .billed import BilledWorkspace
from .credits import Movement, book, settle_refund
from .effects import CustomerChange, Effects, OwnerMail
from .field_changes import new_fields, notes_of_subscription
from .mail_topics import TOPICS
from .models import CustomerLink
from .records import checkout_of, is_overruled, record_checkout, record_invoice, record_refund

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
        for note in notes_of_subscription(workspace, effects.subscription):
            audit.record(session, action=note.action, before=note.before, after=note.after, **cause)
    for name, value in new_fields(workspace, effects).items():
        setattr(workspace, name, value)
    if effects.customer is not None:
        await _change_customer(session, workspace, effects.customer, cause)
    if effects.checkout is not None:
        checkout = await checkout_of(session, workspace, effects.checkout)
        if workspace.deleted_at is not None:
            await late_payments.note(session, checkout, effects.checkout, effects.credits)
        await record_checkout(session, checkout, effects.checkout)
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
    if effects.refund is not None and not await record_refund(session, workspace, effects.refund):
        effects = replace(effects, audit=())  # another event has told that it failed
    for intent in _payment_intents(effects):
        await settle_refund(session, workspace, intent, actor=actor, event_id=event_id)
    for note in effects.audit:
        audit.record(session, action=note.action, before=note.before, after=note.after, **cause)
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
    """Notifications to every member, mails to the owner: written here, shown and sent after the commit.

    Nobody is left in a deleted workspace; staff hear of its payments all the same.
    """
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
    for mail in effects.mails:
        if owner is not None and await _wants(session, owner.user_id, mail):
            await _write(session, workspace, mail, key=mail.key, to=owner.email, language=owner.locale)
        for staff in get_settings().admin_emails if mail.staff_too else ():
            key = f"{mail.key}:{staff}"
            await _write(session, workspace, mail, key=key, to=staff, language=Language.ENGLISH)


def mail_context(workspace: BilledWorkspace, mail: OwnerMail) -> dict[str, Any]:
    """What the mail's letter may use."""
    billing_url = f"{get_settings().web_client_url}/workspace/billing"
    return {"workspace_name": workspace.name, "billing_url": billing_url, **mail.context}


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
) -> None:
    await outbox.enqueue(
        session,
        key=key,
        kind=mail.kind,
        to=to,
        context=mail_context(workspace, mail),
        workspace_id=workspace.id,
        language=language,
        locale=workspace.locale,
    )
