"""`customer.*`: the customer's own address, and its end."""

from dataclasses import replace

from ...billed import BilledWorkspace
from ...effects import CustomerChange, Decision, Effects, NeedsCustomerEmail
from ..payloads import CustomerPayload, StripeEvent
from ..subscriptions import ended_with_customer
from .answers import Answers
from .held import held_plan, plan_name
from .subscriptions import with_end


def on_customer_updated(
    event: StripeEvent, customer: CustomerPayload, workspace: BilledWorkspace, answers: Answers
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
    event: StripeEvent, customer: CustomerPayload, workspace: BilledWorkspace, answers: Answers
) -> Decision:
    """`customer.deleted`: the next purchase makes a new one. Its subscription has ended with it, which that
    one's own event may tell later, or never."""
    return without_customer(customer.id, workspace=workspace, event=event)


def without_customer(customer_id: str, *, workspace: BilledWorkspace, event: StripeEvent) -> Effects:
    """What the end of a customer means; of a former one, nothing."""
    effects = Effects(customer=CustomerChange(customer_id, deleted=True))
    if workspace.stripe_customer_id != customer_id:
        return effects
    details = ended_with_customer(workspace, event=event)
    if details is None:
        return effects
    return with_end(replace(effects, subscription=details), details, plan=plan_name(held_plan(workspace)))
