"""Changes of a subscription that are planned ahead (https://docs.stripe.com/billing/subscriptions/subscription-schedules).

Phases of prices and quantities, begun from a running subscription; the other fields of a phase stay as the
subscription has them.
"""

from typing import Any

from sentineliq.sandbox.engine import schedule_phases, subscriptions
from sentineliq.sandbox.engine.books import Books
from sentineliq.sandbox.engine.errors import InvalidRequest
from sentineliq.sandbox.engine.money import add_interval
from sentineliq.sandbox.engine.schedule_phases import TYPE
from sentineliq.sandbox.engine.subscription_create import price_of
from sentineliq.sandbox.engine.values import Document

_RUNNING = ("active", "not_started")
_AS_THE_SUBSCRIPTION: Document = dict.fromkeys(
    ("application_fee_percent", "billing_cycle_anchor", "collection_method", "default_payment_method",
     "default_tax_rates", "description", "invoice_settings", "on_behalf_of", "transfer_data", "trial_end")
)  # fmt: skip


def create(books: Books, params: Document) -> Document:
    """Of a running subscription. Raises InvalidRequest for one that has a schedule already."""
    if "from_subscription" not in params:
        raise InvalidRequest(
            "The sandbox makes schedules of running subscriptions.", param="from_subscription"
        )
    subscription = books.refer("subscription", params["from_subscription"], param="from_subscription")
    if subscription["status"] in subscriptions.ENDED or subscription["schedule"] is not None:
        raise InvalidRequest(
            "You cannot migrate a subscription that is already attached to a schedule.",
            param="from_subscription",
        )
    start, end = subscriptions.period_of(subscription)
    items = [
        {"price": item["price"]["id"], "quantity": item["quantity"]} for item in subscription["items"]["data"]
    ]
    schedule = books.new(
        TYPE,
        customer=subscription["customer"],
        subscription=subscription["id"],
        metadata=params.get("metadata", {}),
        current_phase={"start_date": start, "end_date": end},
    )
    schedule["phases"] = [_phase(books, subscription, {"items": items}, start=start, end=end)]
    books.add(schedule, event="subscription_schedule.created")
    subscription["schedule"] = schedule["id"]
    books.save(subscription, event="customer.subscription.updated")
    return schedule


def update(books: Books, schedule_id: str, params: Document) -> Document:
    """New phases: the first is the running one, each later one begins where the one before ends."""
    schedule = _running(books, schedule_id)
    subscription = books.get("subscription", schedule["subscription"])
    if "phases" in params:
        schedule["phases"] = _phases(books, subscription, schedule, params["phases"])
        first = schedule["phases"][0]
        schedule["current_phase"] = {"start_date": first["start_date"], "end_date": first["end_date"]}
    schedule["end_behavior"] = params.get("end_behavior", schedule["end_behavior"])
    schedule["metadata"] = {**schedule["metadata"], **(params.get("metadata") or {})}
    return books.save(schedule, event="subscription_schedule.updated")


def release(books: Books, schedule_id: str) -> Document:
    """The subscription goes on as it is; nothing is planned any more."""
    schedule = _running(books, schedule_id)
    subscription = books.get("subscription", schedule["subscription"])
    schedule_phases.release(books, schedule, subscription)
    books.save(subscription, event="customer.subscription.updated")
    return schedule


def _running(books: Books, schedule_id: str) -> Document:
    schedule = books.get(TYPE, schedule_id)
    if schedule["status"] not in _RUNNING:
        raise InvalidRequest(f"This schedule is {schedule['status']} and cannot be changed.")
    return schedule


def _phases(
    books: Books, subscription: Document, schedule: Document, given: list[Document]
) -> list[Document]:
    start = schedule["phases"][0]["start_date"]
    phases: list[Document] = []
    for place, wanted in enumerate(given):
        if not wanted.get("items"):
            raise InvalidRequest("Missing required param: items.", param=f"phases[{place}][items]")
        price = price_of(books, wanted["items"][0], f"phases[{place}][items][0]")
        end = wanted.get("end_date") or _after(start, price, wanted.get("iterations", 1))
        if not isinstance(end, int) or end <= start:
            raise InvalidRequest("A phase must end after it starts.", param=f"phases[{place}][end_date]")
        phases.append(_phase(books, subscription, wanted, start=start, end=end))
        start = end
    return phases


def _after(start: int, price: Document, iterations: int) -> int:
    recurring = price["recurring"]
    return add_interval(start, recurring["interval"], recurring["interval_count"] * iterations)


def _phase(books: Books, subscription: Document, wanted: Document, *, start: int, end: int) -> Document:
    items = [_phase_item(books, item, place) for place, item in enumerate(wanted["items"])]
    return {
        **_AS_THE_SUBSCRIPTION,
        "add_invoice_items": [],
        "discounts": [],
        "currency": subscription["currency"],
        "start_date": start,
        "end_date": end,
        "items": items,
        "proration_behavior": wanted.get("proration_behavior", "create_prorations"),
        "metadata": wanted.get("metadata", {}),
    }


def _phase_item(books: Books, wanted: Document, place: int) -> dict[str, Any]:
    price = price_of(books, wanted, f"phases[0][items][{place}]")
    return {
        "discounts": [],
        "metadata": {},
        "plan": price["id"],
        "price": price["id"],
        "quantity": wanted.get("quantity", 1),
        "tax_rates": [],
    }
