"""What effects make of a workspace's billing fields, and the audit rows of it. Pure.

The one set of rules behind `payment_details`, which writes in a session, and `batches`, which writes many
deliveries at once.
"""

from collections.abc import Iterator
from typing import Any

from ..activity.models import AuditAction
from .billed import BilledWorkspace
from .effects import AuditNote, Effects, SubscriptionDetails


def new_fields(workspace: BilledWorkspace, effects: Effects) -> dict[str, Any]:
    """Billing fields by name, with what they are after a subscription and a payment; the others stay."""
    fields = _subscription_fields(effects.subscription) if effects.subscription else {}
    paid, held = effects.date_paid, workspace.date_paid
    if paid is not None and (held is None or paid > held):
        fields["date_paid"] = paid
    return fields


def _subscription_fields(details: SubscriptionDetails) -> dict[str, Any]:
    price = details.price
    return {
        "stripe_subscription_id": details.subscription_id,
        "subscription_status": details.status,
        "subscription_plan": details.plan,
        "current_period_end": details.current_period_end,
        "cancel_at": details.cancel_at,
        "trial_end": details.trial_end,
        "past_due_since": details.past_due_since,
        "subscription_created": details.created,
        "subscription_as_of": details.as_of,
        "subscription_as_of_event": details.as_of_event,
        "has_other_subscription": details.has_others,
        "price_amount": price.amount if price else None,
        "price_currency": price.currency if price else None,
        "price_interval": price.interval if price else None,
        "price_interval_count": price.interval_count if price else None,
        "is_discounted": details.is_discounted,
    }


def notes_of_subscription(workspace: BilledWorkspace, details: SubscriptionDetails) -> Iterator[AuditNote]:
    """One for each change. A renewal's new period is told by its payment's own."""
    held, ends = workspace.stripe_subscription_id, details.cancel_at
    if held is not None and held != details.subscription_id:
        yield _note(AuditAction.SUBSCRIPTION_REPLACED, "subscription", held, details.subscription_id)
    if workspace.subscription_plan != details.plan:
        yield _note(AuditAction.PLAN_CHANGED, "plan", workspace.subscription_plan, details.plan)
    if workspace.subscription_status != details.status:
        until = {"ends_at": ends} if ends else {}
        before, after = workspace.subscription_status, details.status
        yield _note(AuditAction.STATUS_CHANGED, "status", before, after, **until)
    elif workspace.cancel_at != ends:
        yield _note(AuditAction.END_DATE_CHANGED, "ends_at", workspace.cancel_at, ends)


def _note(action: AuditAction, name: str, before: object, after: object, **more: object) -> AuditNote:
    return AuditNote(action=action, before={name: before}, after={name: after} | more)
