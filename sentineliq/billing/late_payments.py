"""Payments that arrive for a workspace that is gone: nobody gets anything for them, so they go back.

A checkout that was paid a moment before, or by a bank debit days before, cannot be closed any more when its
workspace is deleted. What was there before the deletion is not refunded by itself.
"""

import structlog
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from .. import db
from ..activity import audit
from ..activity.models import AuditAction
from ..errors import AppError
from . import jobs
from .effects import CheckoutRecord, CreditGrant
from .models import Checkout, CheckoutStatus, CreditEntry, Job
from .processor import payment_processor
from .refunds import Payment, RefundReason

REFUND_JOB = "refund:"
"""A job of this name and a checkout's id: what it was paid with is still to be sent back."""

WHY = "Paid for a workspace that was deleted before the payment arrived."

_log = structlog.get_logger(__name__)


async def note(
    session: AsyncSession, checkout: Checkout, told: CheckoutRecord, grant: CreditGrant | None
) -> None:
    """Plan the refund of a deleted workspace's checkout if it brings something that was not there before.

    `checkout` is still as it was before the event.
    """
    if grant is not None:
        booked = select(CreditEntry.id).where(CreditEntry.source == grant.source)
        is_news = (await session.exec(booked)).first() is None
    else:
        is_paid = told.subscription_id is not None and told.status is CheckoutStatus.COMPLETE
        is_news = is_paid and checkout.status is not CheckoutStatus.COMPLETE
    if is_news:
        await db.insert_new(session, Job, [{"name": REFUND_JOB + checkout.id}])


async def refund_noted() -> None:
    """Send back what is noted. What cannot be sent back now is tried again by the next scheduled run."""
    unfinished = select(Job.name).where(col(Job.name).startswith(REFUND_JOB), col(Job.finished_at).is_(None))
    async with db.reading() as session:
        names = (await session.exec(unfinished)).all()
    for name in names:
        await _refund(name)


async def _refund(name: str) -> None:
    """By one worker at a time."""
    async with db.reading() as session:
        checkout = await session.get_one(Checkout, name.removeprefix(REFUND_JOB))
    about = {"workspace_id": checkout.workspace_id, "session_id": checkout.session_id}
    try:
        async with jobs.leased(name, not_within=jobs.EVER) as lease:
            payment = await payment_processor().fetch_checkout_payment(checkout.session_id or "")
            if payment is not None and payment.refundable and not payment.is_disputed:
                await _send_back(payment, checkout, lease)
                _log.warning("late_payment_refunded", charge_id=payment.charge_id, **about)
    except jobs.JobTaken:
        return
    except AppError:
        _log.warning("late_payment_not_refunded", exc_info=True, **about)


async def _send_back(payment: Payment, checkout: Checkout, lease: jobs.Lease) -> None:
    """Audited before Stripe is asked, as what staff ask for is; a further try does not say it again."""
    if lease.cursor is None:
        async with db.transaction() as session:
            audit.record(
                session,
                workspace_id=checkout.workspace_id,
                actor="system",
                action=AuditAction.REFUND_REQUESTED,
                after={
                    "charge": payment.charge_id,
                    "amount": payment.refundable,
                    "currency": payment.currency,
                    "reason": RefundReason.REQUESTED_BY_CUSTOMER,
                    "note": WHY,
                },
            )
        await lease.save("audited")
    await payment_processor().refund(
        payment.charge_id,
        amount=payment.refundable,
        reason=RefundReason.REQUESTED_BY_CUSTOMER,
        metadata={"note": WHY, "workspace_id": checkout.workspace_id},
        key=f"late-{payment.charge_id}-{payment.amount_refunded}",
    )
