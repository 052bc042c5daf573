"""A Stripe for one simulated life: the sandbox's engine in memory's reach, its API behind the real SDK.

The engine writes its events into its own store and nobody delivers them but the simulator. Ids come from
the life's own random numbers, so that a seed says everything.
"""

from __future__ import annotations

import contextlib
import random
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator, MutableMapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any, TypeVar
from unittest.mock import patch

import httpx
from starlette.applications import Starlette
from stripe import HTTPXClient

from sentineliq.billing import prices, processor
from sentineliq.billing.stripe import client
from sentineliq.billing.stripe.payment_processor import StripePaymentProcessor
from sentineliq.sandbox import SandboxConfig, api
from sentineliq.sandbox.engine import Engine, documents
from sentineliq.sandbox.engine.books import Books
from sentineliq.sandbox.store import Store

T = TypeVar("T")

SECRET = "whsec_of_the_simulator"
BASE = "http://stripe.test"
ENVIRONMENT = {
    "STRIPE_API_KEY": "sk_test_sandbox",
    "STRIPE_API_BASE": BASE,
    "STRIPE_WEBHOOK_SECRET": SECRET,
    "PAYMENTS_HOBBY_SUBSCRIPTION_PLAN_ID": "price_sandbox_hobby",
    "PAYMENTS_PRO_SUBSCRIPTION_PLAN_ID": "price_sandbox_pro",
    "PAYMENTS_CREDITS_10_PLAN_ID": "price_sandbox_credits10",
    "ADMIN_EMAILS": "staff@example.com",
}
PAGE = 1000


class Line:
    """The wire between the product's SDK and the Stripe of the moment; it can be cut."""

    def __init__(self) -> None:
        self.app: Any = None
        self.is_cut = False
        self.calls = 0

    async def __call__(self, scope: MutableMapping[str, Any], receive: Any, send: Any) -> None:
        self.calls += 1
        if self.is_cut:
            raise httpx.ConnectError("the line to Stripe is cut")
        await self.app(scope, receive, send)


class InlineStore(Store):
    """The sandbox's store without its thread, whose hand-over would be most of a life's time."""

    async def open(self) -> None:
        self._open()

    async def close(self) -> None:
        self._close()

    async def run(self, work: Callable[[sqlite3.Connection], T]) -> T:
        return self._transact(work)


def _sdk_over(line: Line) -> type[HTTPXClient]:
    class InProcessClient(HTTPXClient):
        """The SDK's own client, over the line instead of a socket; its retries do not wait."""

        def __init__(self, **options: Any) -> None:
            super().__init__(verify_ssl_certs=False, **options)
            self._client_async = httpx.AsyncClient(transport=httpx.ASGITransport(line))

        async def sleep_async(self, secs: float) -> None:  # pyright: ignore[reportIncompatibleMethodOverride]
            return None

    return InProcessClient


@contextlib.contextmanager
def product_on(line: Line) -> Iterator[None]:
    """The product pays through the SDK over this line while the block runs."""
    with patch.object(client, "HTTPXClient", _sdk_over(line)):
        client.stripe_client.cache_clear()
        prices.forget()
        processor.use(StripePaymentProcessor())
        try:
            client.stripe_client()
            yield
        finally:
            client.stripe_client.cache_clear()


@contextlib.asynccontextmanager
async def stripe_of(folder: Path, line: Line, rng: random.Random) -> AsyncIterator[Engine]:
    """A fresh Stripe on the line."""
    path = folder / "stripe.db"
    for old in folder.glob("stripe.db*"):
        old.unlink()
    config = SandboxConfig(database_path=path, public_url=f"{BASE}/sandbox", webhook_url=None, app_url=BASE)
    engine = Engine(config)
    engine.store = InlineStore(path)
    line.app, line.is_cut = Starlette(routes=api.routes(engine, config)), False
    with patch.object(documents, "secrets", SimpleNamespace(choice=rng.choice)):
        await engine.open()
        try:
            yield engine
        finally:
            await engine.close()


async def events_after(engine: Engine, place: int) -> tuple[int, list[dict[str, Any]]]:
    """The events written since that place, in order, and the place behind them."""

    def read(books: Books) -> tuple[int, list[dict[str, Any]]]:
        rows = books.connection.execute(
            "SELECT seq, body FROM documents WHERE object = 'event' AND seq > ? ORDER BY seq", (place,)
        ).fetchall()
        found = [documents.json.loads(row["body"]) for row in rows]
        return (rows[-1]["seq"] if rows else place), found

    return await engine.transact(read)


async def forget_events(engine: Engine, place: int, types: list[str]) -> None:
    """Those of these types after that place were never told, and are no longer listed."""

    def forget(books: Books) -> None:
        for row in books.connection.execute(
            "SELECT seq, body FROM documents WHERE object = 'event' AND seq > ?", (place,)
        ).fetchall():
            if documents.json.loads(row["body"])["type"] in types:
                books.connection.execute("DELETE FROM documents WHERE seq = ?", (row["seq"],))

    await engine.transact(forget)


async def everything(engine: Engine, object_type: str) -> list[dict[str, Any]]:
    """All documents of a type, oldest first, as the API would answer them."""
    return list(reversed(await engine.list_documents(object_type, limit=PAGE)))
