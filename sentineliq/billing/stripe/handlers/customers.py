"""`customer.*`: the customer's own address, and its end."""

from ....workspaces.models import Workspace
from ...effects import CustomerChange, Decision, Effects
from ..payloads import CustomerPayload, StripeEvent
from .answers import Answers


def on_customer_updated(
    event: StripeEvent, customer: CustomerPayload, workspace: Workspace, answers: Answers
) -> Decision:
    """`customer.updated`: where Stripe sends its receipts, by the newest of these events."""
    held = workspace.customer_as_of
    if held is not None and (
        event.created < held or (event.created == held and not _follows(event, workspace))
    ):
        return Effects()
    return Effects(customer=CustomerChange(customer.id, email=customer.email, as_of=event.created))


def _follows(event: StripeEvent, workspace: Workspace) -> bool:
    """Within one second: whether the event says that it changed the address that we hold."""
    previous = event.data.previous_attributes or {}
    return "email" in previous and previous["email"] == workspace.billing_email


def on_customer_deleted(
    event: StripeEvent, customer: CustomerPayload, workspace: Workspace, answers: Answers
) -> Decision:
    """`customer.deleted`: the next purchase makes a new one. Subscriptions end by their own events."""
    return Effects(customer=CustomerChange(customer.id, deleted=True))
