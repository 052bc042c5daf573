"""Products and prices: adopted by the configured id or the lookup key, else created.

A price's amount cannot change at Stripe (https://docs.stripe.com/products-prices/manage-prices): another
amount is a new price that takes over the lookup key, and the older one stays recognised as the same plan.
"""

from dataclasses import dataclass, field

from stripe import Price, Product
from stripe.params import PriceCreateParams

from ...plan_ids import PaymentPlanId
from .account import Account, Action, unless_missing
from .wanted import MARK, PRICES, WantedPrice, plan_names

DEFAULT_CURRENCY = "usd"


@dataclass(frozen=True, slots=True)
class Wishes:
    """What was asked for; what was not is as the account has it, or the default."""

    amounts: dict[str, int] = field(default_factory=dict[str, int])
    """Minor units, by lookup key."""
    currency: str | None = None
    annual: bool = False
    tax_behavior: str = "exclusive"


async def settle_prices(account: Account, wishes: Wishes) -> list[Price | None]:
    """Every price, in the account and in `account.environment`. The answer is the subscriptions' prices, None
    for one that a dry run would create."""
    keyed = await _by_lookup_key(account)
    products: dict[PaymentPlanId, str] = {}
    settled: list[Price | None] = []
    for wanted in PRICES:
        if wanted.is_optional and not (wishes.annual or wanted.ids(account.settings)):
            continue
        present = await _present(account, wanted, keyed)
        if present is not None:
            products.setdefault(wanted.plan, product_id(present))
        price = await _settle(account, wanted, wishes, present, products)
        if wanted.interval is not None:
            settled.append(price)
    return settled


def product_id(price: Price) -> str:
    return price.product if isinstance(price.product, str) else price.product.id


def fits(price: Price, wanted: WantedPrice) -> bool:
    """Whether it is on sale, and for the wanted time."""
    interval = price.recurring.interval if price.recurring else None
    count = price.recurring.interval_count if price.recurring else 1
    return bool(price.active) and interval == wanted.interval and count == 1


async def _by_lookup_key(account: Account) -> dict[str, Price]:
    page = await account.client.v1.prices.list_async(
        {"lookup_keys": [wanted.lookup_key for wanted in PRICES], "limit": 100}
    )
    return {str(price.lookup_key): price for price in page.data}


async def _present(account: Account, wanted: WantedPrice, keyed: dict[str, Price]) -> Price | None:
    """The price on sale: the configured one, else the one with our lookup key."""
    configured = wanted.ids(account.settings)[:1]
    for price_id in configured:
        price = await unless_missing(account.client.v1.prices.retrieve_async(price_id))
        if price is not None and fits(price, wanted):
            return price
        why = "is not in this account" if price is None else "is archived or of another type"
        account.advice.append(f"{wanted.variable}: {price_id} {why}")
    price = keyed.get(wanted.lookup_key)
    return price if price is not None and fits(price, wanted) else None


async def _settle(
    account: Account,
    wanted: WantedPrice,
    wishes: Wishes,
    present: Price | None,
    products: dict[PaymentPlanId, str],
) -> Price | None:
    """The price on sale from now on; None where a dry run would create it."""
    older = [price_id for price_id in wanted.ids(account.settings) if present is not None]
    if present is not None and _is_as_wished(present, wanted, wishes):
        account.note(f"price {wanted.label}", Action.FOUND, present.id, _amount(present))
        account.environment[wanted.variable] = ",".join(_first(present.id, older))
        return present
    currency = wishes.currency or (present.currency if present else DEFAULT_CURRENCY)
    amount = wishes.amounts.get(wanted.lookup_key, wanted.amount)
    if wanted.lookup_key not in wishes.amounts and present is not None:
        amount = present.unit_amount or amount
    replaced = f", instead of {present.id}" if present else ""
    params: PriceCreateParams = {
        "currency": currency,
        "unit_amount": amount,
        "lookup_key": wanted.lookup_key,
        "transfer_lookup_key": True,
        "tax_behavior": "inclusive" if wishes.tax_behavior == "inclusive" else "exclusive",
        "metadata": {MARK: wanted.plan},
        "product": await _product(account, wanted.plan, products),
    }
    if wanted.interval is not None:
        params["recurring"] = {"interval": wanted.interval.value}
    price = await _create(account, params)
    price_id = price.id if price else ""
    account.note(f"price {wanted.label}", Action.CREATED, price_id, f"{amount} {currency}{replaced}")
    if price is not None:
        older += [present.id] if present else []
        account.environment[wanted.variable] = ",".join(_first(price.id, older))
    return price


async def _create(account: Account, params: PriceCreateParams) -> Price | None:
    if account.dry_run:
        return None
    prices = account.client.v1.prices

    async def stands(price_id: str) -> bool:
        price = await unless_missing(prices.retrieve_async(price_id))
        return price is not None and bool(price.active) and price.lookup_key == params.get("lookup_key")

    return await account.create("price", params, create=prices.create_async, stands=stands)


async def _product(account: Account, plan: PaymentPlanId, products: dict[PaymentPlanId, str]) -> str:
    """The plan's product: that of its other price, else the one that setup made, else a new one."""
    if plan not in products:
        found = await _marked_product(account, plan)
        if found is not None:
            account.note(f"product {plan}", Action.FOUND, found.id, found.name)
        products[plan] = found.id if found else await _create_product(account, plan)
    return products[plan]


async def _marked_product(account: Account, plan: PaymentPlanId) -> Product | None:
    page = await account.client.v1.products.list_async({"active": True, "limit": 100})
    async for product in page.auto_paging_iter():
        if (product.metadata.to_dict() if product.metadata else {}).get(MARK) == plan:
            return product
    return None


async def _create_product(account: Account, plan: PaymentPlanId) -> str:
    name = plan_names()[plan]
    if account.dry_run:
        account.note(f"product {plan}", Action.CREATED, "", name)
        return ""
    products = account.client.v1.products

    async def stands(product_id: str) -> bool:
        product = await unless_missing(products.retrieve_async(product_id))
        return product is not None and product.active

    params = {"name": name, "metadata": {MARK: plan.value}}
    made = await account.create("product", params, create=products.create_async, stands=stands)
    account.note(f"product {plan}", Action.CREATED, made.id, name)
    return made.id


def _is_as_wished(price: Price, wanted: WantedPrice, wishes: Wishes) -> bool:
    amount = wishes.amounts.get(wanted.lookup_key, price.unit_amount)
    return price.unit_amount == amount and price.currency == (wishes.currency or price.currency)


def _first(price_id: str, others: list[str]) -> list[str]:
    return [price_id, *dict.fromkeys(other for other in others if other != price_id)]


def _amount(price: Price) -> str:
    return f"{price.unit_amount} {price.currency}"
