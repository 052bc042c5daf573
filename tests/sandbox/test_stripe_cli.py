"""Stripe's own command line tool against the sandbox on its own (https://docs.stripe.com/stripe-cli)."""

import asyncio
import json
import os
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import stripe
from sqlmodel import select
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sentineliq import config, db, migrations
from sentineliq.billing import processor
from sentineliq.billing.models import EventStatus, WebhookEvent
from sentineliq.billing.stripe import client
from sentineliq.billing.stripe.handlers import HANDLERS
from sentineliq.billing.stripe.payment_processor import StripePaymentProcessor
from sentineliq.sandbox import SandboxConfig, standalone_app
from tests.deliveries import ask_webhook
from tests.sandbox.stripe_cli import find_stripe_cli, why_not
from tests.sandbox.world import API_VERSION, PATIENCE, serving
from tests.servers import free_port

CLI = find_stripe_cli()
TAKEN = {EventStatus.PROCESSED, EventStatus.UNMATCHED}
"""What may become of an event of a customer that the product does not know."""

pytestmark = pytest.mark.skipif(CLI is None, reason=why_not())


@dataclass
class Terminal:
    """Where somebody types `stripe …`, the sandbox as its Stripe."""

    base: str
    home: Path

    async def run(self, *words: str) -> str:
        """What it printed; it must succeed."""
        process = await asyncio.create_subprocess_exec(
            str(CLI), *words, "--api-base", self.base, "--api-key", "sk_test_sandbox",
            env={"HOME": str(self.home), "STRIPE_CLI_TELEMETRY_OPTOUT": "1", "PATH": os.environ["PATH"]},
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        try:
            printed, _ = await asyncio.wait_for(process.communicate(), 3 * PATIENCE)
        finally:
            if process.returncode is None:
                process.kill()
        assert process.returncode == 0, printed.decode()
        return printed.decode()

    @property
    def client(self) -> stripe.StripeClient:
        """The SDK at the same address: the API is at the root of a sandbox on its own."""
        return stripe.StripeClient(
            "sk_test_sandbox", base_addresses={"api": self.base}, stripe_version=API_VERSION
        )


@dataclass
class App:
    """The product's webhook, and which events it has answered."""

    answered: set[str] = field(default_factory=set)
    news: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def take(self, request: Request) -> Response:
        event_id = json.loads(await request.body())["id"]
        answer = await ask_webhook(request)
        async with self.news:
            self.answered.add(event_id)
            self.news.notify_all()
        return answer

    async def has_answered(self, event_ids: set[str]) -> None:
        async with self.news:
            await asyncio.wait_for(self.news.wait_for(lambda: event_ids <= self.answered), PATIENCE)


@pytest.fixture
def app() -> App:
    return App()


@pytest.fixture
async def terminal(app: App, environment: pytest.MonkeyPatch, tmp_path: Path) -> AsyncIterator[Terminal]:
    """`sentineliq sandbox`, told to deliver to the product beside it."""
    port = free_port()
    base = f"http://127.0.0.1:{port}"
    await _wire(environment, base)
    config_of_it = SandboxConfig(
        tmp_path / "sandbox.db",
        f"{base}/sandbox",
        webhook_url=f"{base}/webhooks/stripe",
        webhook_events=tuple(HANDLERS),
    )
    server = standalone_app(config_of_it)
    server.router.routes.insert(0, Route("/webhooks/stripe", app.take, methods=["POST"]))
    async with serving(server, port):
        yield Terminal(base, tmp_path)
    await db.dispose()


async def _wire(environment: pytest.MonkeyPatch, base: str) -> None:
    """The product of this process, connected to that sandbox."""
    environment.setenv("STRIPE_API_KEY", "sk_test_sandbox")
    environment.setenv("STRIPE_API_BASE", base)
    environment.setenv("STRIPE_WEBHOOK_SECRET", "whsec_sandbox")
    config.get_settings.cache_clear()
    client.stripe_client.cache_clear()
    settings = config.get_settings()
    await migrations.upgrade(settings.database_url)
    db.configure(settings.database_url)
    processor.use(StripePaymentProcessor())


@pytest.mark.parametrize(
    "event",
    [
        "checkout.session.completed",
        "customer.subscription.created",
        "customer.subscription.updated",
        "customer.subscription.deleted",
        "invoice.paid",
        "invoice.payment_failed",
        "charge.refunded",
    ],
)
async def test_what_the_cli_triggers_arrives_at_the_product(terminal: Terminal, app: App, event: str) -> None:
    assert "Trigger succeeded" in await terminal.run("trigger", event)
    listed = await terminal.client.v1.events.list_async({"limit": 100})
    happened = [one.id for one in listed.data if one.type in HANDLERS]
    assert [one.type for one in listed.data].count(event) == 1
    await app.has_answered(set(happened))
    async with db.reading() as session:
        ledger = {row.id: row.status for row in await session.exec(select(WebhookEvent))}
    assert set(ledger) == set(happened)
    assert {status for status in ledger.values() if status not in TAKEN} == set()


async def test_the_cli_lists_customers(terminal: Terminal) -> None:
    made = await terminal.client.v1.customers.create_async({"email": "owner@example.com"})
    assert made.id in await terminal.run("customers", "list")
