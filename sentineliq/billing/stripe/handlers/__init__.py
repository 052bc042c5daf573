"""What each of Stripe's events does to a workspace: one pure function an event type.

A handler reads the event and the workspace as it stands, and answers with effects, with the reason why the
event is unmatched, or with a question to Stripe that is asked outside the transaction; the ledger then calls
it again with the answer.
"""

from collections.abc import Callable
from typing import Any

from ....workspaces.models import Workspace
from ...effects import Decision
from ..payloads import CheckoutSessionPayload, InvoicePayload, Payload, StripeEvent, SubscriptionPayload
from .answers import Answers
from .checkout import on_checkout_session
from .invoices import on_invoice_paid, on_invoice_payment_failed
from .subscriptions import on_subscription

Handler = Callable[[StripeEvent, Any, Workspace, Answers], Decision]

HANDLERS: dict[str, tuple[type[Payload], Handler]] = {
    "checkout.session.completed": (CheckoutSessionPayload, on_checkout_session),
    "checkout.session.async_payment_succeeded": (CheckoutSessionPayload, on_checkout_session),
    "checkout.session.expired": (CheckoutSessionPayload, on_checkout_session),
    "invoice.paid": (InvoicePayload, on_invoice_paid),
    "invoice.payment_failed": (InvoicePayload, on_invoice_payment_failed),
    "customer.subscription.created": (SubscriptionPayload, on_subscription),
    "customer.subscription.updated": (SubscriptionPayload, on_subscription),
    "customer.subscription.paused": (SubscriptionPayload, on_subscription),
    "customer.subscription.resumed": (SubscriptionPayload, on_subscription),
    "customer.subscription.deleted": (SubscriptionPayload, on_subscription),
}
"""Every event that we act on: its payload's shape and what it does."""
