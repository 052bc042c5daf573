"""The key: whether it works, is of the right mode, and may do what the product does; and the tax settings."""

import asyncio
from collections.abc import Awaitable
from contextlib import suppress
from typing import Any

import stripe
from stripe import InvalidRequestError

from ....findings import Finding, fails, holds
from ..reads import MISSING
from ..setup.account import Account
from ..setup.refusals import permission_of

NOBODY = "doctor_asks_for_nobody"
"""An id that no account has: what would write to it is refused as missing, once the key may write at all."""


async def check_key(account: Account) -> list[Finding]:
    """Its mode first: that needs no answer of Stripe's."""
    settings = account.settings
    if settings.in_production and not settings.livemode and settings.stripe_api_base is None:
        mend = "set STRIPE_API_KEY to the live key; a staging system may ignore this"
        return [fails("stripe key", "a test key in production: no money is moved", mend=mend)]
    if not settings.in_production and settings.livemode:
        mend = "set STRIPE_API_KEY to a test key (sk_test_…)"
        return [fails("stripe key", "a live key in development: real cards are charged", mend=mend)]
    named = "it works"
    with suppress(stripe.PermissionError):  # a restricted key that Stripe knows
        named = f"account {(await account.client.v1.accounts.retrieve_current_async()).id}"
    return [holds("stripe key", f"{named}, {'live' if settings.livemode else 'test'} mode")]


async def check_permissions(account: Account) -> list[Finding]:
    """A restricted key is tried at each kind of call that the product makes; nothing is written."""
    key = account.settings.stripe_api_key
    if key is None or not key.get_secret_value().startswith("rk_"):
        return [holds("key permissions", "a secret key may do everything")]
    found = await asyncio.gather(*(_lacking(call) for call in _calls(account)))
    lacking = sorted({permission for permission in found if permission})
    if lacking:
        words = ", ".join(lacking)
        return [
            fails("key permissions", f"the key lacks {words}", mend="grant it under Developers → API keys")
        ]
    return [holds("key permissions", "the restricted key may do what the product does")]


async def check_tax(account: Account) -> list[Finding]:
    """https://docs.stripe.com/api/tax/settings: Checkout asks for automatic tax."""
    settings = await account.client.v1.tax.settings.retrieve_async()
    if settings.status == "active":
        return [holds("tax", "automatic tax is set up")]
    pending = settings.status_details.pending if "pending" in settings.status_details else None
    missing = ", ".join((pending.missing_fields or []) if pending else []) or "its settings"
    return [fails("tax", f"automatic tax lacks {missing}", mend="complete Settings → Tax in the Dashboard")]


def _calls(account: Account) -> list[Awaitable[Any]]:
    v1 = account.client.v1
    return [
        v1.customers.list_async({"limit": 1}),
        v1.customers.update_async(NOBODY, {}),
        v1.prices.list_async({"limit": 1}),
        v1.subscriptions.list_async({"limit": 1}),
        v1.subscriptions.update_async(NOBODY, {}),
        v1.subscription_schedules.release_async(NOBODY, {}),
        v1.checkout.sessions.list_async({"limit": 1}),
        v1.checkout.sessions.expire_async(NOBODY, {}),
        v1.billing_portal.configurations.list_async({"limit": 1}),
        v1.billing_portal.sessions.create_async({"customer": NOBODY}),
        v1.invoices.list_async({"limit": 1}),
        v1.payment_methods.list_async({"limit": 1}),
        v1.charges.list_async({"limit": 1}),
        v1.events.list_async({"limit": 1}),
        v1.webhook_endpoints.list_async({"limit": 1}),
    ]


async def _lacking(call: Awaitable[Any]) -> str | None:
    """The permission that this call lacks."""
    try:
        await call
    except stripe.PermissionError as error:
        return permission_of(error)
    except InvalidRequestError as error:
        if error.code != MISSING:
            raise
    return None
