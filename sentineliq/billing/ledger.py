"""The webhook ledger: each event once, with all of its effects, in one transaction.

The event's row is claimed first and the workspace's row second, always in this order. What a handler must
ask Stripe is asked between two transactions, never inside one.
"""

from dataclasses import replace
from hashlib import sha256

import structlog
from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from .. import changes, db
from ..config import get_settings
from ..workspaces.models import Workspace
from . import trials
from .effects import Effects, NeedsCharge, Question, Unmatched
from .models import NOT_ACTED_ON, SETTLED, UNREADABLE, CustomerLink, EventStatus, Refund, WebhookEvent
from .outcomes import Outcome
from .payment_details import STRIPE, link_customer, update_workspace_stripe_payment_details
from .stored_events import as_text
from .stripe.charge_payloads import ChargePayload, DisputePayload, RefundPayload
from .stripe.events import MalformedEvent, UnhandledWebhookEventError, parse_event, parse_webhook_payload
from .stripe.handlers import Answers, Handler
from .stripe.payloads import Payload, StripeEvent
from .stripe.reads import answer

MAX_QUESTIONS = 5
"""How often one event may ask Stripe anew because its workspace changed meanwhile."""

MAX_REASON = 500

_log = structlog.get_logger(__name__)


class TooManyQuestions(Exception):
    """The workspace kept changing while Stripe was asked; the delivery fails and Stripe sends it again."""


async def ingest(event: StripeEvent, body: bytes | str) -> Outcome:
    """Record the event with all its effects; when this returns, both are committed.

    Raises `MalformedEvent` once the failure is recorded, and whatever keeps the database or Stripe from
    answering, with nothing recorded.
    """
    try:
        payload, handler = parse_webhook_payload(event)
    except UnhandledWebhookEventError:
        return await _record(event, body, EventStatus.IGNORED, reason=NOT_ACTED_ON)
    except MalformedEvent as malformed:
        outcome = await _record(event, body, EventStatus.FAILED, reason=malformed.reason)
        if outcome.duplicate:
            return outcome
        raise
    outcome = await _settle(event, body, payload, handler)
    if outcome.workspace_id and not outcome.duplicate:
        changes.announce(outcome.workspace_id)
    if outcome.trial_of:
        await trials.end_refused(outcome.trial_of)
    return outcome


async def record_malformed(body: bytes, reason: str) -> None:
    """Keep what Stripe signed though it is no event: under its digest, for want of an id."""
    digest = f"sha256_{sha256(body).hexdigest()}"
    async with db.transaction() as session:
        if await _claim(session, digest, body, type_=UNREADABLE):
            await _close(session, digest, EventStatus.FAILED, reason=reason)


async def replay(event_id: str) -> Outcome | None:
    """Take a stored event again, as if Stripe had redelivered it; None where none is stored."""
    async with db.reading() as session:
        row = await session.get(WebhookEvent, event_id)
    if row is None or row.payload is None:
        return None
    event = parse_event(row.payload)
    outcome = await ingest(event, row.payload)
    if event.id != row.id:
        async with db.transaction() as session:
            await _close(session, row.id, EventStatus.IGNORED, reason=f"taken as {event.id}")
    return outcome


async def _settle(event: StripeEvent, body: bytes | str, payload: Payload, handler: Handler) -> Outcome:
    answers = Answers()
    for _ in range(MAX_QUESTIONS):
        async with db.transaction() as session:
            result = await _attempt(session, event, body, payload, handler, answers)
            if isinstance(result, Outcome):
                return result
            await session.rollback()
        answers = await answer(result, answers)
    raise TooManyQuestions(event.id)


async def _attempt(
    session: AsyncSession,
    event: StripeEvent,
    body: bytes | str,
    payload: Payload,
    handler: Handler,
    answers: Answers,
) -> Outcome | Question:
    """One try within the caller's transaction; a question means that nothing of it may be kept."""
    if not await _claim(session, event.id, body, type_=event.type, event=event):
        return Outcome(EventStatus.PROCESSED, duplicate=True)
    workspace = await _workspace_of(session, event, payload, answers)
    if isinstance(workspace, Unmatched):
        return await _park(session, event, workspace)
    if isinstance(workspace, NeedsCharge):
        return workspace
    unheld: str | None = None if workspace.stripe_customer_id else getattr(payload, "customer", None)
    is_former = unheld is not None and await session.get(CustomerLink, unheld) is not None
    known = replace(
        answers, is_former_customer=is_former, has_failed_refund=await _has_failed_refund(session, payload)
    )
    decision = handler(event, payload, workspace, known)
    if isinstance(decision, Unmatched):
        return await _park(session, event, decision)
    if not isinstance(decision, Effects):
        return decision
    if unheld is not None and not is_former:  # a late event of a deleted customer does not bring it back
        link_customer(session, workspace, unheld, actor=STRIPE, event_id=event.id)
    await update_workspace_stripe_payment_details(session, workspace, decision, event_id=event.id)
    closed = await _close(session, event.id, EventStatus.PROCESSED, workspace_id=workspace.id)
    return replace(closed, trial_of=decision.trial.subscription_id) if decision.trial else closed


async def _park(session: AsyncSession, event: StripeEvent, unmatched: Unmatched) -> Outcome:
    row = await session.get_one(WebhookEvent, event.id)
    if row.attempts == 1:  # it is tried again every hour
        _log.warning("webhook_event_unmatched", event_id=event.id, type=event.type, reason=unmatched.reason)
    return await _close(session, event.id, EventStatus.UNMATCHED, reason=unmatched.reason)


async def _record(event: StripeEvent, body: bytes | str, status: EventStatus, *, reason: str) -> Outcome:
    async with db.transaction() as session:
        if not await _claim(session, event.id, body, type_=event.type, event=event):
            return Outcome(status, duplicate=True)
        return await _close(session, event.id, status, reason=reason)


async def _claim(
    session: AsyncSession, event_id: str, body: bytes | str, *, type_: str, event: StripeEvent | None = None
) -> bool:
    """Lock the event's row, made if need be; False when it was settled before.

    A concurrent delivery of the same event waits here until the first has committed or rolled back.
    """
    row = {
        "id": event_id,
        "type": type_,
        "status": EventStatus.PROCESSED,
        "api_version": event.api_version if event else None,
        "livemode": event.livemode if event else False,
        "created": event.created if event else None,
        "received_at": db.now(),
        "attempts": 1,
        "payload": as_text(body),
    }
    if await db.insert_if_new(session, WebhookEvent, row):
        return True
    stored = await session.get_one(WebhookEvent, event_id, with_for_update=True)
    if stored.status in SETTLED:
        return False
    stored.attempts += 1
    return True


async def _close(
    session: AsyncSession,
    event_id: str,
    status: EventStatus,
    *,
    reason: str | None = None,
    workspace_id: str | None = None,
) -> Outcome:
    row = await session.get_one(WebhookEvent, event_id)
    row.status, row.workspace_id = status, workspace_id
    row.reason = reason[:MAX_REASON] if reason else None
    row.processed_at = db.now()
    session.add(row)
    return Outcome(status, workspace_id)


async def _workspace_of(
    session: AsyncSession, event: StripeEvent, payload: Payload, answers: Answers
) -> Workspace | Unmatched | NeedsCharge:
    """The workspace whose customer this is, its row locked.

    A customer that no workspace has yet is taken for the one that its metadata names, if that has none:
    we alone write this metadata, before our own record of the customer may have been committed.
    """
    if event.livemode != get_settings().livemode:
        return Unmatched("an event of the other mode")
    customer: str | None = getattr(payload, "customer", None)
    if isinstance(payload, (DisputePayload, RefundPayload)):
        if payload.charge is None:
            return Unmatched("a refund of no charge")
        if answers.charge is None:
            return NeedsCharge(payload.charge)
        customer = answers.charge.customer
    if customer and (workspace := await _of_customer(session, customer)):
        return workspace
    named = await session.get(Workspace, _named_workspace(payload) or "", with_for_update=db.AGAINST_WRITERS)
    if named is None or (customer and named.stripe_customer_id not in (None, customer)):
        return Unmatched(f"no workspace has the customer {customer}")
    return named


async def _has_failed_refund(session: AsyncSession, payload: Payload) -> bool:
    refund = await session.get(Refund, payload.id) if isinstance(payload, ChargePayload) else None
    return refund is not None and bool(refund.failed)


async def _of_customer(session: AsyncSession, customer: str) -> Workspace | None:
    """By the workspace's customer of now, else by one that it had before."""
    current = (
        select(Workspace)
        .where(Workspace.stripe_customer_id == customer)
        .with_for_update(**db.AGAINST_WRITERS)
    )
    workspace = (await session.exec(current)).one_or_none()
    if workspace is not None:
        return workspace
    link = await session.get(CustomerLink, customer)
    return (
        await session.get(Workspace, link.workspace_id, with_for_update=db.AGAINST_WRITERS) if link else None
    )


def _named_workspace(payload: Payload) -> str | None:
    for field in ("metadata", "subscription_metadata"):
        if workspace_id := getattr(payload, field, {}).get("workspace_id"):
            return workspace_id
    return None
