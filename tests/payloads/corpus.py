"""The corpus as tests use it: the events, a workspace that they are about, and what Stripe would answer."""

import json
from typing import Any

import pytest

from sentineliq import config, db
from sentineliq.billing import prices
from sentineliq.billing.models import CustomerLink
from sentineliq.billing.stripe import client, reads
from sentineliq.billing.stripe.charge_payloads import ChargeWithRefunds
from sentineliq.billing.views import PaymentMethodView
from sentineliq.workspaces.models import Workspace
from tests.billing.conftest import PAYLOADS, SECRET
from tests.factories import make_workspace
from tests.payloads.build import BASIL, OLDER

SHAPES = (BASIL, OLDER)
CASES = tuple(sorted(path.stem for path in (PAYLOADS / OLDER).glob("*.json")))


def case(name: str, shape: str) -> dict[str, Any]:
    """One event of the corpus."""
    return json.loads((PAYLOADS / shape / f"{name}.json").read_text())


def customer_of(event: dict[str, Any]) -> str:
    """Whose it is; a dispute and a refund name none."""
    about = event["data"]["object"]
    return about["id"] if about["object"] == "customer" else about.get("customer") or "cus_of_the_charge"


@pytest.fixture
def billing_settings(environment: pytest.MonkeyPatch) -> config.Settings:
    """The corpus was sold at the sandbox's prices."""
    for name, value in {
        "STRIPE_API_KEY": "sk_test_of_the_tests",
        "STRIPE_API_BASE": "http://127.0.0.1:9",
        "STRIPE_WEBHOOK_SECRET": SECRET,
        "PAYMENTS_HOBBY_SUBSCRIPTION_PLAN_ID": "price_sandbox_hobby",
        "PAYMENTS_PRO_SUBSCRIPTION_PLAN_ID": "price_sandbox_pro",
        "PAYMENTS_CREDITS_10_PLAN_ID": "price_sandbox_credits10",
        "ADMIN_EMAILS": "staff@example.com",
    }.items():
        environment.setenv(name, value)
    config.get_settings.cache_clear()
    client.stripe_client.cache_clear()
    prices.forget()
    return config.get_settings()


@pytest.fixture
def stripe_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    """What Stripe would answer to the few questions that these events leave open."""

    async def charge(charge_id: str) -> ChargeWithRefunds:
        return ChargeWithRefunds(
            id=charge_id,
            customer="cus_of_the_charge",
            currency="usd",
            amount=999,
            amount_refunded=0,
            refunds=(),
        )

    async def payment_method(customer_id: str) -> PaymentMethodView:
        return PaymentMethodView(brand="visa", last4="4242", exp_month=1, exp_year=2026)

    async def subscriptions(customer_id: str) -> tuple[()]:
        return ()

    async def price_ids(session_id: str) -> tuple[str, ...]:
        return ()

    monkeypatch.setattr(reads, "fetch_charge", charge)
    monkeypatch.setattr(reads, "fetch_payment_method", payment_method)
    monkeypatch.setattr(reads, "fetch_subscriptions", subscriptions)
    monkeypatch.setattr(reads, "_fetch_price_ids", price_ids)


async def workspace_of(customer: str) -> Workspace:
    """A workspace that has this customer."""
    made = await make_workspace()
    async with db.transaction() as session:
        row = await session.get_one(Workspace, made.id)
        row.stripe_customer_id = customer
        session.add(CustomerLink(customer_id=customer, workspace_id=made.id))
    return row
