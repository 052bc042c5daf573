"""From Stripe's subscription and previewed invoice to the values of `billing.subscription_changes`. Pure."""

from datetime import UTC, datetime
from typing import Any, cast

from ..plans import get_plan_id_by_price_id
from ..processor import PaymentProcessorRefused
from ..subscription_changes import InvoicePreview, PlannedChange, RunningSubscription
from .payloads import Json

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
    return InvoicePreview(
        currency=invoice["currency"],
        total=invoice["total"],
        tax=sum(tax["amount"] for tax in taxes),
        amount_due=invoice["amount_due"],
        at=_time(_renewal_of(invoice, int(running_until.timestamp()) if running_until else 0)),
    )


def _renewal_of(invoice: Json, running_until: int) -> int:
    periods = [line["period"] for line in cast(list[Json], invoice["lines"]["data"]) if not _prorates(line)]
    coming = [period["start"] for period in periods if period["start"] >= running_until]
    return max(coming or [period["end"] for period in periods], default=invoice["created"])


def _prorates(line: Json) -> bool:
    parent = _as_object(line.get("parent"))
    details = parent.get("subscription_item_details") or parent.get("invoice_item_details")
    return bool(_as_object(details).get("proration"))


def _our_item(subscription: Json) -> Json:
    items = cast(list[Json], subscription["items"]["data"])
    known = [item for item in items if get_plan_id_by_price_id(_id(item["price"])) is not None]
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
