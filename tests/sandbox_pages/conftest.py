"""A sandbox engine on a file of its own with the hosted pages in front of it, and a shop that sells on it."""

from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Mount

from sentineliq.sandbox import pages
from sentineliq.sandbox.config import SandboxConfig
from sentineliq.sandbox.engine import Card, Document, Engine, checkout, customers, portal

ORIGIN = "http://sandbox.test"
APP = "http://app.test"
GOOD_CARD = "4242 4242 4242 4242"


class Shop:
    """What an application does through the API, done on the engine; `client` is its customer's browser."""

    def __init__(self, engine: Engine, client: httpx.AsyncClient) -> None:
        self.engine = engine
        self.client = client

    async def customer(self, email: str = "owner@example.com") -> str:
        return (await self.engine.transact(lambda books: customers.create(books, {"email": email})))["id"]

    async def session(self, price: str = "price_sandbox_pro", **params: Any) -> str:
        """An open checkout session; credits are paid once, the others subscribe."""
        asked = {
            "mode": "payment" if "credits" in price else "subscription",
            "customer": params.pop("customer", None) or await self.customer(),
            "line_items": [{"price": price, "quantity": 1}],
            "success_url": f"{APP}/checkout?success=true&session_id={{CHECKOUT_SESSION_ID}}",
            "cancel_url": f"{APP}/checkout?canceled=true",
            "allow_promotion_codes": True,
            **params,
        }
        return (await self.engine.transact(lambda books: checkout.create(books, asked)))["id"]

    async def buy(self, price: str = "price_sandbox_pro", **params: Any) -> str:
        """A paid checkout session."""
        session_id = await self.session(price, **params)
        card = Card(number=GOOD_CARD, exp_month=12, exp_year=2040, cvc="123")
        await self.engine.complete_checkout(
            session_id, card=card, email="owner@example.com", name="Ada Lovelace", country="US"
        )
        return session_id

    async def subscriber(self, price: str = "price_sandbox_pro") -> tuple[str, str]:
        """A customer with a live subscription: both ids."""
        session = await self.document("checkout.session", await self.buy(price))
        return session["customer"], session["subscription"]

    async def portal(self, customer_id: str, **params: Any) -> str:
        """A portal session."""
        asked = {"customer": customer_id, "return_url": f"{APP}/workspace/billing", **params}
        return (await self.engine.transact(lambda books: portal.create_session(books, asked)))["id"]

    async def document(self, object_type: str, document_id: str) -> Document:
        return await self.engine.retrieve(object_type, document_id)

    async def get(self, path: str) -> httpx.Response:
        return await self.client.get(f"/sandbox{path}")

    async def post(self, path: str, **fields: str) -> httpx.Response:
        return await self.client.post(f"/sandbox{path}", data=fields, headers={"origin": ORIGIN})

    async def pay(self, session_id: str, **changes: str) -> httpx.Response:
        return await self.post(f"/checkout/{session_id}", **card_form(**changes))


def card_form(**changes: str) -> dict[str, str]:
    """A checkout form as a customer fills it in."""
    return {
        "email": "owner@example.com",
        "card_number": GOOD_CARD,
        "expiry": "12 / 40",
        "cvc": "123",
        "name": "Ada Lovelace",
        "country": "US",
        **changes,
    }


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncGenerator[Shop]:
    config = SandboxConfig(
        database_path=tmp_path / "stripe.db",
        public_url=f"{ORIGIN}/sandbox",
        webhook_url=f"{APP}/webhooks/stripe",
        app_url=APP,
    )
    engine = Engine(config)
    app = Starlette(routes=[Mount("/sandbox", routes=pages.routes(engine, config))])
    await engine.open()
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=ORIGIN) as client:
        yield Shop(engine, client)
    await engine.close()
