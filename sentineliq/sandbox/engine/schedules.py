"""Changes of a subscription that are planned ahead (https://docs.stripe.com/billing/subscriptions/subscription-schedules).

Phases begun from a running subscription. Phases that are put in their place are taken at their word: a
discount that they do not name is lost; who pays, how, and the tax stay as the subscription has them.
"""

from typing import Any

from sentineliq.sandbox.engine import schedule_phases, subscriptions
from sentineliq.sandbox.engine.books import Books
from sentineliq.sandbox.engine.documents import blank
from sentineliq.sandbox.engine.errors import InvalidRequest
from sentineliq.sandbox.engine.money import add_interval
from sentineliq.sandbox.engine.schedule_phases import TYPE
from sentineliq.sandbox.engine.subscription_create import price_of
from sentineliq.sandbox.engine.values import Document

_RUNNING = ("active", "not_started")
_NOTHING_SAID: Document = dict.fromkeys(
    ("application_fee_percent", "billing_cycle_anchor", "collection_method", "default_payment_method",
     "default_tax_rates", "description", "invoice_settings", "on_behalf_of", "transfer_data", "trial_end")
)  # fmt: skip
_TAX = blank("subscription_schedule")["default_settings"]["automatic_tax"]
_INVOICES = blank("subscription_schedule")["default_settings"]["invoice_settings"]


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
    running = _as_it_runs(subscription) | {"items": items}
    schedule["phases"] = [_phase(books, subscription, running, start=start, end=end)]
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
        schedule_phases.put_settings(books, subscription, first)
        books.save(subscription, event="customer.subscription.updated")
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


def _as_it_runs(subscription: Document) -> Document:
    """What the first phase says when Stripe itself makes it from a subscription."""
    same = ("automatic_tax", "collection_method", "default_payment_method", "description", "metadata")
    return {
        **{name: subscription[name] for name in same},
        "discounts": [{"discount": reference} for reference in subscription["discounts"]],
        "invoice_settings": {
            **subscription["invoice_settings"],
            "days_until_due": subscription["days_until_due"],
        },
        "trial_end": subscription["trial_end"],
    }


def _phase(books: Books, subscription: Document, wanted: Document, *, start: int, end: int) -> Document:
    items = [_phase_item(books, item, place) for place, item in enumerate(wanted["items"])]
    said = {name: wanted.get(name) for name in _NOTHING_SAID}
    if tax := wanted.get("automatic_tax"):
        said["automatic_tax"] = _TAX | tax
    if said["invoice_settings"]:
        said["invoice_settings"] = _INVOICES | said["invoice_settings"]
    return {
        **said,
        "add_invoice_items": [],
        "discounts": _phase_discounts(books, wanted.get("discounts") or []),
        "currency": subscription["currency"],
        "start_date": start,
        "end_date": end,
        "items": items,
        "proration_behavior": wanted.get("proration_behavior", "create_prorations"),
        "metadata": wanted.get("metadata", {}),
    }


def _phase_discounts(books: Books, wanted: list[Document]) -> list[Document]:
    """Raises MissingReference."""
    for one in wanted:
        for name, reference in one.items():
            books.refer(name, reference, param="phases[0][discounts]")
    return [{"coupon": None, "discount": None, "promotion_code": None, **one} for one in wanted]


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
