"""The webhook as Stripe meets it: real bytes, real signatures, a real database of either kind."""

import json
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from stripe import WebhookSignature

from sentineliq import config, db
from sentineliq.billing import prices, webhook
from sentineliq.billing.stripe import client
from sentineliq.workspaces.models import Workspace
from tests.billing import shop as shops
from tests.factories import make_user, make_workspace

PAYLOADS = Path(__file__).parent.parent / "payloads"
SHAPES = ("2025-04-30.basil", "2025-02-24.acacia")
CUSTOMER = "cus_OrcL1fecyc1e01"
SECRET = "whsec_current"
OLD_SECRET = "whsec_before_the_rotation"


def payload(name: str, *, shape: str = SHAPES[0], event: str | None = None, **changes: Any) -> dict[str, Any]:
    """An event of the corpus; `changes` replace fields of its object, `event` its id."""
    body = json.loads((PAYLOADS / shape / f"{name}.json").read_text())
    body["data"]["object"] |= changes
    body["id"] = event or body["id"]
    return body


class Webhook:
    """Posts deliveries to the route."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self.http = http

    async def post(self, body: bytes, header: str | None) -> httpx.Response:
        headers = {} if header is None else {"Stripe-Signature": header}
        return await self.http.post("/webhooks/stripe", content=body, headers=headers)

    async def deliver(self, event: dict[str, Any], *, secret: str = SECRET) -> httpx.Response:
        body = json.dumps(event)
        return await self.post(body.encode(), WebhookSignature.generate_signature_header(body, secret))

    async def deliver_all(self, *events: dict[str, Any]) -> None:
        for event in events:
            response = await self.deliver(event)
            assert response.status_code == 200, response.text


def sign(body: bytes, *, secret: str = SECRET, at: float | None = None) -> str:
    """A header for bytes that need not be text."""
    import hmac
    from hashlib import sha256

    timestamp = int(time.time() if at is None else at)
    digest = hmac.new(secret.encode(), f"{timestamp}.".encode() + body, sha256).hexdigest()
    return f"t={timestamp},v1={digest}"


@pytest.fixture
def billing_settings(environment: pytest.MonkeyPatch) -> config.Settings:
    """A configured test account whose Pro price is the corpus's; Stripe itself is not reachable."""
    for name, value in {
        "STRIPE_API_KEY": "sk_test_of_the_tests",
        "STRIPE_API_BASE": "http://127.0.0.1:9",
        "STRIPE_WEBHOOK_SECRET": f"{SECRET},{OLD_SECRET}",
        "PAYMENTS_HOBBY_SUBSCRIPTION_PLAN_ID": "price_hobby",
        "PAYMENTS_PRO_SUBSCRIPTION_PLAN_ID": "price_pro,price_1OrcProMonthly00000001",
        "PAYMENTS_CREDITS_10_PLAN_ID": "price_credits10",
    }.items():
        environment.setenv(name, value)
    config.get_settings.cache_clear()
    client.stripe_client.cache_clear()
    prices.forget()
    return config.get_settings()


@pytest.fixture
async def stripe_webhook(database: db.Database, billing_settings: config.Settings) -> AsyncIterator[Webhook]:
    app = Starlette(routes=webhook.routes)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://app.test") as http:
        yield Webhook(http)


@pytest.fixture
async def workspace(database: db.Database, billing_settings: config.Settings) -> Workspace:
    """Acme, owned by owner@example.com, a customer of Stripe's."""
    made = await make_workspace(owner=await make_user(email="owner@example.com"))
    async with db.transaction() as session:
        row = await session.get_one(Workspace, made.id)
        row.stripe_customer_id = CUSTOMER
    return row


async def reread(workspace: Workspace) -> Workspace:
    async with db.reading() as session:
        return await session.get_one(Workspace, workspace.id)


@pytest.fixture
async def shop(
    database: db.Database, environment: pytest.MonkeyPatch, tmp_path: Path
) -> AsyncIterator[shops.Shop]:
    async with shops.opened(environment, tmp_path) as running:
        yield running
