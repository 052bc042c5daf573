"""The configured prices: there, on sale, of the right type, one currency, and each of one plan."""

import asyncio
from dataclasses import dataclass

from stripe import Price, Product

from ....findings import Finding, fails, holds
from ...plans import get_plan_id_by_price_id
from ..setup.account import Account, unless_missing
from ..setup.prices import fits
from ..setup.wanted import PRICES, WantedPrice

SETUP = "run `sentineliq stripe setup` and set the line it prints"


@dataclass(frozen=True, slots=True)
class _Seen:
    """A variable's first price, where it is there, and what is wrong with any of them."""

    wanted: WantedPrice
    price: Price | None
    faults: tuple[str, ...]


async def check_prices(account: Account) -> list[Finding]:
    """A line a variable, and one for the currency."""
    asked = [wanted for wanted in PRICES if not wanted.is_optional or wanted.ids(account.settings)]
    seen = await asyncio.gather(*(_look(account, wanted) for wanted in asked))
    return [
        *(_finding(each, account) for each in seen),
        _currency([each.price for each in seen if each.price]),
    ]


async def _look(account: Account, wanted: WantedPrice) -> _Seen:
    faults: list[str] = []
    first: Price | None = None
    ids = wanted.ids(account.settings)
    for place, price_id in enumerate(ids):
        price = await unless_missing(
            account.client.v1.prices.retrieve_async(price_id, {"expand": ["product"]})
        )
        first = price if place == 0 else first
        faults += _faults(account, wanted, price_id, price, on_sale=place == 0)
    return _Seen(wanted, first, tuple(faults))


def _faults(
    account: Account, wanted: WantedPrice, price_id: str, price: Price | None, *, on_sale: bool
) -> list[str]:
    if price is None:
        mode = "live" if account.settings.livemode else "test"
        return [f"{price_id} is not in this account in {mode} mode"]
    faults: list[str] = []
    product = price.product
    if on_sale and not (price.active and (not isinstance(product, Product) or product.active)):
        faults.append(f"{price_id} is archived")
    elif on_sale and not fits(price, wanted):
        faults.append(f"{price_id} is {_type(price)}, not {wanted.label.partition(', ')[2]}")
    if get_plan_id_by_price_id(price_id, account.settings) is not wanted.plan:
        faults.append(f"{price_id} is also another plan's")
    return faults


def _finding(seen: _Seen, account: Account) -> Finding:
    name, variable = f"price {seen.wanted.label}", seen.wanted.variable
    ids = seen.wanted.ids(account.settings)
    if not ids:
        return fails(name, f"{variable} is not set", mend=SETUP)
    if seen.faults:
        return fails(name, "; ".join(seen.faults), mend=f"mend {variable}, or {SETUP}")
    shown = f"{seen.price.unit_amount} {seen.price.currency}" if seen.price else ""
    return holds(name, f"{ids[0]}, {shown}")


def _currency(prices: list[Price]) -> Finding:
    currencies = sorted({price.currency for price in prices})
    if len(currencies) > 1:
        mend = "sell all plans in one: `sentineliq stripe setup --currency …`"
        return fails("currency", f"prices are in {', '.join(currencies)}", mend=mend)
    return holds("currency", f"all prices are in {currencies[0]}" if currencies else "no price to compare")


def _type(price: Price) -> str:
    if price.recurring is None:
        return "one-time"
    count = price.recurring.interval_count
    return f"recurring every {count if count > 1 else ''} {price.recurring.interval}".replace("  ", " ")
