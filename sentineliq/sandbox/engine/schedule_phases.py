"""What a subscription schedule does as time goes on."""

from sentineliq.sandbox.engine import discounts, subscriptions
from sentineliq.sandbox.engine.books import Books
from sentineliq.sandbox.engine.errors import InvalidRequest
from sentineliq.sandbox.engine.values import Document

TYPE = "subscription_schedule"


def begin(books: Books, subscription: Document, *, at: int) -> None:
    """At a period's end: the phase that begins then changes the items, not yet written; after the last one
    the subscription goes on by itself."""
    schedule = books.find(TYPE, subscription["schedule"])
    if schedule is None or schedule["current_phase"]["end_date"] > at:
        return
    coming = next((phase for phase in schedule["phases"] if phase["end_date"] > at), None)
    if coming is None:
        release(books, schedule, subscription)
        return
    _put_items(books, subscription, coming)
    put_settings(books, subscription, coming)
    schedule["current_phase"] = {"start_date": coming["start_date"], "end_date": coming["end_date"]}
    books.save(schedule, event="subscription_schedule.updated")


def put_settings(books: Books, subscription: Document, phase: Document) -> None:
    """The phase's own discounts, or none; of the rest, what it says. Not yet written."""
    owner = {"customer": subscription["customer"], "subscription": subscription["id"]}
    wanted = [{name: value for name, value in one.items() if value} for one in phase["discounts"]]
    held = discounts.granted_from(books, wanted, **owner)
    subscription["discounts"] = [one["id"] for one in held]
    said = ("automatic_tax", "collection_method", "default_payment_method", "description")
    subscription |= {name: phase[name] for name in said if phase.get(name) is not None}
    subscription["metadata"] = {**subscription["metadata"], **phase["metadata"]}


def release(books: Books, schedule: Document, subscription: Document) -> None:
    """The schedule lets go of its subscription, which is not yet written."""
    schedule |= {
        "status": "released",
        "released_at": books.now,
        "released_subscription": subscription["id"],
        "subscription": None,
        "current_phase": None,
    }
    books.save(schedule, event="subscription_schedule.released")
    subscription["schedule"] = None


def refuse_ending(subscription: Document) -> None:
    """Raises InvalidRequest: a planned subscription is ended through its schedule."""
    if subscription["schedule"] is not None:
        raise InvalidRequest(
            f"The subscription is managed by the subscription schedule `{subscription['schedule']}`, and "
            "updating any cancelation behavior directly is not allowed. Please update the schedule instead."
        )


def _put_items(books: Books, subscription: Document, phase: Document) -> None:
    """The item keeps its id and takes the phase's price."""
    old = subscription["items"]["data"]
    items = []
    for place, wanted in enumerate(phase["items"]):
        price = books.get("price", wanted["price"])
        fresh = subscriptions.new_item(books, subscription, price, wanted["quantity"], {})
        items.append(
            {**old[place], "plan": fresh["plan"], "price": price, "quantity": wanted["quantity"]}
            if place < len(old)
            else fresh
        )
    subscriptions.set_items(subscription, items)
