"""Changes that wait: for a payment, or for the end of the period."""

from typing import Any

import pytest
import stripe

from tests.sandbox.world import ALWAYS_ASKS, AUTHENTICATES, World, card


async def upgrade(sandbox: World, subscription: Any, **params: Any) -> Any:
    [item] = subscription["items"]["data"]
    return await sandbox.v1.subscriptions.update_async(
        subscription["id"],
        {
            "items": [{"id": item["id"], "price": "price_sandbox_pro"}],
            "proration_behavior": "always_invoice",
            "payment_behavior": "pending_if_incomplete",
            "expand": ["latest_invoice"],
            **params,
        },
    )


def price_of(subscription: Any) -> str:
    return subscription["items"]["data"][0]["price"]["id"]


async def subscribed(sandbox: World) -> Any:
    _, subscription = await sandbox.subscribe()
    return subscription


async def test_a_declined_upgrade_waits_and_takes_place_once_its_invoice_is_paid(sandbox: World) -> None:
    subscription = await subscribed(sandbox)
    await sandbox.engine.fail_next_payment(subscription["customer"])
    waiting = await upgrade(sandbox, subscription)
    assert price_of(waiting) == "price_sandbox_hobby"
    assert waiting["status"] == "active"
    assert waiting["pending_update"]["subscription_items"][0]["price"]["id"] == "price_sandbox_pro"
    invoice = waiting["latest_invoice"]
    assert (invoice["status"], invoice["next_payment_attempt"]) == ("open", None)
    await sandbox.engine.pay_invoice(invoice["id"])
    done = await sandbox.v1.subscriptions.retrieve_async(subscription["id"])
    assert (price_of(done), done["pending_update"]) == ("price_sandbox_pro", None)


async def test_an_upgrade_that_the_bank_asks_about_waits_for_the_holder(sandbox: World) -> None:
    subscription = await subscribed(sandbox)
    await sandbox.engine.replace_card(subscription["customer"], card(ALWAYS_ASKS), authenticated=True)
    waiting = await upgrade(sandbox, subscription)
    assert waiting["pending_update"] is not None
    await sandbox.inbox.wait_for("invoice.payment_action_required")
    await sandbox.engine.pay_invoice(waiting["latest_invoice"]["id"], authenticated=True)
    assert price_of(await sandbox.v1.subscriptions.retrieve_async(subscription["id"])) == "price_sandbox_pro"
    await sandbox.inbox.wait_for("customer.subscription.pending_update_applied")


async def test_a_card_that_confirms_once_pays_by_itself_when_its_holder_is_away(sandbox: World) -> None:
    subscription = await subscribed(sandbox)
    await sandbox.engine.replace_card(subscription["customer"], card(AUTHENTICATES), authenticated=True)
    present = await upgrade(sandbox, subscription)
    assert present["pending_update"] is not None
    assert price_of(await upgrade(sandbox, subscription, off_session=True)) == "price_sandbox_pro"


async def test_a_change_that_nobody_pays_for_lapses_and_its_invoice_is_void(sandbox: World) -> None:
    subscription = await subscribed(sandbox)
    await sandbox.engine.fail_next_payment(subscription["customer"])
    waiting = await upgrade(sandbox, subscription)
    await sandbox.engine.advance_period()
    after = await sandbox.v1.subscriptions.retrieve_async(subscription["id"])
    invoice = await sandbox.v1.invoices.retrieve_async(waiting["latest_invoice"]["id"])
    assert (after["pending_update"], price_of(after), invoice["status"]) == (
        None,
        "price_sandbox_hobby",
        "void",
    )


async def test_a_change_that_may_wait_takes_only_what_stripe_lets_wait(sandbox: World) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="metadata"):
        await upgrade(sandbox, await subscribed(sandbox), metadata={"a": "b"})


async def test_a_price_of_another_currency_is_refused(sandbox: World) -> None:
    subscription = await subscribed(sandbox)
    euro = await sandbox.v1.prices.create_async(
        {
            "currency": "eur",
            "unit_amount": 1900,
            "product": "prod_sandbox_pro",
            "recurring": {"interval": "month"},
        }
    )
    [item] = subscription["items"]["data"]
    with pytest.raises(stripe.InvalidRequestError, match="expected currency"):
        await upgrade(sandbox, subscription, items=[{"id": item["id"], "price": euro.id}])


async def plan_downgrade(sandbox: World, subscription: Any) -> Any:
    [item] = subscription["items"]["data"]
    made = await sandbox.v1.subscription_schedules.create_async({"from_subscription": subscription["id"]})
    return await sandbox.v1.subscription_schedules.update_async(
        made.id,
        {
            "end_behavior": "release",
            "phases": [
                {
                    "items": [{"price": item["price"]["id"], "quantity": 1}],
                    "start_date": item["current_period_start"],
                    "end_date": item["current_period_end"],
                },
                {"items": [{"price": "price_sandbox_hobby", "quantity": 1}], "iterations": 1},
            ],
        },
    )


async def test_a_planned_change_takes_place_at_the_end_of_the_period_and_lets_go_after_the_next(
    sandbox: World,
) -> None:
    _, subscription = await sandbox.subscribe("price_sandbox_pro")
    schedule = await plan_downgrade(sandbox, subscription)
    assert [phase["items"][0]["price"] for phase in schedule["phases"]] == [
        "price_sandbox_pro",
        "price_sandbox_hobby",
    ]
    await sandbox.engine.advance_period()
    changed = await sandbox.v1.subscriptions.retrieve_async(
        subscription["id"], {"expand": ["latest_invoice"]}
    )
    assert price_of(changed) == "price_sandbox_hobby"
    assert changed["latest_invoice"]["subtotal"] == 999
    assert changed["schedule"] == schedule["id"]
    await sandbox.engine.advance_period()
    free = await sandbox.v1.subscriptions.retrieve_async(subscription["id"])
    released = await sandbox.v1.subscription_schedules.retrieve_async(schedule["id"])
    assert (free["schedule"], released["status"]) == (None, "released")


async def test_a_planned_change_can_be_taken_back(sandbox: World) -> None:
    _, subscription = await sandbox.subscribe("price_sandbox_pro")
    schedule = await plan_downgrade(sandbox, subscription)
    with pytest.raises(stripe.InvalidRequestError, match="managed by the subscription schedule"):
        await sandbox.v1.subscriptions.update_async(subscription["id"], {"cancel_at_period_end": True})
    with pytest.raises(stripe.InvalidRequestError, match="already attached"):
        await sandbox.v1.subscription_schedules.create_async({"from_subscription": subscription["id"]})
    await sandbox.v1.subscription_schedules.release_async(schedule["id"])
    await sandbox.engine.advance_period()
    assert price_of(await sandbox.v1.subscriptions.retrieve_async(subscription["id"])) == "price_sandbox_pro"


async def test_an_ended_subscription_plans_nothing(sandbox: World) -> None:
    _, subscription = await sandbox.subscribe("price_sandbox_pro")
    schedule = await plan_downgrade(sandbox, subscription)
    await sandbox.engine.cancel_now(subscription["id"])
    ended = await sandbox.v1.subscription_schedules.retrieve_async(schedule["id"])
    assert ended["status"] == "canceled"
