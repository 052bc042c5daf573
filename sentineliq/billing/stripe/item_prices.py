"""What a subscription's items bring in, in both of their shapes. Pure; what is not understood is None."""

from dataclasses import replace
from typing import Any

from ..recurring import MONTHS, RecurringPrice
from .fields import dig, first

LARGEST = 2**31


def price_of_items(lines: list[object]) -> RecurringPrice | None:
    """What all items bring in together; None where one does not tell (tiers, metering), or they differ."""
    if len(lines) == 1:
        return _price_of_item(lines[0])
    prices = [_price_of_item(line) for line in lines]
    first = prices[0]
    if first is None or any(each is None or _terms(each) != _terms(first) for each in prices):
        return None
    return replace(first, amount=sum(each.amount for each in prices if each))


def _price_of_item(line: Any) -> RecurringPrice | None:
    """A price's terms are under `recurring`, an older plan's on itself."""
    try:  # as it stands in almost every event
        price, terms = line["price"], line["price"]["recurring"]
        amount, currency, quantity = price["unit_amount"], price["currency"], line["quantity"]
        interval, count = terms["interval"], terms["interval_count"]
        if amount is not None and currency is not None and count is not None:
            return _checked(amount, currency, interval, count, quantity)
    except (KeyError, TypeError):
        pass
    return _sought_price(line)


def _sought_price(line: object) -> RecurringPrice | None:
    price, plan = dig(line, "price"), dig(line, "plan")
    terms = first(dig(price, "recurring"), plan)
    return _checked(
        first(dig(price, "unit_amount"), dig(plan, "amount")),
        first(dig(price, "currency"), dig(plan, "currency")),
        dig(terms, "interval"),
        first(dig(terms, "interval_count"), 1),
        dig(line, "quantity"),
    )


def _checked(
    amount: Any, currency: object, interval: object, count: Any, quantity: Any
) -> RecurringPrice | None:
    if not (type(currency) is str and len(currency) == 3):
        return None
    if not (type(interval) is str and interval in MONTHS):
        return None
    if not (type(amount) is type(quantity) is type(count) is int):  # a boolean is none
        return None
    if not (0 <= amount < LARGEST and 0 <= quantity < LARGEST and 0 < count < LARGEST):
        return None
    return RecurringPrice(amount * quantity, currency, interval, count)


def _terms(price: RecurringPrice) -> tuple[str, str, int]:
    return (price.currency, price.interval, price.interval_count)
