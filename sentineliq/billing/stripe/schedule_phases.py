"""The phases of a change that is planned: as it is until the period ends, then the new price. Pure.

https://docs.stripe.com/api/subscription_schedules/update: phases are replaced whole, and what a phase does
not say, the subscription loses. So each carries on what the schedule's own first phase has.
"""

from datetime import datetime
from typing import Any, cast

from stripe.params import SubscriptionScheduleUpdateParams

from ..subscription_changes import RunningSubscription
from .payloads import Json

KEPT = (
    "application_fee_percent",
    "billing_cycle_anchor",
    "collection_method",
    "currency",
    "description",
    "metadata",
)
NAMED = ("default_payment_method", "on_behalf_of")
"""Ids, which may come expanded."""
NESTED = {
    "automatic_tax": ("enabled", "liability"),
    "invoice_settings": ("account_tax_ids", "days_until_due", "issuer"),
    "transfer_data": ("amount_percent", "destination"),
}
"""What an answer says beyond these of a part cannot be asked for."""


def phases_of(
    made: Json, subscription: RunningSubscription, *, price_id: str
) -> SubscriptionScheduleUpdateParams:
    """`made` is the schedule as Stripe made it from the subscription. What was invoiced once with the running
    phase is not asked for again, and a trial goes no further than it went.

    `iterations` is what our API version calls it; the SDK's types are of a newer one.
    """
    [first, *_] = cast(list[Json], made["phases"])
    carried = _settings(first) | _discounts(subscription)
    items = [_item(item) for item in cast(list[Json], first["items"])]
    running = carried | {
        "items": items,
        "start_date": _seconds(subscription.period_start),
        "end_date": _seconds(subscription.period_end),
        "proration_behavior": "none",
    }
    if (first.get("trial_end") or 0) > _seconds(subscription.period_start):
        running["trial_end"] = first["trial_end"]
    coming = carried | {
        "items": [_switched(item, subscription.price_id, price_id) for item in items],
        "iterations": 1,
        "proration_behavior": "none",
    }
    return {"end_behavior": "release", "phases": cast(Any, [running, coming])}


def _settings(phase: Json) -> Json:
    carried = {name: phase[name] for name in KEPT if phase.get(name)}
    carried |= {name: _id(phase[name]) for name in NAMED if phase.get(name)}
    for name, parts in NESTED.items():
        if part := phase.get(name):
            carried[name] = {key: _id(part[key]) for key in parts if part.get(key) is not None}
    if rates := phase.get("default_tax_rates"):
        carried["default_tax_rates"] = [_id(rate) for rate in rates]
    return carried


def _discounts(subscription: RunningSubscription) -> Json:
    """By their ids, so that no coupon is redeemed anew; without any, the customer's own count as before."""
    ids = subscription.discount_ids
    return {"discounts": [{"discount": discount} for discount in ids]} if ids else {}


def _item(item: Json) -> Json:
    asked: Json = {"price": _id(item["price"]), "quantity": item.get("quantity")}
    if item.get("metadata"):
        asked["metadata"] = item["metadata"]
    if rates := item.get("tax_rates"):
        asked["tax_rates"] = [_id(rate) for rate in rates]
    if given := item.get("discounts"):
        asked["discounts"] = [_discount(one) for one in given]
    return {key: value for key, value in asked.items() if value is not None}


def _discount(given: Json) -> Json:
    """The discount that there is already, else what it would be made from."""
    for name in ("discount", "coupon", "promotion_code"):
        if given.get(name):
            return {name: _id(given[name])}
    return {}


def _switched(item: Json, from_price: str, to_price: str) -> Json:
    """A plan's price changes; other things that the subscription has stay."""
    return item | {"price": to_price} if item["price"] == from_price else item


def _id(value: Any) -> Any:
    """An expanded object's id; parts that are no objects, such as a liability, lose only what is null."""
    if not isinstance(value, dict):
        return value
    known = cast(Json, value)
    return known["id"] if "id" in known else {key: part for key, part in known.items() if part is not None}


def _seconds(at: datetime) -> int:
    return int(at.timestamp())
