"""What a change in the middle of a period costs (https://docs.stripe.com/billing/subscriptions/prorations)."""

from datetime import UTC, datetime
from decimal import Decimal

from sentineliq.sandbox.engine import catalogue, discounts
from sentineliq.sandbox.engine.books import Books
from sentineliq.sandbox.engine.money import prorated, rounded
from sentineliq.sandbox.engine.values import Document


def credit_unused(books: Books, subscription: Document, item: Document, *, at: int) -> Document:
    """A pending item that gives back what is left of the old price's period."""
    return _pending(books, subscription, item, at=at, sign=-1)


def charge_remaining(books: Books, subscription: Document, item: Document, *, at: int) -> Document:
    """A pending item for the new price until the period's end."""
    return _pending(books, subscription, item, at=at, sign=1)


def _pending(books: Books, subscription: Document, item: Document, *, at: int, sign: int) -> Document:
    start, end = item["current_period_start"], item["current_period_end"]
    price, quantity = item["price"], item["quantity"] or 1
    full = _discounted(books, subscription, catalogue.line_amount(price, quantity))
    product = books.find("product", price["product"])
    day = datetime.fromtimestamp(at, UTC).strftime("%-d %b %Y")
    name = (product or {}).get("name", price["id"])
    several = f"{quantity} × " if quantity > 1 else ""
    created = {key: value for key, value in books.new("invoiceitem").items() if key != "created"}
    return books.add(
        created
        | {
            "amount": sign * prorated(full, start=start, end=end, at=at),
            "currency": price["currency"],
            "customer": subscription["customer"],
            "date": at,
            "description": f"{'Unused' if sign < 0 else 'Remaining'} time on {several}{name} after {day}",
            "discountable": False,
            "metadata": subscription["metadata"],
            "parent": {
                "subscription_details": {"subscription": subscription["id"], "subscription_item": item["id"]},
                "type": "subscription_details",
            },
            "period": {"end": end, "start": at},
            "pricing": {
                "price_details": {"price": price["id"], "product": price["product"]},
                "type": "price_details",
                "unit_amount_decimal": price["unit_amount_decimal"],
            },
            "proration": True,
            "quantity": quantity,
        },
        event="invoiceitem.created",
    )


def _discounted(books: Books, subscription: Document, amount: int) -> int:
    """Prorations carry no discount lines: a percentage is in their amount already."""
    for discount in discounts.active(books, subscription):
        if discount["coupon"]["percent_off"] is not None:
            amount -= rounded(Decimal(amount) * Decimal(str(discount["coupon"]["percent_off"])) / 100)
    return amount
