"""What the workspace holds before an event, in the handlers' terms."""

from ...billed import BilledWorkspace
from ...effects import SubscriptionDetails
from ...plans import PaymentPlanId, name_of_plan
from ...recurring import held_price


def held_details(workspace: BilledWorkspace) -> SubscriptionDetails:
    """The subscription on the record, to be changed in part."""
    return SubscriptionDetails(
        subscription_id=workspace.stripe_subscription_id or "",
        status=workspace.subscription_status,
        plan=held_plan(workspace),
        current_period_end=workspace.current_period_end,
        cancel_at=workspace.cancel_at,
        past_due_since=workspace.past_due_since,
        created=workspace.subscription_created,
        as_of=workspace.subscription_as_of,
        as_of_event=workspace.subscription_as_of_event,
        has_others=workspace.has_other_subscription,
        trial_end=workspace.trial_end,
        price=held_price(workspace),
        is_discounted=workspace.is_discounted,
    )


def held_plan(workspace: BilledWorkspace) -> PaymentPlanId | None:
    """The plan on the record, whatever its status."""
    return PaymentPlanId(workspace.subscription_plan) if workspace.subscription_plan else None


def plan_name(plan_id: PaymentPlanId | None) -> str:
    """The name that people know; the product's own where no plan is known."""
    return name_of_plan(plan_id) if plan_id else "SentinelIQ"
