"""`charge.*`: money that went back, and money that a bank disputes."""

from ....activity.models import AuditAction, NotificationKind
from ....i18n import Money, Phrase
from ....mail.models import MailKind
from ...billed import BilledWorkspace
from ...effects import AuditNote, Decision, Effects, Notice, OwnerMail, RefundRecord
from ..payloads import ChargePayload, DisputePayload, StripeEvent
from .answers import Answers

CLOSED = "charge.dispute.closed"


def on_charge_refunded(
    event: StripeEvent, charge: ChargePayload, workspace: BilledWorkspace, answers: Answers
) -> Decision:
    """`charge.refunded`: unspent credits go back in proportion; a subscription ends by its own event."""
    about = f"refunded:{charge.id}:{charge.amount_refunded}"
    money = {"amount": charge.amount_refunded, "currency": charge.currency}
    return Effects(
        refund=RefundRecord(
            charge_id=charge.id,
            payment_intent=charge.payment_intent,
            currency=charge.currency,
            amount=charge.amount,
            amount_refunded=charge.amount_refunded,
        ),
        notices=(
            Notice(
                kind=NotificationKind.PAYMENT_REFUNDED,
                about=about,
                title=Phrase("{amount} refunded", {"amount": Money(charge.amount_refunded, charge.currency)}),
                body=Phrase("It reaches the account in 5 to 10 days."),
            ),
        ),
        mails=(OwnerMail(kind=MailKind.PAYMENT_REFUNDED, key=about, context=money),),
        audit=(AuditNote(action=AuditAction.PAYMENT_REFUNDED, after={"charge": charge.id, **money}),),
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
