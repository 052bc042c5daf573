"""The product's own calls against the sandbox, both held against Stripe's API description."""

from datetime import UTC, datetime, timedelta

import pytest

from sentineliq import config
from sentineliq.billing import prices
from sentineliq.billing.effects import (
    NeedsCharge,
    NeedsCheckoutPrices,
    NeedsPaymentMethod,
    NeedsSubscriptions,
)
from sentineliq.billing.plans import PaymentPlanId, get_plan
from sentineliq.billing.processor import BillingCustomer, CheckoutSession, PortalFlow
from sentineliq.billing.refunds import RefundReason
from sentineliq.billing.stripe import client, reads
from sentineliq.billing.stripe.handlers import Answers
from sentineliq.billing.stripe.handlers.answers import ChargeAnswer
from sentineliq.billing.stripe.payment_processor import StripePaymentProcessor
from tests.sandbox import conformance
from tests.sandbox.world import World

WORKSPACE = "ws_of_the_conversation"
UNKNOWN = "cus_nobodyatall01"


@pytest.fixture
def product(sandbox: World, environment: pytest.MonkeyPatch) -> StripePaymentProcessor:
    """The product's processor, set up for this sandbox."""
    for name, value in {
        "STRIPE_API_KEY": "sk_test_sandbox",
        "STRIPE_API_BASE": f"{sandbox.base}/sandbox/api",
        "STRIPE_WEBHOOK_SECRET": sandbox.inbox.secret,
        "WEB_CLIENT_URL": sandbox.base,
        "PAYMENTS_HOBBY_SUBSCRIPTION_PLAN_ID": "price_sandbox_hobby",
        "PAYMENTS_PRO_SUBSCRIPTION_PLAN_ID": "price_sandbox_pro",
        "PAYMENTS_CREDITS_10_PLAN_ID": "price_sandbox_credits10",
    }.items():
        environment.setenv(name, value)
    config.get_settings.cache_clear()
    client.stripe_client.cache_clear()
    prices.forget()
    return StripePaymentProcessor()


def owner(*, customer_id: str | None = None, email: str = "owner@example.com") -> BillingCustomer:
    return BillingCustomer(WORKSPACE, "Acme", email, email_verified=True, customer_id=customer_id)


async def offer(product: StripePaymentProcessor, customer: str, plan: PaymentPlanId) -> CheckoutSession:
    return await product.create_checkout_session(
        customer_id=customer, workspace_id=WORKSPACE, plan=get_plan(plan), checkout_id=f"checkout_{plan}"
    )


async def find_customers(product: StripePaymentProcessor, sandbox: World) -> str:
    """Every way to a customer: made, found, adopted, known. The one that was made."""
    made = await product.fetch_customer(owner())
    assert await product.fetch_customer(owner()) == made
    stray = await sandbox.customer(email="stray@example.com", metadata={})
    assert await product.fetch_customer(owner(email="stray@example.com")) == stray.id
    assert await product.fetch_customer(owner(customer_id=made)) == made
    return made


async def buy_everything(product: StripePaymentProcessor, sandbox: World, customer: str) -> CheckoutSession:
    """All three plans, one offer withdrawn before. The session of the credits."""
    assert not await product.has_running_subscription(customer)
    await offer(product, customer, PaymentPlanId.PRO)
    await product.expire_open_checkout_sessions(customer)
    hobby = await offer(product, customer, PaymentPlanId.HOBBY)
    await sandbox.engine.apply_promotion_code(hobby.id, "LAUNCH50")
    await sandbox.complete(hobby.id)
    await product.expire_checkout_session(hobby.id)
    credit_pack = await offer(product, customer, PaymentPlanId.CREDITS10)
    await sandbox.complete(credit_pack.id, country="DE")
    assert await product.has_running_subscription(customer)
    return credit_pack


async def visit_the_portal(product: StripePaymentProcessor, customer: str, subscription: str) -> None:
    for flow in PortalFlow:
        url = await product.fetch_customer_portal_url(
            customer_id=customer, email="owner@example.com", flow=flow, subscription_id=subscription
        )
        assert "/sandbox/portal/" in url


async def read_it_all(product: StripePaymentProcessor, customer: str, session: CheckoutSession) -> None:
    for plan in PaymentPlanId:
        assert (await product.fetch_price(get_plan(plan).get_payment_processor_plan_id())).amount > 0
    card = await product.fetch_payment_method(customer)
    assert card is not None
    assert card.last4 == "4242"
    found = await reads.fetch_checkout_session(session.id)
    assert found is not None
    assert found.is_paid
    assert await reads.fetch_checkout_session("cs_test_unknown") is None
    assert [each.id for each in await reads.fetch_paid_sessions(customer)] == [session.id]
    since = datetime.now(UTC) - timedelta(days=1)
    assert await reads.fetch_events(since=since, types=("invoice.paid", "checkout.session.completed"))


async def ask_every_question(customer: str, session: CheckoutSession, charge: str) -> None:
    subscriptions = await reads.answer(NeedsSubscriptions(customer, None), Answers())
    assert len(subscriptions.subscriptions or ()) == 1
    lines = await reads.answer(NeedsCheckoutPrices(session.id), Answers())
    assert lines.price_ids == ("price_sandbox_credits10",)
    assert (await charge_of(charge)).customer == customer
    answered = await reads.answer(NeedsPaymentMethod(customer), Answers())
    assert answered.payment_method is not None
    assert answered.payment_method.card is not None
    assert (await reads.answer(NeedsSubscriptions(UNKNOWN, None), Answers())).subscriptions == ()
    assert (await reads.answer(NeedsCheckoutPrices("cs_test_unknown"), Answers())).price_ids == ()
    assert await charge_of("ch_unknown") == ChargeAnswer(None)
    assert ChargeAnswer(None).customer == ""


async def charge_of(charge_id: str) -> ChargeAnswer:
    answered = (await reads.answer(NeedsCharge(charge_id), Answers())).charge
    assert answered is not None
    return answered


async def plan_and_think_better_of_it(product: StripePaymentProcessor, subscription: str) -> None:
    """With a coupon, which the phases of the plan must name."""
    running = await product.fetch_subscription(subscription)
    assert running.discount_ids
    await product.plan_price_change(running, price_id="price_sandbox_pro", key="plan-ahead")
    planned = await product.fetch_subscription(subscription)
    assert planned.discount_ids == running.discount_ids
    assert planned.planned is not None
    await product.drop_planned_change(str(planned.schedule_id))


async def send_money_back(product: StripePaymentProcessor, customer: str, charge: str) -> None:
    assert charge in [payment.charge_id for payment in await product.list_payments(customer)]
    assert await product.list_payments(UNKNOWN) == ()
    assert await product.fetch_payment("ch_unknown") is None
    metadata = {"note": "Did not need it"}
    await product.refund(charge, amount=50, reason=RefundReason.DUPLICATE, metadata=metadata, key="refund-1")
    payment = await product.fetch_payment(charge)
    assert payment is not None
    assert (payment.customer_id, payment.amount_refunded) == (customer, 50)


async def live_on(sandbox: World, subscription: str, charge: str) -> None:
    """What the product only hears of: renewal, failure, recovery, refund, dispute, end."""
    await sandbox.engine.renew(subscription)
    paid = await sandbox.engine.retrieve("subscription", subscription)
    await sandbox.engine.fail_next_payment(paid["customer"])
    await sandbox.engine.renew(subscription)
    await sandbox.engine.renew(subscription)
    await sandbox.engine.change_plan(subscription, "price_sandbox_pro")
    await sandbox.engine.refund(charge, 300)
    await sandbox.engine.fail_refund((await sandbox.engine.list_documents("refund", charge=charge))[0]["id"])
    await sandbox.engine.close_dispute((await sandbox.engine.dispute(charge))["id"], won=True)
    await sandbox.engine.cancel_at_period_end(subscription)
    await sandbox.engine.advance_period()


async def ask_about_the_deleted(product: StripePaymentProcessor, sandbox: World) -> None:
    gone = (await sandbox.customer(email="gone@example.com")).id
    await sandbox.engine.delete_customer(gone)
    assert await product.fetch_payment_method(gone) is None
    assert not await product.has_running_subscription(gone)


async def test_the_product_and_the_sandbox_speak_as_stripe_does(
    sandbox: World, product: StripePaymentProcessor
) -> None:
    customer = await find_customers(product, sandbox)
    bought = await buy_everything(product, sandbox, customer)
    subscription = (await sandbox.engine.list_documents("subscription", customer=customer))[0]["id"]
    charge = (await sandbox.engine.list_documents("charge", customer=customer))[0]["id"]
    await visit_the_portal(product, customer, subscription)
    await read_it_all(product, customer, bought)
    await ask_every_question(customer, bought, charge)
    await plan_and_think_better_of_it(product, subscription)
    await send_money_back(product, customer, charge)
    await live_on(sandbox, subscription, charge)
    await ask_about_the_deleted(product, sandbox)
    await sandbox.inbox.wait_for("customer.subscription.deleted", "charge.dispute.closed")

    spec = conformance.load()
    if spec is None:
        pytest.skip(conformance.MISSING)
    sent = [record.event for record in await sandbox.engine.events(limit=1000)]
    assert sandbox.conversation.faults(spec, sent, of_refused=True) == []
