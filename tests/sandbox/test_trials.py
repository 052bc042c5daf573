"""Trials sold at the checkout: their announcement, their end, and the card that they need."""

from typing import Any

import pytest
import stripe

from sentineliq.sandbox.engine import CardDeclined
from tests.sandbox.world import DECLINED, World


async def on_trial(sandbox: World, **subscription_data: Any) -> Any:
    """A subscription that began as a trial at the checkout."""
    customer = await sandbox.customer()
    given = {"trial_period_days": 14, **subscription_data}
    session = await sandbox.session(customer.id, subscription_data=given)
    await sandbox.complete(session.id)
    done = await sandbox.v1.checkout.sessions.retrieve_async(session.id, {"expand": ["subscription"]})
    return done.subscription


async def test_a_trial_that_is_ended_now_is_charged_now_or_goes_on(sandbox: World) -> None:
    trial = await on_trial(sandbox)
    now: Any = {"trial_end": "now", "off_session": True, "payment_behavior": "error_if_incomplete"}
    await sandbox.engine.fail_next_payment(trial.customer)
    with pytest.raises(stripe.CardError):
        await sandbox.v1.subscriptions.update_async(trial.id, now)
    assert (await sandbox.v1.subscriptions.retrieve_async(trial.id)).status == "trialing"
    ended = await sandbox.v1.subscriptions.update_async(trial.id, now)
    assert (ended.status, ended.trial_end < trial.trial_end) == ("active", True)
    await sandbox.inbox.wait_for("customer.subscription.trial_will_end")
    invoices = await sandbox.v1.invoices.list_async({"customer": trial.customer})
    assert [one.amount_paid for one in invoices.data] == [999, 0]


@pytest.mark.parametrize(
    ("behavior", "event_type", "status"),
    [
        ("cancel", "customer.subscription.deleted", "canceled"),
        ("pause", "customer.subscription.paused", "paused"),
        ("create_invoice", "invoice.payment_failed", "past_due"),
    ],
)
async def test_a_trial_without_a_card_ends_as_its_settings_say(
    sandbox: World, behavior: str, event_type: str, status: str
) -> None:
    trial = await on_trial(sandbox, trial_settings={"end_behavior": {"missing_payment_method": behavior}})
    await sandbox.v1.payment_methods.detach_async(trial.default_payment_method)
    await sandbox.engine.advance_period()
    await sandbox.inbox.wait_for("customer.subscription.trial_will_end", event_type)
    told = sandbox.inbox.last(event_type)["data"]["object"]
    assert told["status"] == status if status != "past_due" else told["amount_remaining"] == 999


async def test_a_trial_of_two_days_is_announced_at_once(sandbox: World) -> None:
    await on_trial(sandbox, trial_period_days=2)
    await sandbox.inbox.wait_for("customer.subscription.trial_will_end")


async def test_a_declined_card_begins_no_trial(sandbox: World) -> None:
    customer = await sandbox.customer()
    session = await sandbox.session(customer.id, subscription_data={"trial_period_days": 14})
    with pytest.raises(CardDeclined):
        await sandbox.complete(session.id, number=DECLINED)
    assert (await sandbox.v1.subscriptions.list_async({"customer": customer.id})).data == []


async def test_a_discount_for_once_waits_for_what_the_trial_is_followed_by(sandbox: World) -> None:
    customer = await sandbox.customer()
    trial = {"trial_period_days": 14}
    session = await sandbox.session(customer.id, "price_sandbox_pro", subscription_data=trial)
    await sandbox.engine.apply_promotion_code(session.id, "FIRSTMONTH")
    await sandbox.complete(session.id)
    for _ in range(3):
        await sandbox.engine.advance_period()
    invoices = await sandbox.v1.invoices.list_async({"customer": customer.id})
    assert [one.total for one in reversed(invoices.data)][:3] == [0, 1399, 1999]
