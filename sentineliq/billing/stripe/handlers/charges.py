"""`charge.*` and `refund.*`: money that went back, came again, and money that a bank disputes."""

from ....activity.models import AuditAction, NotificationKind
from ....i18n import Money, Phrase
from ....mail.models import MailKind
from ...billed import BilledWorkspace
from ...effects import (
    AuditNote,
    Decision,
    Effects,
    FailedRefund,
    NeedsCharge,
    Notice,
    OwnerMail,
    RefundRecord,
    Unmatched,
)
from ..charge_payloads import ChargePayload, ChargeWithRefunds, DisputePayload, RefundPayload
from ..payloads import StripeEvent
from .answers import Answers

CLOSED = "charge.dispute.closed"


def on_charge_refunded(
    event: StripeEvent, charge: ChargePayload, workspace: BilledWorkspace, answers: Answers
) -> Decision:
    """`charge.refunded`: unspent credits go back in proportion; a subscription ends by its own event.

    Its amount is without refunds that have failed. Where one is known to have, the event alone does not tell
    whether it is from before: Stripe does.
    """
    if answers.has_failed_refund and answers.charge is None:
        return NeedsCharge(charge.id)
    read = answers.charge.charge if answers.charge else None
    record, went_back = _record_of(read or charge), read.went_back if read else charge.amount_refunded
    about = f"refunded:{charge.id}:{record.amount_refunded}"
    money = {"amount": went_back, "currency": charge.currency}
    notice = Notice(
        kind=NotificationKind.PAYMENT_REFUNDED,
        about=about,
        title=Phrase("{amount} refunded", {"amount": Money(went_back, charge.currency)}),
        body=Phrase("It reaches the account in 5 to 10 days."),
    )
    mail = OwnerMail(kind=MailKind.PAYMENT_REFUNDED, key=about, context=money)
    after = {"charge": charge.id, "amount": charge.amount_refunded, "currency": charge.currency}
    return Effects(
        refund=record,
        notices=(notice,) if went_back else (),
        mails=(mail,) if went_back else (),
        audit=(AuditNote(action=AuditAction.PAYMENT_REFUNDED, after=after),),
    )


def on_refund_changed(
    event: StripeEvent, refund: RefundPayload, workspace: BilledWorkspace, answers: Answers
) -> Decision:
    """`refund.failed`, and `refund.updated` or `charge.refund.updated` to the same end: the credits that went
    back with it are given back, owner and staff are told.

    Since version 2024-10-28.acacia all refunds have `refund.failed`; a cancelled one only `refund.updated`.
    Endpoints of older versions hear of both by `charge.refund.updated` alone
    (https://docs.stripe.com/changelog/acacia/2024-10-28/refund-webhook-update).
    """
    charge = answers.charge.charge if answers.charge else None
    if charge is None:
        return Unmatched(f"Stripe does not know the charge {refund.charge}")
    if not refund.has_failed:
        return Effects()
    about = f"refund_failed:{refund.id}"
    money = {"amount": refund.amount, "currency": refund.currency}
    reason = {"reason": refund.failure_reason} if refund.failure_reason else {}
    notice = Notice(
        kind=NotificationKind.BILLING_PROBLEM,
        about=about,
        title=Phrase("Refund of {amount} failed", {"amount": Money(refund.amount, refund.currency)}),
        body=Phrase("The money has not reached the account. Credits taken back for it are there again."),
    )
    after = {"charge": charge.id, "refund": refund.id, **money, **reason}
    return Effects(
        refund=_record_of(charge, failed=FailedRefund(refund.id, refund.amount)),
        notices=(notice,),
        mails=(OwnerMail(kind=MailKind.REFUND_FAILED, key=about, context=money, staff_too=True),),
        audit=(AuditNote(action=AuditAction.REFUND_FAILED, after=after),),
    )


def _record_of(charge: ChargePayload, *, failed: FailedRefund | None = None) -> RefundRecord:
    """Of an event's charge what it says, of one that was read all that was ever refunded."""
    is_whole = isinstance(charge, ChargeWithRefunds)
    return RefundRecord(
        charge_id=charge.id,
        payment_intent=charge.payment_intent,
        currency=charge.currency,
        amount=charge.amount,
        amount_refunded=charge.amount_sent if is_whole else charge.amount_refunded,
        failed=failed,
    )


def on_dispute(
    event: StripeEvent, dispute: DisputePayload, workspace: BilledWorkspace, answers: Answers
) -> Decision:
    """`charge.dispute.created` and `.closed`: owner and staff are told. Nothing is taken by itself:
    the bank has taken the money, and what becomes of plan and credits is for staff to say."""
    is_closed = event.type == CLOSED
    about = f"dispute_{'closed' if is_closed else 'created'}:{dispute.id}"
    title = Phrase(
        "Dispute over {amount} is closed: {outcome}" if is_closed else "Payment of {amount} is disputed",
        {
            "amount": Money(dispute.amount, dispute.currency),
            "outcome": Phrase(dispute.status.replace("_", " ")),
        },
    )
    money = {"amount": dispute.amount, "currency": dispute.currency}
    context = {
        **money,
        "reason": dispute.reason.replace("_", " "),
        "outcome": dispute.status.replace("_", " ") if is_closed else None,
    }
    action = AuditAction.DISPUTE_CLOSED if is_closed else AuditAction.PAYMENT_DISPUTED
    after = {"dispute": dispute.id, "charge": dispute.charge, "status": dispute.status, **money}
    return Effects(
        notices=(Notice(kind=NotificationKind.BILLING_PROBLEM, about=about, title=title),),
        mails=(OwnerMail(kind=MailKind.PAYMENT_DISPUTED, key=about, context=context, staff_too=True),),
        audit=(AuditNote(action=action, after=after),),
    )
