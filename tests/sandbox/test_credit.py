"""What customers are given back, and what is carried over to their next invoice."""

from typing import Any

import pytest

from tests.sandbox.world import World


async def bought_with(sandbox: World, code: str, price: str = "price_sandbox_hobby") -> Any:
    """A subscription whose first invoice had a promotion code."""
    session = await sandbox.session((await sandbox.customer()).id, price)
    await sandbox.engine.apply_promotion_code(session.id, code)
    await sandbox.complete(session.id)
    paid = await sandbox.v1.checkout.sessions.retrieve_async(session.id, {"expand": ["subscription"]})
    return paid.subscription


async def switch(sandbox: World, subscription: Any, price: str, **params: Any) -> Any:
    """The subscription after a switch at once, its latest invoice in it."""
    [item] = subscription["items"]["data"]
    return await sandbox.v1.subscriptions.update_async(
        subscription["id"],
        {
            "items": [{"id": item["id"], "price": price}],
            "proration_behavior": "always_invoice",
            "proration_date": item["current_period_start"],
            "expand": ["latest_invoice"],
            **params,
        },
    )


def amounts(subscription: Any) -> list[int]:
    return [line["amount"] for line in subscription["latest_invoice"]["lines"]["data"]]


@pytest.mark.parametrize(("code", "expected"), [("FIRSTMONTH", [-699, 1999]), ("LAUNCH50", [-499, 999])])
async def test_no_more_is_given_back_for_unused_time_than_was_asked_for_it(
    sandbox: World, code: str, expected: list[int]
) -> None:
    subscription = await bought_with(sandbox, code)
    assert amounts(await switch(sandbox, subscription, "price_sandbox_pro")) == expected


async def test_a_discount_given_after_the_invoice_lowers_what_comes_and_not_what_was_paid(
    sandbox: World,
) -> None:
    _, subscription = await sandbox.subscribe()
    await sandbox.v1.subscriptions.update_async(subscription["id"], {"discounts": [{"coupon": "launch50"}]})
    assert amounts(await switch(sandbox, subscription, "price_sandbox_pro")) == [-999, 999]


async def test_a_discount_for_once_is_used_up_by_the_invoice_of_another_interval(sandbox: World) -> None:
    _, subscription = await sandbox.subscribe()
    given = {"discounts": [{"coupon": "firstmonth"}]}
    await sandbox.v1.subscriptions.update_async(subscription["id"], given)
    yearly = await switch(sandbox, subscription, "price_sandbox_hobby_annual")
    assert yearly["latest_invoice"]["total_discount_amounts"][0]["amount"] == 2970
    assert yearly["discounts"] == []


async def test_what_is_too_little_to_charge_is_owed_with_the_next_invoice(sandbox: World) -> None:
    _, subscription = await sandbox.subscribe()
    price = await sandbox.v1.prices.create_async(
        {
            "currency": "usd",
            "unit_amount": 1029,
            "product": "prod_sandbox_hobby",
            "recurring": {"interval": "month"},
        }
    )
    invoice = (await switch(sandbox, subscription, price.id))["latest_invoice"]
    assert (invoice["total"], invoice["amount_due"], invoice["status"]) == (30, 0, "paid")
    assert invoice["ending_balance"] == 30
    await sandbox.engine.renew(subscription["id"])
    [renewal] = (await sandbox.v1.invoices.list_async({"subscription": subscription["id"], "limit": 1})).data
    assert (renewal.starting_balance, renewal.amount_paid, renewal.ending_balance) == (30, 1059, 0)


async def test_credit_in_an_invoice_comes_back_when_it_is_void(sandbox: World) -> None:
    customer = await sandbox.customer(balance=-700)
    await sandbox.v1.invoice_items.create_async({"customer": customer.id, "amount": 2000, "currency": "usd"})
    made = await sandbox.v1.invoices.create_async(
        {"customer": customer.id, "pending_invoice_items_behavior": "include"}
    )
    invoice = await sandbox.v1.invoices.finalize_invoice_async(made.id)
    assert (invoice.amount_due, (await sandbox.v1.customers.retrieve_async(customer.id)).balance) == (1300, 0)
    await sandbox.v1.invoices.void_invoice_async(invoice.id)
    assert (await sandbox.v1.customers.retrieve_async(customer.id)).balance == -700
    await sandbox.inbox.wait_for("customer.updated", count=2)
    assert sandbox.inbox.last("customer.updated")["data"]["previous_attributes"] == {"balance": 0}


async def test_a_discount_that_is_taken_away_is_told_in_stripes_shape(sandbox: World) -> None:
    subscription = await bought_with(sandbox, "LAUNCH50")
    gone = await sandbox.v1.subscriptions.delete_discount_async(subscription["id"])
    assert gone.deleted
    await sandbox.inbox.wait_for("customer.discount.deleted")
    assert (await sandbox.v1.subscriptions.retrieve_async(subscription["id"])).discounts == []
