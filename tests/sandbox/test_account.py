"""The account itself: restricted keys, tax settings, and what a portal may switch to."""

import pytest
import stripe

from sentineliq.sandbox.api.permissions import needed_for
from tests.sandbox.world import API_VERSION, World

PRODUCTS = "features.subscription_update.products"


def restricted(sandbox: World, *withheld: str) -> stripe.StripeClient:
    object.__setattr__(sandbox.engine.config, "withheld", frozenset(withheld))
    return stripe.StripeClient(
        "rk_test_sandbox",
        base_addresses={"api": f"{sandbox.base}/sandbox/api"},
        stripe_version=API_VERSION,
    )


async def test_a_restricted_key_is_refused_by_the_permission_that_it_lacks(sandbox: World) -> None:
    client = restricted(sandbox, "rak_customer_write")
    with pytest.raises(stripe.PermissionError, match="rak_customer_write"):
        await client.v1.customers.create_async({"email": "owner@example.com"})
    assert (await client.v1.customers.list_async()).data == []


@pytest.mark.parametrize(
    ("operation", "permission"),
    [
        ("GET /v1/customers/{}", "rak_customer_read"),
        ("POST /v1/checkout/sessions/{}/expire", "rak_checkout_session_write"),
        ("GET /v1/billing_portal/configurations", "rak_billing_portal_configuration_read"),
    ],
)
def test_permissions_are_named_after_the_resource(operation: str, permission: str) -> None:
    assert needed_for(operation) == permission


async def test_tax_is_set_up(sandbox: World) -> None:
    assert (await sandbox.v1.tax.settings.retrieve_async()).status == "active"


async def test_the_portals_products_are_told_when_they_are_asked_for(sandbox: World) -> None:
    configurations = sandbox.v1.billing_portal.configurations
    [plain] = (await configurations.list_async()).data
    assert "products" not in plain.features.subscription_update
    [whole] = (await configurations.list_async({"expand": [f"data.{PRODUCTS}"]})).data
    assert [each.product for each in whole.features.subscription_update.products] == [
        "prod_sandbox_hobby",
        "prod_sandbox_pro",
    ]
    with pytest.raises(stripe.InvalidRequestError, match="cannot be expanded"):
        await configurations.retrieve_async(plain.id, {"expand": ["features.invoice_history.products"]})
