"""Plans, statuses and amounts as staff read them."""

from datetime import datetime

from ...billing.limits import allowance
from ...billing.plan_ids import PaymentPlanId
from ...billing.recurring import RecurringPrice
from ...billing.staff.comps import last_day_of
from ...billing.status_labels import STATUS_LABELS
from ...workspaces.models import SubscriptionStatus
from .. import wording

PLANS = {PaymentPlanId.HOBBY.value: "Hobby", PaymentPlanId.PRO.value: "Pro"}
STATUSES = {status.value: STATUS_LABELS[status] for status in SubscriptionStatus}


def plan(plan_id: str | None) -> str:
    return allowance(PaymentPlanId(plan_id) if plan_id else None).name


def status(status_of: SubscriptionStatus | None) -> str:
    return STATUS_LABELS[status_of]


def until(moment: datetime | None) -> str:
    """The last day that is included."""
    if moment is None:
        return ""
    last = last_day_of(moment)
    return f"{last.day} {last:%b %Y}"


def price(recurring: RecurringPrice | None) -> str:
    """`$19.99 per month`, quantity included."""
    if recurring is None:
        return ""
    amount = wording.money(amount=recurring.amount, currency=recurring.currency)
    every = recurring.interval_count
    return (
        f"{amount} per {recurring.interval}" if every == 1 else f"{amount} per {every} {recurring.interval}s"
    )
