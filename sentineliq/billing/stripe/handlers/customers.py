"""`customer.*`: the customer's own address, and its end."""

from ....workspaces.models import Workspace
from ...effects import CustomerChange, Decision, Effects, NeedsCustomerEmail
from ..payloads import CustomerPayload, StripeEvent
from .answers import Answers


def on_customer_updated(
    event: StripeEvent, customer: CustomerPayload, workspace: Workspace, answers: Answers
) -> Decision:
    """`customer.updated`: where Stripe sends its receipts, by the newest of these events.

    Of two in one second, Stripe says which address stands; one that changed no address has nothing to add.
    """
    held = workspace.customer_as_of
    if held is None or event.created > held:
        return Effects(customer=CustomerChange(customer.id, email=customer.email, as_of=event.created))
    if event.created < held or "email" not in (event.data.previous_attributes or {}):
        return Effects()
    if answers.email is None:
        return NeedsCustomerEmail(customer.id)
    return Effects(customer=CustomerChange(customer.id, email=answers.email.email, as_of=event.created))


def on_customer_deleted(
    event: StripeEvent, customer: CustomerPayload, workspace: Workspace, answers: Answers
) -> Decision:
    """`customer.deleted`: the next purchase makes a new one. Subscriptions end by their own events."""
    return Effects(customer=CustomerChange(customer.id, deleted=True))
