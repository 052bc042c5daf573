"""The sandbox on its own, as Stripe's tools and other programs use it."""

from pathlib import Path

import httpx
import stripe

from sentineliq.sandbox import SandboxConfig, standalone_app
from tests.sandbox.world import API_VERSION, serving
from tests.servers import free_port


async def test_on_its_own_it_answers_at_the_root_and_under_its_name(tmp_path: Path) -> None:
    port = free_port()
    base = f"http://127.0.0.1:{port}"
    config = SandboxConfig(tmp_path / "sandbox.db", public_url=f"{base}/sandbox", webhook_url=None)
    async with serving(standalone_app(config), port):
        for api in (base, f"{base}/sandbox/api"):
            client = stripe.StripeClient(
                config.api_key, base_addresses={"api": api}, stripe_version=API_VERSION
            )
            assert (await client.v1.prices.retrieve_async("price_sandbox_pro")).unit_amount == 1999
            assert (await client.v1.webhook_endpoints.list_async()).data == []
        async with httpx.AsyncClient() as http:
            assert (await http.get(base)).headers["location"] == "/sandbox/"
