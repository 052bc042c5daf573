"""A sandbox behind a real server, the official SDK as its client, and an app that takes its webhooks."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import stripe
from granian.constants import Interfaces
from granian.server.embed import Server
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route

from sentineliq.sandbox import Sandbox, SandboxConfig
from sentineliq.sandbox.engine import Card, Engine
from tests.sandbox.conformance import Conversation
from tests.servers import free_port

API_VERSION = "2025-04-30.basil"
VISA = "4242 4242 4242 4242"
DECLINED = "4000 0000 0000 0002"
FAILS_LATER = "4000 0000 0000 0341"
REFUND_FAILS = "4000 0000 0000 5126"
AUTHENTICATES = "4000 0025 0000 3155"
ALWAYS_ASKS = "4000 0027 6000 3184"
INSUFFICIENT = "4000 0000 0000 9995"
PATIENCE = 20.0


def card(number: str = VISA, *, exp_month: int = 12, exp_year: int = 2040, cvc: str = "123") -> Card:
    return Card(number, exp_month, exp_year, cvc)


@dataclass
class Inbox:
    """What arrived at the app's webhook, in order of arrival; `answers` are used up before 200."""

    secret: str
    events: list[dict[str, Any]] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)
    refused: list[dict[str, Any]] = field(default_factory=list)
    arrived: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def receive(self, request: Request) -> Response:
        body = (await request.body()).decode()
        stripe.WebhookSignature.verify_header(body, request.headers["stripe-signature"], self.secret, 300)
        async with self.arrived:
            status = self.answers.pop(0) if self.answers else 200
            (self.events if status == 200 else self.refused).append(json.loads(body))
            self.arrived.notify_all()
        return JSONResponse({"received": status == 200}, status_code=status)

    async def wait_for(self, *types: str, count: int = 1) -> list[dict[str, Any]]:
        """Until each of the types has come `count` times; everything that has come by then."""
        async with self.arrived:
            await asyncio.wait_for(
                self.arrived.wait_for(lambda: all(self.types().count(one) >= count for one in types)),
                PATIENCE,
            )
        return self.events

    def types(self) -> list[str]:
        return [event["type"] for event in self.events]

    def last(self, event_type: str) -> dict[str, Any]:
        return next(event for event in reversed(self.events) if event["type"] == event_type)

    def clear(self) -> None:
        self.events.clear()


@dataclass
class World:
    """Everything that a test of the sandbox touches."""

    base: str
    engine: Engine
    client: stripe.StripeClient
    inbox: Inbox
    elsewhere: Inbox
    """A second endpoint at `/webhooks/elsewhere`, once somebody registers it and sets its secret."""
    conversation: Conversation

    @property
    def v1(self) -> Any:
        return self.client.v1

    def raw(self) -> httpx.AsyncClient:
        """Says to the API exactly what it is told to."""
        headers = {
            "authorization": "Bearer sk_test_sandbox",
            "content-type": "application/x-www-form-urlencoded",
            "stripe-version": API_VERSION,
        }
        return httpx.AsyncClient(base_url=f"{self.base}/sandbox/api/v1", headers=headers)

    async def customer(self, **params: Any) -> Any:
        given = {"email": "owner@example.com", "metadata": {"workspace_id": "ws_1"}, **params}
        return await self.v1.customers.create_async(given)

    async def session(self, customer: str, price: str = "price_sandbox_hobby", **params: Any) -> Any:
        mode = "payment" if "credits" in price else "subscription"
        return await self.v1.checkout.sessions.create_async(
            {
                "mode": mode,
                "customer": customer,
                "line_items": [{"price": price, "quantity": 1}],
                "success_url": "http://localhost:3000/checkout?success=true&session_id={CHECKOUT_SESSION_ID}",
                "cancel_url": "http://localhost:3000/checkout?canceled=true",
                "automatic_tax": {"enabled": True},
                "allow_promotion_codes": True,
                "customer_update": {"address": "auto", "name": "auto"},
                "client_reference_id": "ws_1",
                "metadata": {"workspace_id": "ws_1"},
                **params,
            }
        )

    async def complete(self, session_id: str, number: str = VISA, **buyer: Any) -> str:
        given = {"email": "owner@example.com", "name": "Jenny Rosen", "country": "US", **buyer}
        return await self.engine.complete_checkout(session_id, card=card(number), **given)

    async def subscribe(
        self, price: str = "price_sandbox_hobby", *, number: str = VISA, **params: Any
    ) -> tuple[Any, Any]:
        """A customer with a paid subscription, through the checkout: both as the API shows them."""
        customer = await self.customer()
        session = await self.session(customer.id, price, **params)
        await self.complete(session.id, number)
        paid = await self.v1.checkout.sessions.retrieve_async(session.id, {"expand": ["subscription"]})
        await self.inbox.wait_for("checkout.session.completed", "payment_intent.created")
        return customer, paid.subscription


@contextlib.asynccontextmanager
async def serving(app: Callable[..., Any], port: int) -> AsyncIterator[None]:
    """A real HTTP server in this event loop."""
    server = Server(app, address="127.0.0.1", port=port, interface=Interfaces.ASGI, log_enabled=False)
    task = asyncio.create_task(server.serve())
    try:
        await _listening(port, task)
        yield
    finally:
        server.stop()
        await asyncio.wait_for(task, PATIENCE)


async def _listening(port: int, task: asyncio.Task[None]) -> None:
    while True:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            if task.done():
                raise
            await asyncio.sleep(0.01)
        else:
            writer.close()
            return


@contextlib.asynccontextmanager
async def world(folder: Path, *, answers: Iterable[int] = ()) -> AsyncIterator[World]:
    """The sandbox embedded as the product embeds it, on a port of its own."""
    port = free_port()
    base = f"http://127.0.0.1:{port}"
    config = SandboxConfig(
        database_path=folder / "sandbox.db",
        public_url=f"{base}/sandbox",
        webhook_url=f"{base}/webhooks/stripe",
        app_url=base,
    )
    sandbox = Sandbox(config)
    inbox = Inbox(config.webhook_secret, answers=list(answers))
    elsewhere = Inbox("")
    conversation = Conversation()

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        async with sandbox.lifespan():
            yield

    app = Starlette(
        routes=[
            Mount("/sandbox", routes=sandbox.routes),
            Route("/webhooks/stripe", inbox.receive, methods=["POST"]),
            Route("/webhooks/elsewhere", elsewhere.receive, methods=["POST"]),
        ],
        lifespan=lifespan,
    )
    async with serving(conversation.listening_to(app), port):
        client = stripe.StripeClient(
            config.api_key, base_addresses={"api": f"{base}/sandbox/api"}, stripe_version=API_VERSION
        )
        yield World(base, sandbox.engine, client, inbox, elsewhere, conversation)
