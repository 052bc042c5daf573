"""What is sold and how: products, prices, codes, portals, endpoints."""

import pytest
import stripe

from sentineliq.sandbox.engine import InvalidPromotionCode
from tests.sandbox.world import World


async def test_products_and_prices_are_made_and_retired(sandbox: World) -> None:
    product = await sandbox.v1.products.create_async(
        {
            "name": "Team",
            "default_price_data": {"currency": "eur", "unit_amount": 4900, "recurring": {"interval": "year"}},
        }
    )
    price = await sandbox.v1.prices.retrieve_async(product.default_price)
    assert (price.unit_amount, price.recurring.interval) == (4900, "year")
    await sandbox.v1.prices.create_async(
        {"product": product.id, "currency": "jpy", "unit_amount": 500, "lookup_key": "team_jpy"}
    )
    found = await sandbox.v1.prices.list_async({"lookup_keys": ["team_jpy"], "expand": ["data.product"]})
    assert found.data[0].product.name == "Team"
    retired = await sandbox.v1.prices.update_async(price.id, {"active": False})
    assert not retired.active
    with pytest.raises(stripe.InvalidRequestError, match="inactive"):
        await sandbox.session((await sandbox.customer()).id, price.id)


async def test_coupons_and_promotion_codes_are_made_and_used_up(sandbox: World) -> None:
    coupon = await sandbox.v1.coupons.create_async({"amount_off": 300, "currency": "usd", "duration": "once"})
    promotion = await sandbox.v1.promotion_codes.create_async(
        {"coupon": coupon.id, "code": "THREE", "max_redemptions": 1}
    )
    customer = await sandbox.customer()
    session = await sandbox.session(customer.id, "price_sandbox_credits10")
    await sandbox.engine.apply_promotion_code(session.id, "THREE")
    await sandbox.complete(session.id)
    used = await sandbox.v1.promotion_codes.retrieve_async(promotion.id)
    assert used.times_redeemed == 1
    other = await sandbox.session(customer.id, "price_sandbox_credits10")
    with pytest.raises(InvalidPromotionCode, match="already been redeemed"):
        await sandbox.engine.apply_promotion_code(other.id, "THREE")
    with pytest.raises(InvalidPromotionCode, match="invalid"):
        await sandbox.engine.apply_promotion_code(other.id, "NOBODY")
    await sandbox.v1.coupons.delete_async(coupon.id)


@pytest.mark.parametrize("kind", ["coupon", "promotion_code"])
async def test_a_discount_that_is_used_up_is_not_given_again(sandbox: World, kind: str) -> None:
    coupon = await sandbox.v1.coupons.create_async(
        {"percent_off": 10, "duration": "once", "max_redemptions": 1}
    )
    code = await sandbox.v1.promotion_codes.create_async({"coupon": coupon.id, "code": "ONLYONE"})
    discounts = [{kind: {"coupon": coupon, "promotion_code": code}[kind].id}]
    _, subscription = await sandbox.subscribe()
    await sandbox.v1.subscriptions.update_async(subscription["id"], {"discounts": discounts})
    _, other = await sandbox.subscribe()
    with pytest.raises(stripe.InvalidRequestError):
        await sandbox.v1.subscriptions.update_async(other["id"], {"discounts": discounts})
    with pytest.raises(stripe.InvalidRequestError):
        await sandbox.session((await sandbox.customer()).id, allow_promotion_codes=False, discounts=discounts)


async def test_portal_configurations_are_made_and_changed(sandbox: World) -> None:
    made = await sandbox.v1.billing_portal.configurations.create_async(
        {
            "business_profile": {"headline": "SentinelIQ"},
            "features": {
                "invoice_history": {"enabled": True},
                "subscription_update": {
                    "enabled": True,
                    "default_allowed_updates": ["price"],
                    "products": [{"product": "prod_sandbox_pro", "prices": ["price_sandbox_pro"]}],
                },
            },
        }
    )
    customer = await sandbox.customer()
    session = await sandbox.v1.billing_portal.sessions.create_async(
        {"customer": customer.id, "configuration": made.id}
    )
    prices = await sandbox.engine.portal_prices(session.id)
    assert [one["id"] for one in prices] == ["price_sandbox_pro"]
    off = await sandbox.v1.billing_portal.configurations.update_async(made.id, {"active": False})
    assert not off.active
    listed = await sandbox.v1.billing_portal.configurations.list_async({"is_default": True})
    assert len(listed.data) == 1


async def test_items_and_endpoints_and_the_account_answer(sandbox: World) -> None:
    _, subscription = await sandbox.subscribe()
    item = subscription["items"].data[0]
    changed = await sandbox.v1.subscription_items.update_async(item.id, {"quantity": 3})
    assert changed.quantity == 3
    listed = await sandbox.v1.subscription_items.list_async({"subscription": subscription.id})
    assert listed.data[0].quantity == 3
    endpoints = await sandbox.v1.webhook_endpoints.list_async()
    assert [one.api_version for one in endpoints.data] == ["2025-04-30.basil"]
    await sandbox.v1.webhook_endpoints.update_async(endpoints.data[0].id, {"metadata": {"a": "b"}})
    payments = await sandbox.v1.invoice_payments.list_async({"invoice": subscription.latest_invoice})
    assert payments.data[0].amount_paid == 999
    account = await sandbox.v1.accounts.retrieve_current_async()
    assert account.charges_enabled
