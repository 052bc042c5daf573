"""The customer portal's configuration (https://docs.stripe.com/api/customer_portal/configurations).

The account's default one is adopted where it allows what we need, and never changed: it may serve others.
Else one of our own stands beside it, and portal sessions name it (`STRIPE_PORTAL_CONFIGURATION_ID`).
"""

from typing import Any

from stripe import Price
from stripe.billing_portal import Configuration
from stripe.params.billing_portal import ConfigurationCreateParams, ConfigurationCreateParamsFeatures

from .account import Account, Action, unless_missing
from .prices import product_id
from .wanted import CUSTOMER_UPDATES, MARK

ID_VARIABLE = "STRIPE_PORTAL_CONFIGURATION_ID"
LINK_VARIABLE = "STRIPE_CUSTOMER_PORTAL_URL"
PRODUCTS = "features.subscription_update.products"
"""Part of an answer only when expanded."""
REASONS = ("too_expensive", "missing_features", "switched_service", "unused", "too_complex", "other")


async def settle_portal(account: Account, subscribed: list[Price | None]) -> None:
    """One configuration that allows everything, switching between these prices too, and its login link."""
    present = await find_configuration(account, [price.id if price else "" for price in subscribed])
    prices = [price for price in subscribed if price]
    if present is None:
        await _create(account, prices)
        return
    configuration, lacks = present
    if lacks and not account.dry_run:
        configuration = await account.client.v1.billing_portal.configurations.update_async(
            configuration.id,
            {"features": features(prices), "login_page": {"enabled": True}},  # pyright: ignore[reportArgumentType]
        )
    account.note(
        "portal configuration",
        Action.UPDATED if lacks else Action.FOUND,
        configuration.id,
        "now allows: " + ", ".join(lacks) if lacks else "",
    )
    _set(account, configuration)


async def find_configuration(
    account: Account, price_ids: list[str]
) -> tuple[Configuration, list[str]] | None:
    """The configuration in use or to adopt, and what it lacks; None where one must be made.

    The configured one, else one that setup made, else the default if it lacks nothing.
    """
    configurations = account.client.v1.billing_portal.configurations
    if configured := account.settings.stripe_portal_configuration_id:
        named = await unless_missing(configurations.retrieve_async(configured, {"expand": [PRODUCTS]}))
        if named is not None:
            return named, lacking(named, price_ids)
    page = await configurations.list_async({"active": True, "limit": 100, "expand": [f"data.{PRODUCTS}"]})
    found = [each async for each in page.auto_paging_iter()]
    for each in found:
        if (each.metadata.to_dict() if each.metadata else {}).get(MARK):
            return each, lacking(each, price_ids)
    default = next((each for each in found if each.is_default), None)
    if default is not None and not lacking(default, price_ids):
        return default, []
    return None


def lacking(configuration: Configuration, price_ids: list[str]) -> list[str]:
    """What customers need and cannot do with it, in words."""
    allowed = configuration.features
    switchable = _switchable(configuration)
    needs = {
        "switching between the plans": allowed.subscription_update.enabled
        and "price" in allowed.subscription_update.default_allowed_updates
        and switchable >= set(price_ids),
        "cancelling at the end of the period": allowed.subscription_cancel.enabled
        and allowed.subscription_cancel.mode == "at_period_end",
        "changing the payment method": allowed.payment_method_update.enabled,
        "seeing invoices": allowed.invoice_history.enabled,
        "changing mail address and tax id": allowed.customer_update.enabled
        and set(allowed.customer_update.allowed_updates) >= CUSTOMER_UPDATES,
        "the login page": configuration.login_page.enabled,
    }
    return [what for what, met in needs.items() if not met] + (
        [] if configuration.active else ["being active"]
    )


def _switchable(configuration: Configuration) -> set[str]:
    update = configuration.features.subscription_update
    products = update.products if "products" in update else None
    return {price for product in products or [] for price in product.prices}


def features(prices: list[Price]) -> ConfigurationCreateParamsFeatures:
    """Everything that customers need."""
    products: dict[str, list[str]] = {}
    for price in prices:
        products.setdefault(product_id(price), []).append(price.id)
    return {
        "customer_update": {"enabled": True, "allowed_updates": ["address", "email", "name", "tax_id"]},
        "invoice_history": {"enabled": True},
        "payment_method_update": {"enabled": True},
        "subscription_cancel": {
            "enabled": True,
            "mode": "at_period_end",
            "cancellation_reason": {"enabled": True, "options": list(REASONS)},
        },
        "subscription_update": {
            "enabled": True,
            "default_allowed_updates": ["price"],
            "proration_behavior": "always_invoice",
            "products": [{"product": name, "prices": ids} for name, ids in products.items()],
        },
    }


async def _create(account: Account, prices: list[Price]) -> None:
    if account.dry_run:
        account.note("portal configuration", Action.CREATED, "")
        return
    configurations = account.client.v1.billing_portal.configurations
    params: ConfigurationCreateParams = {
        "features": features(prices),
        "default_return_url": f"{account.settings.web_client_url}/workspace/billing",
        "login_page": {"enabled": True},
        "metadata": {MARK: "portal"},
    }

    async def stands(made_id: str) -> bool:
        found = await unless_missing(configurations.retrieve_async(made_id))
        return found is not None and found.active

    made: Any = await account.create("portal", params, create=configurations.create_async, stands=stands)
    account.note("portal configuration", Action.CREATED, made.id)
    _set(account, made)


def _set(account: Account, configuration: Configuration) -> None:
    if configuration.login_page.url:
        account.environment[LINK_VARIABLE] = configuration.login_page.url
    if not configuration.is_default:
        account.environment[ID_VARIABLE] = configuration.id
