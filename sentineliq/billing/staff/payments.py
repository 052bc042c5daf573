"""A workspace's payments as Stripe has them, and sending money back."""

from dataclasses import dataclass

from sqlmodel import select

from ... import changes, db
from ...activity import audit
from ...activity.models import AuditAction
from ...errors import AppError, NotFound
from ...identity import staff as staff_people
from ...identity.staff import StaffMember
from ...money import format_money, parse_money
from ..models import CustomerLink
from ..processor import payment_processor
from ..refunds import Payment, RefundReason

NOTE_LENGTH = 500
"""What Stripe's metadata takes (https://docs.stripe.com/api/metadata)."""


class InvalidRefund(AppError):
    message = "Please say why, and give an amount that is still there to be refunded."


class InvalidAmount(InvalidRefund):
    message = "This is no amount of this currency. Write it like 9.99."


class InvalidNote(InvalidRefund):
    message = f"Please say why, in at most {NOTE_LENGTH} characters."


class PaymentChanged(AppError):
    status = 409
    message = "Some of this payment has gone back meanwhile. Look at what is left, then try again."


@dataclass(frozen=True, slots=True)
class RefundOrder:
    """What staff ask for, as they saw the payment. An empty `amount` is all that is left.

    `attempt` counts the refusals that were seen: Stripe answers the same key with the same refusal.
    """

    charge_id: str
    amount: str
    reason: str
    note: str
    seen_refunded: int
    attempt: int = 0


async def list_payments(staff: StaffMember, workspace_id: str) -> tuple[Payment, ...]:
    """Of all customers that the workspace has had, newest first. Raises `NotFound`, and what Stripe does."""
    found: list[Payment] = []
    for customer_id in await _customers(staff, workspace_id):
        found += await payment_processor().list_payments(customer_id)
    return tuple(sorted(found, key=lambda payment: payment.created, reverse=True))


async def refund(staff: StaffMember, workspace_id: str, order: RefundOrder) -> int:
    """Ask Stripe to send money back; how much, in minor units. Credits follow by `charge.refunded`.

    Raises `NotFound`, `InvalidRefund`, `PaymentChanged`, `RefundRefused`, and what the processor raises.
    """
    customers = await _customers(staff, workspace_id)
    payment = await payment_processor().fetch_payment(order.charge_id)
    if payment is None or payment.customer_id not in customers:
        raise NotFound
    if payment.amount_refunded != order.seen_refunded:
        raise PaymentChanged
    amount, reason, note = _amount(order, payment), _reason(order), order.note.strip()
    if not 0 < len(note) <= NOTE_LENGTH:
        raise InvalidNote
    await _note_request(staff, workspace_id, payment, amount=amount, reason=reason, note=note)
    sent = payment.amount_refunded + payment.amount_failed  # so that one that failed can be asked for again
    await payment_processor().refund(
        payment.charge_id,
        amount=amount,
        reason=reason,
        metadata={"note": note, "staff": staff.user_id, "workspace_id": workspace_id},
        key=f"refund-{payment.charge_id}-{sent}-{amount}-{order.attempt}",
    )
    return amount


async def _customers(staff: StaffMember, workspace_id: str) -> list[str]:
    links = select(CustomerLink.customer_id).where(CustomerLink.workspace_id == workspace_id)
    async with db.reading() as session:
        await staff_people.confirm(session, staff)
        return list((await session.exec(links.order_by(CustomerLink.customer_id))).all())


def _amount(order: RefundOrder, payment: Payment) -> int:
    try:
        amount = parse_money(order.amount, payment.currency) if order.amount.strip() else payment.refundable
    except ValueError:
        raise InvalidAmount from None
    if not 0 < amount <= payment.refundable:
        left = format_money(payment.refundable, payment.currency)
        raise InvalidAmount(f"At most {left} of this payment can go back.")
    return amount


def _reason(order: RefundOrder) -> RefundReason:
    try:
        return RefundReason(order.reason)
    except ValueError:
        raise InvalidRefund from None


async def _note_request(
    staff: StaffMember, workspace_id: str, payment: Payment, *, amount: int, reason: RefundReason, note: str
) -> None:
    """What was asked for, by whom and why, before Stripe is asked."""
    async with db.transaction() as session:
        await staff_people.confirm(session, staff)
        audit.record(
            session,
            workspace_id=workspace_id,
            actor=staff.user_id,
            action=AuditAction.REFUND_REQUESTED,
            after={
                "charge": payment.charge_id,
                "amount": amount,
                "currency": payment.currency,
                "reason": reason,
                "note": note,
            },
            origin=staff.origin,
        )
    changes.announce(workspace_id)
