"""Events that ask a person to act before money is missing: confirm, mend an address, renew a card."""

from ....activity.models import NotificationKind
from ....i18n import Money, Phrase
from ....mail.models import MailKind
from ...billed import BilledWorkspace
from ...effects import Decision, Effects, NeedsPaymentMethod, Notice, OwnerMail
from ..payloads import InvoicePayload, StripeEvent, UpcomingInvoicePayload
from .answers import Answers
from .held import held_plan, plan_name
from .invoices import bill_of, record_of


def on_payment_action_required(
    event: StripeEvent, invoice: InvoicePayload, workspace: BilledWorkspace, answers: Answers
) -> Decision:
    """`invoice.payment_action_required`: the bank asks the owner to confirm, on Stripe's hosted page."""
    about = f"payment_action_required:{invoice.id}"
    context = bill_of(invoice, plan_name(held_plan(workspace)))
    notice = Notice(
        kind=NotificationKind.PAYMENT_ACTION_REQUIRED,
        about=about,
        title=Phrase(
            "Confirm the payment of {amount}", {"amount": Money(invoice.amount_remaining, invoice.currency)}
        ),
        body=Phrase("The bank asks for it. The owner has the link by mail and in the invoices."),
    )
    mail = OwnerMail(kind=MailKind.PAYMENT_ACTION_REQUIRED, key=about, context=context)
    return Effects(invoice=record_of(event, invoice), notices=(notice,), mails=(mail,))


def on_finalization_failed(
    event: StripeEvent, invoice: InvoicePayload, workspace: BilledWorkspace, answers: Answers
) -> Decision:
    """`invoice.finalization_failed`: the invoice cannot be charged, mostly for want of an address."""
    about = f"finalization_failed:{invoice.id}"
    notice = Notice(
        kind=NotificationKind.BILLING_PROBLEM,
        about=about,
        title=Phrase("An invoice could not be completed"),
        body=Phrase("Please check the billing address in the customer portal."),
    )
    context = {"plan_name": plan_name(held_plan(workspace))}
    mail = OwnerMail(kind=MailKind.INVOICE_NOT_FINALIZED, key=about, context=context, staff_too=True)
    return Effects(notices=(notice,), mails=(mail,))


def on_invoice_upcoming(
    event: StripeEvent, invoice: UpcomingInvoicePayload, workspace: BilledWorkspace, answers: Answers
) -> Decision:
    """`invoice.upcoming`: days before a renewal; the owner hears of a card that lapses before it."""
    if answers.payment_method is None:
        return NeedsPaymentMethod(invoice.customer)
    card = answers.payment_method.card
    due = invoice.next_payment_attempt or event.created
    if card is None or (card.exp_year, card.exp_month) >= (due.year, due.month):
        return Effects()
    about = f"card_expiring:{invoice.customer}:{card.last4}:{card.exp_year}-{card.exp_month:02}"
    notice = Notice(
        kind=NotificationKind.CARD_EXPIRING,
        about=about,
        title=Phrase("The card ending in {last4} lapses before the next payment", {"last4": card.last4}),
        body=Phrase("Update the payment method to keep the plan."),
    )
    context = {"last4": card.last4, "expires": f"{card.exp_month:02}/{card.exp_year}"}
    return Effects(
        notices=(notice,), mails=(OwnerMail(kind=MailKind.CARD_EXPIRING, key=about, context=context),)
    )
