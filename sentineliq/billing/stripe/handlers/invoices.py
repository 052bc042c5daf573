"""`invoice.*`: payments received, failed, given up, and what they say of a subscription not yet heard of."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from ....activity.models import AuditAction, NotificationKind
from ....i18n import Money, Phrase
from ....mail.models import MailKind
from ....workspaces.models import SubscriptionStatus
from ...billed import BilledWorkspace
from ...effects import (
    AuditNote,
    Decision,
    Effects,
    InvoiceRecord,
    NeedsSubscriptions,
    Notice,
    OwnerMail,
    SubscriptionDetails,
    Unmatched,
)
from ..payloads import InvoicePayload, StripeEvent
from ..subscriptions import ENDED, UnknownPrice, current_one, details_of, has_ended, past_due_since, plan_of
from .answers import Answers
from .held import held_details, held_plan, plan_name
from .trials import pays_after_trial

RUNNING = (SubscriptionStatus.ACTIVE, SubscriptionStatus.TRIALING, SubscriptionStatus.CANCEL_AT_PERIOD_END)


def on_invoice_paid(
    event: StripeEvent, invoice: InvoicePayload, workspace: BilledWorkspace, answers: Answers
) -> Decision:
    """`invoice.paid`: the date paid, a mail, and the status where no newer subscription has told it."""
    try:
        details = _details_from_paid(event, invoice, workspace, answers)
    except UnknownPrice as unknown:
        return Unmatched(str(unknown))
    if isinstance(details, NeedsSubscriptions):
        return details
    record = record_of(event, invoice)
    if invoice.amount_paid == 0:
        return Effects(subscription=details, invoice=record, date_paid=None)
    return Effects(
        subscription=details,
        invoice=record,
        date_paid=invoice.paid_at or event.created,
        notices=(
            Notice(
                kind=NotificationKind.PAYMENT_RECEIVED,
                about=f"payment_received:{invoice.id}",
                title=Phrase(
                    "Payment of {amount} received", {"amount": Money(invoice.amount_paid, invoice.currency)}
                ),
                body=Phrase("Invoice {invoice} is paid.", {"invoice": invoice.number or invoice.id}),
            ),
        ),
        mails=(
            OwnerMail(
                kind=MailKind.TRIAL_PAID
                if pays_after_trial(invoice, workspace=workspace)
                else MailKind.PAYMENT_RECEIVED,
                key=f"payment_received:{invoice.id}",
                context={
                    "amount": invoice.amount_paid,
                    "currency": invoice.currency,
                    "plan_name": plan_name((details and details.plan) or held_plan(workspace)),
                    "invoice_url": invoice.hosted_invoice_url,
                    "period_end": _period_end(invoice),
                },
            ),
        ),
        audit=(_money_note(AuditAction.PAYMENT_RECEIVED, invoice, amount=invoice.amount_paid),),
    )


def _details_from_paid(
    event: StripeEvent, invoice: InvoicePayload, workspace: BilledWorkspace, answers: Answers
) -> SubscriptionDetails | NeedsSubscriptions | None:
    """What a paid invoice says of the subscription, None where it has nothing to add."""
    if invoice.total == 0 and invoice.billing_reason == "subscription_create":
        return None  # a trial's: its subscription tells
    if invoice.subscription_id is None or workspace.stripe_customer_id not in (None, invoice.customer):
        return None
    if answers.is_former_customer:
        return None  # its subscriptions have ended with it
    if workspace.stripe_subscription_id == invoice.subscription_id:
        return _recovered(event, invoice, workspace)
    held_since = workspace.subscription_as_of
    if workspace.subscription_status not in ENDED or (held_since and invoice.created <= held_since):
        return None
    return _first_told(invoice, answers, event=event, workspace=workspace)


def _recovered(
    event: StripeEvent, invoice: InvoicePayload, workspace: BilledWorkspace
) -> SubscriptionDetails | None:
    """A past-due subscription is active again once the invoice of its running period is paid."""
    if workspace.subscription_status is not SubscriptionStatus.PAST_DUE or not _is_newer(event, workspace):
        return None
    paid_until, held_until = _period_end(invoice), workspace.current_period_end
    if paid_until is not None and held_until is not None and paid_until < held_until:
        return None
    ends = workspace.cancel_at is not None
    status = SubscriptionStatus.CANCEL_AT_PERIOD_END if ends else SubscriptionStatus.ACTIVE
    return replace(held_details(workspace), status=status, past_due_since=None)


def _first_told(
    invoice: InvoicePayload, answers: Answers, *, event: StripeEvent, workspace: BilledWorkspace
) -> SubscriptionDetails | NeedsSubscriptions | None:
    """The invoice overtook its subscription's event. Several lines do not tell the plan, and an invoice alone
    not whether a subscription beside the one that was held has ended since: Stripe does."""
    lines = [line for line in invoice.lines if not line.proration]
    known = answers.subscriptions_for(workspace)
    if known is None and (len(lines) != 1 or workspace.stripe_subscription_id is not None):
        return NeedsSubscriptions(invoice.customer, seen=workspace.subscription_as_of_event)
    if current := current_one(known or (), workspace=workspace):
        if current.id != invoice.subscription_id or has_ended(current):
            return None
        return details_of(current, workspace=workspace, event=event, known=known, told_at=answers.told_at)
    return SubscriptionDetails(
        subscription_id=invoice.subscription_id or "",
        status=SubscriptionStatus.ACTIVE,
        plan=plan_of([line.price_id for line in lines]),
        current_period_end=_period_end(invoice),
        cancel_at=None,
        past_due_since=None,
        created=None,
        as_of=None,
        as_of_event=event.id,
    )


def on_invoice_payment_failed(
    event: StripeEvent, invoice: InvoicePayload, workspace: BilledWorkspace, answers: Answers
) -> Decision:
    """`invoice.payment_failed`: a failed renewal makes the workspace past due; the owner gets the link."""
    return Effects(
        subscription=_failed_renewal(event, invoice, workspace),
        invoice=record_of(event, invoice),
        notices=(
            Notice(
                kind=NotificationKind.PAYMENT_FAILED,
                about=f"payment_failed:{invoice.id}",
                title=Phrase(
                    "Payment of {amount} failed",
                    {"amount": Money(invoice.amount_remaining, invoice.currency)},
                ),
                body=Phrase("Update the payment method to keep the plan."),
            ),
        ),
        mails=(
            OwnerMail(
                kind=MailKind.PAYMENT_FAILED,
                key=f"payment_failed:{invoice.id}",
                context=bill_of(invoice, plan_name(held_plan(workspace)))
                | {"next_attempt_at": invoice.next_payment_attempt},
            ),
        ),
        audit=(_money_note(AuditAction.PAYMENT_FAILED, invoice, amount=invoice.amount_remaining),),
    )


def on_invoice_given_up(
    event: StripeEvent, invoice: InvoicePayload, workspace: BilledWorkspace, answers: Answers
) -> Decision:
    """`invoice.voided` and `invoice.marked_uncollectible`: it is no longer asked for. What that means for its
    subscription, the subscription's own event tells."""
    return Effects(invoice=record_of(event, invoice))


def bill_of(invoice: InvoicePayload, plan: str) -> dict[str, Any]:
    """What mails about an unpaid invoice tell."""
    return {
        "amount": invoice.amount_remaining,
        "currency": invoice.currency,
        "plan_name": plan,
        "invoice_url": invoice.hosted_invoice_url,
    }


def _failed_renewal(
    event: StripeEvent, invoice: InvoicePayload, workspace: BilledWorkspace
) -> SubscriptionDetails | None:
    is_renewal = invoice.billing_reason == "subscription_cycle"
    is_mine = workspace.stripe_subscription_id == invoice.subscription_id
    if not (
        is_renewal and is_mine and workspace.subscription_status in RUNNING and _is_newer(event, workspace)
    ):
        return None
    since = past_due_since(
        workspace,
        subscription_id=invoice.subscription_id or "",
        status=SubscriptionStatus.PAST_DUE,
        at=event.created,
    )
    return replace(held_details(workspace), status=SubscriptionStatus.PAST_DUE, past_due_since=since)


def _is_newer(event: StripeEvent, workspace: BilledWorkspace) -> bool:
    """Whether an invoice's word counts: only after the newest whole subscription that we hold."""
    return workspace.subscription_as_of is None or event.created > workspace.subscription_as_of


def _period_end(invoice: InvoicePayload) -> datetime | None:
    return max((line.period_end for line in invoice.lines if line.period_end), default=None)


def record_of(event: StripeEvent, invoice: InvoicePayload) -> InvoiceRecord:
    """The invoice for our own list."""
    return InvoiceRecord(
        id=invoice.id,
        number=invoice.number,
        status=invoice.status,
        currency=invoice.currency,
        total=invoice.total,
        amount_paid=invoice.amount_paid,
        amount_remaining=invoice.amount_remaining,
        created=invoice.created,
        as_of=event.created,
        hosted_invoice_url=invoice.hosted_invoice_url,
        invoice_pdf=invoice.invoice_pdf,
        next_payment_attempt=invoice.next_payment_attempt,
    )


def _money_note(action: AuditAction, invoice: InvoicePayload, *, amount: int) -> AuditNote:
    after = {"invoice": invoice.number or invoice.id, "amount": amount, "currency": invoice.currency}
    return AuditNote(action=action, after=after)
