"""From a customer without a card to a paid subscription."""

import asyncio
from typing import Any

import pytest
import stripe

from sentineliq.sandbox.engine import AuthenticationRequired, CardDeclined, SessionNotOpen
from tests.sandbox.world import AUTHENTICATES, DECLINED, World


async def test_a_paid_checkout_leaves_a_subscription_and_its_paid_invoice(sandbox: World) -> None:
    customer = await sandbox.customer()
    session = await sandbox.session(
        customer.id, subscription_data={"metadata": {"workspace_id": "ws_1", "plan_id": "hobby"}}
    )
    assert session.status == "open"
    assert session.url.startswith(f"{sandbox.base}/sandbox/checkout/cs_test_")
    landed = await sandbox.complete(session.id)
    assert landed == f"http://localhost:3000/checkout?success=true&session_id={session.id}"
    done = await sandbox.v1.checkout.sessions.retrieve_async(
        session.id, {"expand": ["line_items", "subscription.latest_invoice", "customer"]}
    )
    assert (done.status, done.payment_status, done.amount_total) == ("complete", "paid", 999)
    assert done.client_reference_id == "ws_1"
    assert done.line_items.data[0].price.id == "price_sandbox_hobby"
    assert done.subscription.status == "active"
    assert done.subscription.metadata["plan_id"] == "hobby"
    assert done.subscription.latest_invoice.status == "paid"
    assert done.customer.name == "Jenny Rosen"
    await sandbox.inbox.wait_for("payment_intent.created")
    assert (
        sandbox.inbox.types()
        == [
            "customer.created",
            "charge.succeeded",
            "payment_method.attached",
            "checkout.session.completed",
            "customer.updated",
            "customer.subscription.created",
            "invoice.created",
            "invoice.finalized",
            "invoice.paid",
            "invoice.payment_succeeded",
            "payment_intent.succeeded",
            "payment_intent.created",
            "invoice.updated",
        ][: len(sandbox.inbox.types())]
    )


async def test_a_declined_card_leaves_no_subscription_and_the_session_open(sandbox: World) -> None:
    customer = await sandbox.customer()
    session = await sandbox.session(customer.id)
    with pytest.raises(CardDeclined, match="Your card was declined"):
        await sandbox.complete(session.id, DECLINED)
    again = await sandbox.v1.checkout.sessions.retrieve_async(session.id)
    assert (again.status, again.subscription) == ("open", None)
    listed = await sandbox.v1.subscriptions.list_async({"customer": customer.id, "status": "all"})
    assert listed.data == []
    await sandbox.inbox.wait_for("payment_intent.payment_failed", "charge.failed")
    await sandbox.complete(session.id)
    await sandbox.inbox.wait_for("checkout.session.completed", "payment_intent.succeeded")


async def test_a_card_that_asks_its_holder_pays_after_the_answer(sandbox: World) -> None:
    session = await sandbox.session((await sandbox.customer()).id)
    with pytest.raises(AuthenticationRequired):
        await sandbox.complete(session.id, AUTHENTICATES)
    await sandbox.complete(session.id, AUTHENTICATES, authenticated=True)
    await sandbox.inbox.wait_for("checkout.session.completed")


async def test_a_one_time_purchase_carries_its_payment_intent_and_metadata(sandbox: World) -> None:
    customer = await sandbox.customer()
    session = await sandbox.session(
        customer.id, "price_sandbox_credits10", payment_intent_data={"metadata": {"plan_id": "credits10"}}
    )
    await sandbox.complete(session.id)
    done = await sandbox.v1.checkout.sessions.retrieve_async(
        session.id, {"expand": ["payment_intent.latest_charge"]}
    )
    assert (done.mode, done.payment_status, done.invoice) == ("payment", "paid", None)
    assert done.payment_intent.metadata["plan_id"] == "credits10"
    assert done.payment_intent.latest_charge.amount == 999
    found = await sandbox.v1.checkout.sessions.list_async({"payment_intent": done.payment_intent.id})
    assert [one.id for one in found.data] == [session.id]


async def test_a_one_time_purchase_leaves_a_paid_invoice_when_one_is_asked_for(sandbox: World) -> None:
    customer = await sandbox.customer(balance=-400)
    metadata = {"workspace_id": "ws_1", "plan_id": "credits10"}
    session = await sandbox.session(
        customer.id,
        "price_sandbox_credits10",
        payment_intent_data={"metadata": metadata},
        invoice_creation={"enabled": True, "invoice_data": {"metadata": metadata, "footer": "Thank you"}},
    )
    assert (session.invoice_creation.enabled, session.invoice) == (True, None)
    await sandbox.engine.apply_promotion_code(session.id, "LAUNCH50")
    await sandbox.complete(session.id, country="DE")
    await sandbox.inbox.wait_for(
        "checkout.session.completed",
        "invoice.created",
        "invoice.finalized",
        "invoice.paid",
        "invoice.payment_succeeded",
    )
    completed = sandbox.inbox.last("checkout.session.completed")["data"]["object"]
    invoice = await sandbox.v1.invoices.retrieve_async(completed["invoice"])
    assert (invoice.status, invoice.billing_reason, invoice.parent) == ("paid", "manual", None)
    assert (invoice.customer, invoice.metadata.to_dict(), invoice.footer) == (
        customer.id,
        metadata,
        "Thank you",
    )
    assert invoice.total == invoice.amount_paid == completed["amount_total"] == 594
    assert (invoice.total_taxes[0].amount, invoice.ending_balance) == (95, 0)
    assert invoice.number
    assert invoice.hosted_invoice_url.startswith(f"{sandbox.base}/sandbox/invoices/")
    assert invoice.invoice_pdf.endswith("/pdf")
    (line,) = invoice.lines.data
    assert line.pricing.price_details.price == "price_sandbox_credits10"
    (payment,) = (await sandbox.v1.invoice_payments.list_async({"invoice": invoice.id})).data
    assert (payment.status, payment.payment.payment_intent) == ("paid", completed["payment_intent"])
    assert (await sandbox.v1.customers.retrieve_async(customer.id)).balance == -400


async def test_a_guest_who_asks_for_an_invoice_becomes_a_customer(sandbox: World) -> None:
    session = await sandbox.v1.checkout.sessions.create_async(
        {
            "mode": "payment",
            "line_items": [{"price": "price_sandbox_credits10", "quantity": 2}],
            "invoice_creation": {"enabled": True},
            "success_url": "http://localhost:3000/done",
        }
    )
    await sandbox.complete(session.id)
    done = await sandbox.v1.checkout.sessions.retrieve_async(session.id, {"expand": ["invoice"]})
    assert (done.invoice.customer, done.invoice.amount_paid) == (done.customer, 1998)


async def test_a_session_is_paid_once_only(sandbox: World) -> None:
    session = await sandbox.session((await sandbox.customer()).id)
    await sandbox.complete(session.id)
    with pytest.raises(SessionNotOpen):
        await sandbox.complete(session.id)


async def test_payments_of_one_session_at_once_make_one_payment(sandbox: World) -> None:
    customer = await sandbox.customer()
    session = await sandbox.session(customer.id)
    outcomes = await asyncio.gather(*(sandbox.complete(session.id) for _ in range(8)), return_exceptions=True)
    assert sorted(type(one).__name__ for one in outcomes) == ["SessionNotOpen"] * 7 + ["str"]
    assert len((await sandbox.v1.charges.list_async({"customer": customer.id})).data) == 1
    assert len((await sandbox.v1.subscriptions.list_async({"customer": customer.id})).data) == 1
    await sandbox.inbox.wait_for("payment_intent.created")
    assert sandbox.inbox.types().count("checkout.session.completed") == 1


async def test_an_expired_session_takes_no_payment(sandbox: World) -> None:
    session = await sandbox.session((await sandbox.customer()).id)
    expired = await sandbox.v1.checkout.sessions.expire_async(session.id)
    assert expired.status == "expired"
    with pytest.raises(SessionNotOpen):
        await sandbox.complete(session.id)
    with pytest.raises(stripe.InvalidRequestError):
        await sandbox.v1.checkout.sessions.expire_async(session.id)
    await sandbox.inbox.wait_for("checkout.session.expired")


async def test_a_promotion_code_halves_the_price_for_good(sandbox: World) -> None:
    customer = await sandbox.customer()
    session = await sandbox.session(customer.id)
    await sandbox.engine.apply_promotion_code(session.id, "launch50")
    summary = await sandbox.engine.checkout_summary(session.id)
    assert (summary.subtotal, summary.discount, summary.total) == (999, 500, 499)
    assert (summary.promotion_code, summary.discount_label) == ("LAUNCH50", "50% off")
    await sandbox.complete(session.id)
    done = await sandbox.v1.checkout.sessions.retrieve_async(
        session.id, {"expand": ["subscription.discounts"]}
    )
    assert done.amount_total == 499
    assert done.subscription.discounts[0].coupon.percent_off == 50
    await sandbox.engine.renew(done.subscription.id)
    invoices = await sandbox.v1.invoices.list_async({"subscription": done.subscription.id})
    assert [one.total for one in invoices.data] == [499, 499]


async def test_a_first_month_code_counts_for_the_first_invoice_only(sandbox: World) -> None:
    session = await sandbox.session((await sandbox.customer()).id)
    await sandbox.engine.apply_promotion_code(session.id, "FIRSTMONTH")
    await sandbox.complete(session.id)
    done = await sandbox.v1.checkout.sessions.retrieve_async(session.id)
    await sandbox.engine.renew(done.subscription)
    invoices = await sandbox.v1.invoices.list_async({"subscription": done.subscription})
    assert [one.total for one in invoices.data] == [999, 699]


async def test_tax_follows_the_country_that_the_customer_types(sandbox: World) -> None:
    session = await sandbox.session((await sandbox.customer()).id)
    assert (await sandbox.engine.checkout_summary(session.id, country="DE")).tax == 190
    await sandbox.complete(session.id, country="DE")
    done = await sandbox.v1.checkout.sessions.retrieve_async(session.id, {"expand": ["invoice"]})
    assert (done.amount_total, done.total_details.amount_tax) == (1189, 190)
    assert done.invoice.total_taxes[0].amount == 190


async def test_a_guest_becomes_a_customer_by_subscribing(sandbox: World) -> None:
    session = await sandbox.v1.checkout.sessions.create_async(
        {
            "mode": "subscription",
            "customer_email": "guest@example.com",
            "line_items": [{"price": "price_sandbox_pro", "quantity": 1}],
            "success_url": "http://localhost:3000/done",
        }
    )
    assert session.customer is None
    await sandbox.complete(session.id, email="guest@example.com")
    done = await sandbox.v1.checkout.sessions.retrieve_async(session.id, {"expand": ["customer"]})
    assert done.customer.email == "guest@example.com"
    charges = await sandbox.v1.charges.list_async({"customer": done.customer.id})
    assert [one.amount for one in charges.data] == [1999]


async def test_a_guest_who_buys_once_stays_a_guest(sandbox: World) -> None:
    session = await sandbox.v1.checkout.sessions.create_async(
        {
            "mode": "payment",
            "line_items": [
                {
                    "price_data": {
                        "currency": "usd",
                        "unit_amount": 500,
                        "product_data": {"name": "Sticker"},
                    },
                    "quantity": 3,
                }
            ],
            "success_url": "http://localhost:3000/done",
        }
    )
    await sandbox.complete(session.id)
    done = await sandbox.v1.checkout.sessions.retrieve_async(session.id)
    assert (done.customer, done.amount_total, done.payment_status) == (None, 1500, "paid")
    assert done.customer_details.email == "owner@example.com"


async def test_a_card_is_set_up_without_a_payment(sandbox: World) -> None:
    customer = await sandbox.customer()
    session = await sandbox.v1.checkout.sessions.create_async(
        {
            "mode": "setup",
            "customer": customer.id,
            "currency": "usd",
            "success_url": "http://localhost:3000/done",
        }
    )
    await sandbox.complete(session.id)
    done = await sandbox.v1.checkout.sessions.retrieve_async(session.id, {"expand": ["setup_intent"]})
    assert (done.payment_status, done.setup_intent.status) == ("no_payment_required", "succeeded")
    kept = await sandbox.v1.payment_methods.list_async({"customer": customer.id})
    assert [one.id for one in kept.data] == [done.setup_intent.payment_method]


async def test_credit_on_the_balance_pays_first(sandbox: World) -> None:
    customer = await sandbox.customer(balance=-400)
    session = await sandbox.session(customer.id)
    summary = await sandbox.engine.checkout_summary(session.id)
    assert (summary.credit, summary.total) == (400, 599)
    await sandbox.complete(session.id)
    charge = (await sandbox.v1.charges.list_async({"customer": customer.id})).data[0]
    invoice = (await sandbox.v1.invoices.list_async({"customer": customer.id})).data[0]
    assert (charge.amount, invoice.amount_paid, invoice.ending_balance) == (599, 599, 0)
    assert (await sandbox.v1.customers.retrieve_async(customer.id)).balance == 0


@pytest.mark.parametrize(
    ("params", "param"),
    [
        ({"mode": "payment"}, "mode"),
        ({"success_url": "/done"}, "success_url"),
        ({"customer_email": "a@b.c"}, "customer_email"),
        ({"payment_intent_data": {"description": "x"}}, "payment_intent_data"),
        ({"discounts": [{"coupon": "launch50"}]}, "discounts"),
        ({"line_items": []}, "line_items"),
        ({"customer_update": {}}, None),
    ],
)
async def test_parameters_that_do_not_go_together_are_refused(
    sandbox: World, params: dict[str, Any], param: str | None
) -> None:
    customer = await sandbox.customer()
    with pytest.raises(stripe.InvalidRequestError) as refused:
        await sandbox.session(customer.id, **params)
    assert refused.value.param == param


@pytest.mark.parametrize(
    ("params", "param"),
    [
        ({"expires_at": 29 * 60}, "expires_at"),
        ({"expires_at": 25 * 3600}, "expires_at"),
        ({"subscription_data": {"trial_end": 47 * 3600}}, "subscription_data[trial_end]"),
        ({"subscription_data": {"trial_period_days": 0}}, "subscription_data[trial_period_days]"),
        ({"line_items": [{"price": "price_sandbox_pro"}]}, "line_items[0][quantity]"),
        ({"line_items": [{"price": "price_sandbox_pro", "quantity": 0}]}, "line_items[0][quantity]"),
    ],
)
async def test_times_and_quantities_are_within_stripes_bounds(
    sandbox: World, params: dict[str, Any], param: str
) -> None:
    now = await sandbox.engine.now()
    if "expires_at" in params:
        params = {"expires_at": now + params["expires_at"]}
    elif "trial_end" in params.get("subscription_data", {}):
        params = {"subscription_data": {"trial_end": now + params["subscription_data"]["trial_end"]}}
    with pytest.raises(stripe.InvalidRequestError) as refused:
        await sandbox.session((await sandbox.customer()).id, **params)
    assert refused.value.param == param


async def test_a_purchase_that_is_too_small_to_charge_is_refused(sandbox: World) -> None:
    price = await sandbox.v1.prices.create_async(
        {"currency": "usd", "unit_amount": 49, "product": "prod_sandbox_pro"}
    )
    items = [{"price": price.id, "quantity": 1}]
    customer = await sandbox.customer()
    with pytest.raises(stripe.InvalidRequestError, match=r"at least \$0.50 usd") as refused:
        await sandbox.session(customer.id, mode="payment", line_items=items)
    assert refused.value.code == "amount_too_small"
