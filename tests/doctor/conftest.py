"""The product beside the sandbox, wired as its start wires it, with a proxy before its webhook."""

import contextlib
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import stripe
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from sentineliq import config, db, doctor, migrations, startup
from sentineliq.config import SANDBOX_API_KEY, SANDBOX_WEBHOOK_SECRET
from sentineliq.findings import Finding
from sentineliq.mail import resend_domains
from sentineliq.sandbox.engine import Engine
from tests.deliveries import ask_webhook
from tests.sandbox import conformance
from tests.sandbox.world import API_VERSION, serving
from tests.servers import free_port

RESEND_KEY = "re_of_the_tests"


@dataclass
class Proxy:
    """What stands before the app: `fault` is what is wrong with it."""

    fault: str = ""

    async def pass_on(self, request: Request) -> Response:
        match self.fault:
            case "redirects":
                return RedirectResponse("https://elsewhere.example.com/webhooks/stripe")
            case "loses the route":
                return JSONResponse({"detail": "not found"}, status_code=404)
            case "parses the body":
                body = json.dumps(json.loads(await request.body()), separators=(",", ":"))
                return await ask_webhook(request, body=body.encode())
            case "drops headers":
                return await ask_webhook(request, without=b"stripe-signature")
            case _:
                return await ask_webhook(request)


@dataclass
class Resend:
    """The mail service's list of domains: its answer."""

    status: int = 200
    answer: dict[str, Any] = field(
        default_factory=lambda: {"data": [{"name": "example.com", "status": "verified"}]}
    )

    async def domains(self, _request: Request) -> Response:
        return JSONResponse(self.answer, status_code=self.status)


@dataclass
class Hospital:
    """Everything that a test can break."""

    environment: pytest.MonkeyPatch
    engine: Engine
    client: stripe.StripeClient
    proxy: Proxy
    resend: Resend
    port: int
    database_url: str

    def set(self, **variables: str) -> None:
        for name, value in variables.items():
            self.environment.setenv(name, value)

    async def examine(self) -> dict[str, Finding]:
        return {finding.check: finding for finding in await doctor.examine()}


@pytest.fixture
async def development(environment: pytest.MonkeyPatch, tmp_path: Path) -> AsyncIterator[Hospital]:
    """Nothing is set: the built-in sandbox stands in."""
    port = free_port()
    environment.setenv("PORT", str(port))
    config.get_settings.cache_clear()
    settings = config.get_settings()
    await migrations.upgrade(settings.database_url)
    parts = startup.wire(settings)
    sandbox = parts.sandbox
    assert sandbox is not None
    proxy, resend = Proxy(), Resend()
    routes = [
        Route("/webhooks/stripe", proxy.pass_on, methods=["POST"]),
        Route("/domains", resend.domains),
        *parts.development_routes,
    ]

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        async with sandbox.lifespan():
            yield

    base = f"http://localhost:{port}"
    environment.setenv(resend_domains.ANOTHER_BASE, base)
    client = stripe.StripeClient(
        SANDBOX_API_KEY, base_addresses={"api": f"{base}/sandbox/api"}, stripe_version=API_VERSION
    )
    conversation = conformance.Conversation()
    async with serving(conversation.listening_to(Starlette(routes=routes, lifespan=lifespan)), port):
        yield Hospital(environment, sandbox.engine, client, proxy, resend, port, settings.database_url)
        spec = conformance.load()
        assert spec is None or conversation.faults(spec, []) == []
    await db.dispose()


@pytest.fixture
async def connected(development: Hospital) -> Hospital:
    """Every setting is set, as for a real account with a test key."""
    base = f"http://localhost:{development.port}"
    development.set(
        STRIPE_API_KEY=SANDBOX_API_KEY,
        STRIPE_API_BASE=f"{base}/sandbox/api",
        STRIPE_WEBHOOK_SECRET=SANDBOX_WEBHOOK_SECRET,
        STRIPE_CUSTOMER_PORTAL_URL="https://billing.stripe.com/p/login/test_abc",
        PAYMENTS_HOBBY_SUBSCRIPTION_PLAN_ID="price_sandbox_hobby",
        PAYMENTS_PRO_SUBSCRIPTION_PLAN_ID="price_sandbox_pro",
        PAYMENTS_CREDITS_10_PLAN_ID="price_sandbox_credits10",
        WEB_CLIENT_URL=base,
        DATABASE_URL=development.database_url,
        SENDER_EMAIL="SentinelIQ <billing@example.com>",
        RESEND_API_KEY=RESEND_KEY,
    )
    config.get_settings.cache_clear()
    config.get_settings()  # the server's own: what is changed from here on it does not know
    return development
