"""What each of Stripe's events does to a workspace: one pure function an event type.

A handler reads the event and the workspace as it stands, and answers with effects, with the reason why the
event is unmatched, or with a question to Stripe that is asked outside the transaction; the ledger then calls
it again with the answer.
"""

from collections.abc import Callable
from typing import Any

from ...billed import BilledWorkspace
from ...effects import Decision
from ..charge_payloads import ChargePayload, DisputePayload, RefundPayload
from ..payloads import (
    CheckoutSessionPayload,
    CustomerPayload,
    InvoicePayload,
    Payload,
    StripeEvent,
    SubscriptionPayload,
    UpcomingInvoicePayload,
)
from .answers import Answers
from .charges import on_charge_refunded, on_dispute, on_refund_changed
from .checkout import on_async_payment_failed, on_checkout_session
from .customers import on_customer_deleted, on_customer_updated
from .invoices import on_invoice_given_up, on_invoice_paid, on_invoice_payment_failed
from .reminders import on_finalization_failed, on_invoice_upcoming, on_payment_action_required
from .subscriptions import on_subscription, on_trial_will_end

Handler = Callable[[StripeEvent, Any, BilledWorkspace, Answers], Decision]

HANDLERS: dict[str, tuple[type[Payload], Handler]] = {
    "checkout.session.completed": (CheckoutSessionPayload, on_checkout_session),
    "checkout.session.async_payment_succeeded": (CheckoutSessionPayload, on_checkout_session),
    "checkout.session.async_payment_failed": (CheckoutSessionPayload, on_async_payment_failed),
    "checkout.session.expired": (CheckoutSessionPayload, on_checkout_session),
    "invoice.paid": (InvoicePayload, on_invoice_paid),
    "invoice.payment_failed": (InvoicePayload, on_invoice_payment_failed),
    "invoice.voided": (InvoicePayload, on_invoice_given_up),
    "invoice.marked_uncollectible": (InvoicePayload, on_invoice_given_up),
    "invoice.payment_action_required": (InvoicePayload, on_payment_action_required),
    "invoice.finalization_failed": (InvoicePayload, on_finalization_failed),
    "invoice.upcoming": (UpcomingInvoicePayload, on_invoice_upcoming),
    "customer.subscription.created": (SubscriptionPayload, on_subscription),
    "customer.subscription.updated": (SubscriptionPayload, on_subscription),
    "customer.subscription.paused": (SubscriptionPayload, on_subscription),
    "customer.subscription.resumed": (SubscriptionPayload, on_subscription),
    "customer.subscription.deleted": (SubscriptionPayload, on_subscription),
    "customer.subscription.trial_will_end": (SubscriptionPayload, on_trial_will_end),
    "charge.refunded": (ChargePayload, on_charge_refunded),
    "refund.failed": (RefundPayload, on_refund_changed),
    "refund.updated": (RefundPayload, on_refund_changed),
    "charge.refund.updated": (RefundPayload, on_refund_changed),
    "charge.dispute.created": (DisputePayload, on_dispute),
    "charge.dispute.closed": (DisputePayload, on_dispute),
    "customer.updated": (CustomerPayload, on_customer_updated),
    "customer.deleted": (CustomerPayload, on_customer_deleted),
}
"""Every event that we act on: its payload's shape and what it does."""
