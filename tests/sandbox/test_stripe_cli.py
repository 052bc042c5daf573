"""Stripe's own command line tool against the sandbox on its own (https://docs.stripe.com/stripe-cli)."""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import stripe

from sentineliq.sandbox import SandboxConfig, standalone_app
from tests.sandbox.world import API_VERSION, PATIENCE, free_port, serving

CLI = os.environ.get("STRIPE_CLI") or shutil.which("stripe")

pytestmark = pytest.mark.skipif(
    CLI is None,
    reason="Stripe's CLI is not installed: `npm install -g @stripe/cli`, or STRIPE_CLI names its program",
)


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


@pytest.fixture
async def terminal(tmp_path: Path) -> AsyncIterator[Terminal]:
    port = free_port()
    base = f"http://127.0.0.1:{port}"
    app = standalone_app(SandboxConfig(tmp_path / "sandbox.db", f"{base}/sandbox", webhook_url=None))
    async with serving(app, port):
        yield Terminal(base, tmp_path)


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
async def test_the_cli_triggers(terminal: Terminal, event: str) -> None:
    assert "Trigger succeeded" in await terminal.run("trigger", event)
    happened = await terminal.client.v1.events.list_async({"type": event})
    assert [one.type for one in happened.data] == [event]


async def test_the_cli_lists_customers(terminal: Terminal) -> None:
    made = await terminal.client.v1.customers.create_async({"email": "owner@example.com"})
    assert made.id in await terminal.run("customers", "list")
