"""Bank debits: the checkout is complete at once, the money comes days later or not at all."""

import pytest
import stripe

from sentineliq.sandbox.engine import InvalidRequest
from tests.sandbox.world import World

ASYNC_SUCCEEDED = "checkout.session.async_payment_succeeded"
ASYNC_FAILED = "checkout.session.async_payment_failed"


async def debit(sandbox: World, session_id: str) -> str:
    """The charge that waits for the bank."""
    await sandbox.engine.complete_checkout_by_bank(
        session_id, email="owner@example.com", name="Jenny Rosen", country="US"
    )
    (charge,) = await sandbox.engine.list_documents("charge", status="pending")
    return charge["id"]


async def credit_session(sandbox: World, customer: str) -> str:
    session = await sandbox.session(
        customer,
        "price_sandbox_credits10",
        invoice_creation={"enabled": True, "invoice_data": {"metadata": {"plan_id": "credits10"}}},
    )
    assert session.payment_method_types == ["card", "us_bank_account"]
    return session.id


async def test_a_debited_purchase_is_complete_but_unpaid_until_it_settles(sandbox: World) -> None:
    customer = (await sandbox.customer()).id
    session_id = await credit_session(sandbox, customer)
    charge = await debit(sandbox, session_id)
    waiting = await sandbox.v1.checkout.sessions.retrieve_async(session_id, {"expand": ["payment_intent"]})
    assert (waiting.status, waiting.payment_status, waiting.invoice) == ("complete", "unpaid", None)
    assert waiting.payment_intent.status == "processing"
    await sandbox.inbox.wait_for("checkout.session.completed", "payment_intent.processing", "charge.pending")
    completed = sandbox.inbox.last("checkout.session.completed")["data"]["object"]
    assert completed["payment_status"] == "unpaid"

    await sandbox.engine.settle_payment(charge)
    await sandbox.inbox.wait_for(ASYNC_SUCCEEDED, "charge.succeeded", "invoice.paid")
    paid = sandbox.inbox.last(ASYNC_SUCCEEDED)["data"]["object"]
    invoice = await sandbox.v1.invoices.retrieve_async(paid["invoice"])
    assert (paid["payment_status"], invoice.status, invoice.amount_paid) == ("paid", "paid", 999)
    with pytest.raises(InvalidRequest):
        await sandbox.engine.fail_payment(charge)


async def test_a_debit_that_comes_back_leaves_the_purchase_unpaid(sandbox: World) -> None:
    session_id = await credit_session(sandbox, (await sandbox.customer()).id)
    await sandbox.engine.fail_payment(await debit(sandbox, session_id))
    await sandbox.inbox.wait_for(ASYNC_FAILED, "charge.failed", "payment_intent.payment_failed")
    failed = sandbox.inbox.last(ASYNC_FAILED)["data"]["object"]
    assert (failed["status"], failed["payment_status"], failed["invoice"]) == ("complete", "unpaid", None)
    assert "invoice.paid" not in sandbox.inbox.types()


async def test_a_debited_subscription_runs_while_the_bank_takes_its_time(sandbox: World) -> None:
    customer = (await sandbox.customer()).id
    session = await sandbox.session(customer)
    charge = await debit(sandbox, session.id)
    done = await sandbox.v1.checkout.sessions.retrieve_async(
        session.id, {"expand": ["subscription.latest_invoice", "subscription.default_payment_method"]}
    )
    assert (done.payment_status, done.subscription.status) == ("unpaid", "active")
    assert done.subscription.latest_invoice.status == "open"
    assert done.subscription.default_payment_method.us_bank_account.last4 == "6789"
    with pytest.raises(stripe.InvalidRequestError, match="still processing"):
        await sandbox.v1.invoices.pay_async(done.subscription.latest_invoice.id)
    await sandbox.engine.settle_payment(charge)
    await sandbox.inbox.wait_for(ASYNC_SUCCEEDED, "invoice.paid")
    settled = await sandbox.v1.invoices.retrieve_async(
        done.subscription.latest_invoice.id, {"expand": ["payments"]}
    )
    assert (settled.status, settled.attempt_count) == ("paid", 1)
    assert [one.status for one in settled.payments.data] == ["paid"]


async def test_a_debited_subscription_falls_behind_when_the_debit_comes_back(sandbox: World) -> None:
    session = await sandbox.session((await sandbox.customer()).id)
    await sandbox.engine.fail_payment(await debit(sandbox, session.id))
    await sandbox.inbox.wait_for(ASYNC_FAILED, "invoice.payment_failed", "customer.subscription.updated")
    updated = sandbox.inbox.last("customer.subscription.updated")["data"]
    assert (updated["object"]["status"], updated["previous_attributes"]["status"]) == ("past_due", "active")


async def test_a_checkout_whose_debit_came_back_does_not_succeed_later(sandbox: World) -> None:
    session = await sandbox.session((await sandbox.customer()).id)
    await sandbox.engine.fail_payment(await debit(sandbox, session.id))
    await sandbox.engine.advance_period()
    await sandbox.inbox.wait_for(ASYNC_FAILED, "invoice.paid")
    types = [record.event["type"] for record in await sandbox.engine.events(limit=200)]
    assert ASYNC_SUCCEEDED not in types


async def test_debits_settle_by_themselves_and_renew(sandbox: World) -> None:
    customer = (await sandbox.customer()).id
    session = await sandbox.session(customer)
    await debit(sandbox, session.id)
    await sandbox.engine.advance_period()
    await sandbox.inbox.wait_for(ASYNC_SUCCEEDED)
    first, renewed = [
        one.status for one in reversed((await sandbox.v1.invoices.list_async({"customer": customer})).data)
    ]
    assert (first, renewed) == ("paid", "open")
    await sandbox.engine.advance_period()
    charges = (await sandbox.v1.charges.list_async({"customer": customer})).data
    assert [one.status for one in charges] == ["pending", "succeeded", "succeeded"]


async def test_a_session_for_cards_takes_no_debit(sandbox: World) -> None:
    customer = (await sandbox.customer()).id
    session = await sandbox.session(customer, payment_method_types=["card"])
    assert not (await sandbox.engine.checkout_summary(session.id)).bank_debit
    with pytest.raises(InvalidRequest):
        await debit(sandbox, session.id)
    with pytest.raises(stripe.InvalidRequestError) as refused:
        await sandbox.session(customer, payment_method_types=["card", "paypal"])
    assert refused.value.param == "payment_method_types[1]"
