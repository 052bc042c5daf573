"""From Stripe's subscription and previewed invoice to the values of `billing.subscription_changes`. Pure."""

from datetime import UTC, datetime
from typing import Any, cast

from ..plans import get_plan_id_by_price_id
from ..processor import PaymentProcessorRefused
from ..subscription_changes import InvoicePreview, PlannedChange, RunningSubscription
from .payloads import InvoiceLine, Json

EXPANDED = ("latest_invoice", "schedule")
"""What must be expanded for `running_of`."""


def running_of(subscription: Json) -> RunningSubscription:
    """Raises `PaymentProcessorRefused` for one without items."""
    item = _our_item(subscription)
    waits = subscription.get("pending_update") is not None
    schedule = _as_object(subscription.get("schedule"))
    ends = subscription.get("cancel_at") or (
        item["current_period_end"] if subscription.get("cancel_at_period_end") else None
    )
    return RunningSubscription(
        id=subscription["id"],
        customer_id=_id(subscription["customer"]),
        item_id=item["id"],
        price_id=_id(item["price"]),
        currency=subscription["currency"],
        period_start=_time(item["current_period_start"]),
        period_end=_time(item["current_period_end"]),
        is_trial=subscription["status"] == "trialing",
        ends_at=_time(ends) if ends else None,
        cancels_at_period_end=bool(subscription.get("cancel_at_period_end")),
        is_waiting=waits,
        waiting_invoice_url=(_as_object(subscription.get("latest_invoice")).get("hosted_invoice_url") or "")
        if waits
        else "",
        schedule_id=schedule.get("id"),
        planned=_planned(schedule),
        discount_ids=tuple(_id(each) for each in cast(list[Any], subscription.get("discounts") or [])),
    )


def preview_of(invoice: Json, *, running_until: datetime | None = None) -> InvoicePreview:
    """`at` is when the period begins that the invoice asks for; where that begins before `running_until`, it
    is charged at once, and `at` is when it ends and renews."""
    taxes = cast(list[Json], invoice.get("total_taxes") or [])
    lines = [InvoiceLine.model_validate(line) for line in cast(list[Json], invoice["lines"]["data"])]
    renewing = [line for line in lines if not line.proration]
    return InvoicePreview(
        currency=invoice["currency"],
        total=invoice["total"],
        tax=sum(tax["amount"] for tax in taxes),
        amount_due=invoice["amount_due"],
        at=_renewal_of(renewing, running_until) or _time(invoice["created"]),
        price_id=next((line.price_id for line in renewing if _is_of_a_plan(line.price_id)), "") or "",
    )


def _renewal_of(lines: list[InvoiceLine], running_until: datetime | None) -> datetime | None:
    starts = [line.period_start for line in lines if line.period_start is not None]
    coming = [start for start in starts if running_until is None or start >= running_until]
    return max(coming or [line.period_end for line in lines if line.period_end is not None], default=None)


def _is_of_a_plan(price_id: str | None) -> bool:
    return price_id is not None and get_plan_id_by_price_id(price_id) is not None


def _our_item(subscription: Json) -> Json:
    items = cast(list[Json], subscription["items"]["data"])
    known = [item for item in items if _is_of_a_plan(_id(item["price"]))]
    if not items:
        raise PaymentProcessorRefused
    return (known or items)[0]


def _planned(schedule: Json) -> PlannedChange | None:
    """The phase after the running one; a schedule in its last phase plans nothing more."""
    current = schedule.get("current_phase")
    if not current:
        return None
    later = [phase for phase in schedule["phases"] if phase["start_date"] >= current["end_date"]]
    if not later:
        return None
    return PlannedChange(price_id=_id(later[0]["items"][0]["price"]), at=_time(later[0]["start_date"]))


def _as_object(value: object) -> Json:
    return cast(Json, value) if isinstance(value, dict) else {}


def _id(value: Any) -> str:
    return _as_object(value).get("id") or value


def _time(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
