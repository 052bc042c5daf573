"""The rest of the API, as an integration of Stripe uses it."""

import pytest
import stripe

from tests.sandbox.world import World


async def test_a_customer_is_changed_key_by_key_and_deleted(sandbox: World) -> None:
    customer = await sandbox.customer()
    changed = await sandbox.v1.customers.update_async(
        customer.id,
        {"name": "Acme", "metadata": {"plan": "pro", "workspace_id": ""}, "address": {"country": "DE"}},
    )
    assert (changed.name, changed.metadata.to_dict()) == ("Acme", {"plan": "pro"})
    assert changed.address.country == "DE"
    gone = await sandbox.v1.customers.delete_async(customer.id)
    assert gone.deleted
    again = await sandbox.v1.customers.retrieve_async(
        customer.id, {"expand": ["invoice_settings.default_payment_method"]}
    )
    assert again.deleted
    assert (await sandbox.v1.customers.list_async()).data == []
    with pytest.raises(stripe.InvalidRequestError):
        await sandbox.session(customer.id)
    await sandbox.inbox.wait_for("customer.updated", "customer.deleted")


async def test_a_subscription_is_made_changed_and_ended_by_the_api_alone(sandbox: World) -> None:
    customer = await sandbox.v1.customers.create_async(
        {
            "email": "a@b.c",
            "payment_method": "pm_card_visa",
            "invoice_settings": {"default_payment_method": "pm_card_visa"},
        }
    )
    subscription = await sandbox.v1.subscriptions.create_async(
        {
            "customer": customer.id,
            "items": [{"price": "price_sandbox_hobby", "quantity": 2}],
            "metadata": {"workspace_id": "ws_1"},
            "expand": ["latest_invoice.payments"],
        }
    )
    assert (subscription.status, subscription.latest_invoice.total) == ("active", 1998)
    item = subscription["items"].data[0]
    changed = await sandbox.v1.subscriptions.update_async(
        subscription.id,
        {
            "items": [{"id": item.id, "price": "price_sandbox_pro"}],
            "proration_behavior": "create_prorations",
            "metadata": {"plan_id": "pro"},
        },
    )
    assert changed["items"].data[0].price.id == "price_sandbox_pro"
    assert changed.metadata.to_dict() == {"workspace_id": "ws_1", "plan_id": "pro"}
    pending = await sandbox.v1.invoice_items.list_async({"customer": customer.id, "pending": True})
    assert len(pending.data) == 2
    coming = await sandbox.v1.invoices.create_preview_async({"subscription": subscription.id})
    assert len(coming.lines.data) == 3
    ending = await sandbox.v1.subscriptions.update_async(subscription.id, {"cancel_at_period_end": True})
    assert ending.cancel_at == ending["items"].data[0].current_period_end
    await sandbox.v1.subscriptions.update_async(subscription.id, {"cancel_at_period_end": False})
    ended = await sandbox.v1.subscriptions.cancel_async(
        subscription.id, {"cancellation_details": {"comment": "too early"}}
    )
    assert (ended.status, ended.cancellation_details.comment) == ("canceled", "too early")
    with pytest.raises(stripe.InvalidRequestError):
        await sandbox.v1.subscriptions.cancel_async(subscription.id)


async def test_a_preview_of_a_switch_changes_nothing(sandbox: World) -> None:
    customer, subscription = await sandbox.subscribe()
    item = subscription["items"].data[0]
    preview = await sandbox.v1.invoices.create_preview_async(
        {
            "customer": customer.id,
            "subscription": subscription.id,
            "subscription_details": {
                "items": [{"id": item.id, "price": "price_sandbox_pro"}],
                "proration_behavior": "always_invoice",
            },
        }
    )
    assert [line.amount < 0 for line in preview.lines.data] == [True, False]
    assert 990 <= preview.amount_due <= 1000
    unchanged = await sandbox.v1.subscriptions.retrieve_async(subscription.id)
    assert unchanged["items"].data[0].price.id == "price_sandbox_hobby"
    assert len((await sandbox.v1.invoices.list_async({"customer": customer.id})).data) == 1


async def test_a_first_payment_that_fails_leaves_an_incomplete_subscription(sandbox: World) -> None:
    customer = await sandbox.customer()
    method = await sandbox.v1.payment_methods.attach_async(
        "pm_card_chargeCustomerFail", {"customer": customer.id}
    )
    given = {
        "customer": customer.id,
        "items": [{"price": "price_sandbox_pro"}],
        "default_payment_method": method.id,
    }
    subscription = await sandbox.v1.subscriptions.create_async(given)
    assert subscription.status == "incomplete"
    with pytest.raises(stripe.CardError) as declined:
        await sandbox.v1.invoices.pay_async(subscription.latest_invoice)
    assert declined.value.code == "card_declined"
    good = await sandbox.v1.payment_methods.attach_async("pm_card_visa", {"customer": customer.id})
    paid = await sandbox.v1.invoices.pay_async(subscription.latest_invoice, {"payment_method": good.id})
    assert paid.status == "paid"
    assert (await sandbox.v1.subscriptions.retrieve_async(subscription.id)).status == "active"
    with pytest.raises(stripe.CardError):
        await sandbox.v1.subscriptions.create_async({**given, "payment_behavior": "error_if_incomplete"})
    listed = await sandbox.v1.subscriptions.list_async({"customer": customer.id, "status": "all"})
    assert len(listed.data) == 1


async def test_a_first_payment_that_never_comes_voids_its_invoice(sandbox: World) -> None:
    customer = await sandbox.customer(payment_method="pm_card_chargeCustomerFail")
    [card] = (await sandbox.v1.customers.payment_methods.list_async(customer.id)).data
    made = await sandbox.v1.subscriptions.create_async(
        {
            "customer": customer.id,
            "items": [{"price": "price_sandbox_pro"}],
            "default_payment_method": card.id,
        }
    )
    assert made.status == "incomplete"
    await sandbox.engine.renew(made.id)
    invoice = await sandbox.v1.invoices.retrieve_async(str(made.latest_invoice))
    assert (invoice.attempt_count, invoice.next_payment_attempt) == (2, None)
    await sandbox.engine.advance_period()
    expired = await sandbox.v1.subscriptions.retrieve_async(made.id, {"expand": ["latest_invoice"]})
    assert (expired.status, expired.latest_invoice.status) == ("incomplete_expired", "void")


async def test_a_trial_is_free_until_it_ends(sandbox: World) -> None:
    customer = await sandbox.customer()
    session = await sandbox.session(customer.id, subscription_data={"trial_period_days": 7})
    summary = await sandbox.engine.checkout_summary(session.id)
    assert (summary.total, summary.trial_days) == (0, 7)
    await sandbox.complete(session.id)
    done = await sandbox.v1.checkout.sessions.retrieve_async(session.id, {"expand": ["subscription"]})
    assert (done.payment_status, done.subscription.status) == ("no_payment_required", "trialing")
    await sandbox.engine.advance_period()
    await sandbox.inbox.wait_for("customer.subscription.trial_will_end", "customer.subscription.updated")
    after = await sandbox.v1.subscriptions.retrieve_async(done.subscription.id)
    assert after.status == "active"
    invoices = await sandbox.v1.invoices.list_async({"customer": customer.id})
    assert [one.total for one in invoices.data] == [999, 0]


async def test_collection_that_was_paused_until_a_day_goes_on_by_itself(sandbox: World) -> None:
    _, subscription = await sandbox.subscribe()
    pause = {"behavior": "void", "resumes_at": subscription.created + 10 * 86_400}
    await sandbox.v1.subscriptions.update_async(subscription.id, {"pause_collection": pause})
    await sandbox.engine.advance_period()
    after = await sandbox.v1.subscriptions.retrieve_async(subscription.id, {"expand": ["latest_invoice"]})
    assert (after.pause_collection, after.latest_invoice.status) == (None, "paid")


async def test_cards_are_kept_listed_and_let_go(sandbox: World) -> None:
    customer, subscription = await sandbox.subscribe()
    listed = await sandbox.v1.customers.payment_methods.list_async(customer.id, {"type": "card"})
    assert [one.id for one in listed.data] == [subscription.default_payment_method]
    by_filter = await sandbox.v1.payment_methods.list_async({"customer": customer.id, "type": "card"})
    assert by_filter.data[0].card.last4 == "4242"
    free = await sandbox.v1.payment_methods.detach_async(subscription.default_payment_method)
    assert free.customer is None
    with pytest.raises(stripe.InvalidRequestError):
        await sandbox.v1.payment_methods.detach_async(subscription.default_payment_method)


async def test_invoices_are_made_finalized_voided_and_forgiven(sandbox: World) -> None:
    customer = await sandbox.customer()
    await sandbox.v1.invoice_items.create_async({"customer": customer.id, "amount": 1500, "currency": "usd"})
    invoice = await sandbox.v1.invoices.create_async(
        {"customer": customer.id, "pending_invoice_items_behavior": "include"}
    )
    assert (invoice.status, invoice.total) == ("draft", 1500)
    opened = await sandbox.v1.invoices.finalize_invoice_async(invoice.id)
    assert (opened.status, opened.number[-5:]) == ("open", "-0001")
    with pytest.raises(stripe.InvalidRequestError, match="no active card"):
        await sandbox.v1.invoices.pay_async(invoice.id)
    given_up = await sandbox.v1.invoices.mark_uncollectible_async(invoice.id)
    assert given_up.status == "uncollectible"
    assert (await sandbox.v1.invoices.void_invoice_async(invoice.id)).status == "void"
    lines = await sandbox.v1.invoices.line_items.list_async(invoice.id)
    assert lines.data[0].amount == 1500


async def test_payments_are_made_without_a_checkout(sandbox: World) -> None:
    paid = await sandbox.v1.payment_intents.create_async(
        {
            "amount": 2000,
            "currency": "usd",
            "payment_method": "pm_card_visa",
            "confirm": True,
            "automatic_payment_methods": {"enabled": True, "allow_redirects": "never"},
        }
    )
    assert paid.status == "succeeded"
    with pytest.raises(stripe.CardError) as declined:
        await sandbox.v1.payment_intents.create_async(
            {
                "amount": 2000,
                "currency": "usd",
                "payment_method": "pm_card_visa_chargeDeclined",
                "confirm": True,
            }
        )
    assert declined.value.error is not None
    assert declined.value.error.decline_code == "generic_decline"
    waiting = await sandbox.v1.payment_intents.create_async({"amount": 500, "currency": "usd"})
    assert (await sandbox.v1.payment_intents.cancel_async(waiting.id)).status == "canceled"
    kept = await sandbox.v1.setup_intents.create_async(
        {"customer": (await sandbox.customer()).id, "payment_method": "pm_card_visa", "confirm": True}
    )
    assert kept.status == "succeeded"
    charge = await sandbox.v1.charges.retrieve_async(paid.latest_charge, {"expand": ["balance_transaction"]})
    assert charge.balance_transaction.net == 2000 - 58 - 30


async def test_an_incomplete_subscription_starts_when_its_payment_is_confirmed(sandbox: World) -> None:
    customer = await sandbox.customer()
    subscription = await sandbox.v1.subscriptions.create_async(
        {
            "customer": customer.id,
            "items": [{"price": "price_sandbox_pro"}],
            "payment_behavior": "default_incomplete",
            "expand": ["latest_invoice.confirmation_secret", "latest_invoice.payments"],
        }
    )
    assert subscription.status == "incomplete"
    invoice = subscription.latest_invoice
    intent = invoice.payments.data[0].payment.payment_intent
    assert invoice.confirmation_secret.client_secret.startswith(intent)
    await sandbox.v1.payment_intents.confirm_async(intent, {"payment_method": "pm_card_visa"})
    assert (await sandbox.v1.subscriptions.retrieve_async(subscription.id)).status == "active"
    assert (await sandbox.v1.invoices.retrieve_async(invoice.id)).status == "paid"
