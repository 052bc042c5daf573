"""A workspace, its Stripe and its webhook in one process, for many connections at once."""

import asyncio
import json
import random
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest
from stripe import WebhookSignature

from sentineliq import config, db
from sentineliq.sandbox.engine import Card, Engine
from sentineliq.workspaces.members import Member
from sentineliq.workspaces.models import Role
from tests.factories import make_user, make_workspace
from tests.history.courier import webhook_client
from tests.history.stripe_side import ENVIRONMENT, SECRET, Line, events_after, product_on, stripe_of

MANY = 32
"""Deliveries or calls at once; the pool has fewer connections, so that some wait."""
CONNECTIONS = 16
"""How many of them must really have been in the database at one time."""
PATIENCE = 60.0
UNDECIDED = db.Patience(connecting=PATIENCE, pool=PATIENCE, lock=PATIENCE, statement=PATIENCE)
"""No race is decided by a time limit, however slow the machine."""


@dataclass
class Till:
    """What a race is run on."""

    engine: Engine
    http: httpx.AsyncClient

    async def post(self, event: dict[str, Any]) -> int:
        body = json.dumps(event)
        header = WebhookSignature.generate_signature_header(body, SECRET)
        headers = {"Stripe-Signature": header}
        return (await self.http.post("/webhooks/stripe", content=body.encode(), headers=headers)).status_code

    async def deliver_at_once(self, events: list[dict[str, Any]]) -> None:
        """All at once; what is answered 503 is sent again, as Stripe does, and nothing else may happen."""
        for _ in range(5):
            answers = await asyncio.gather(*(self.post(event) for event in events))
            assert set(answers) <= {200, 503}, answers
            events = [event for event, status in zip(events, answers, strict=True) if status == 503]
            if not events:
                return
        raise AssertionError(f"{len(events)} events were never taken")

    async def events(self, *types: str) -> list[dict[str, Any]]:
        """All that Stripe has said so far, of these types or of any."""
        _, found = await events_after(self.engine, 0)
        return [event for event in found if not types or event["type"] in types]

    async def pay(self, session_id: str) -> None:
        await self.engine.complete_checkout(
            session_id,
            card=Card("4242 4242 4242 4242", 12, 2040, "123"),
            email="owner@example.com",
            name="Jenny Rosen",
            country="US",
        )

    async def customer(self, workspace_id: str) -> str:
        made = await self.engine.create_customer(
            email="owner@example.com", metadata={"workspace_id": workspace_id}
        )
        return made["id"]

    async def buy(self, customer: str, workspace_id: str, plan: str) -> None:
        """A purchase that the product has not written down."""
        metadata = {"workspace_id": workspace_id, "plan_id": plan}
        mode = "payment" if plan == "credits10" else "subscription"
        given: dict[str, Any] = {} if mode == "payment" else {"subscription_data": {"metadata": metadata}}
        session = await self.engine.create_checkout(
            mode=mode,
            customer=customer,
            line_items=[{"price": f"price_sandbox_{plan}", "quantity": 1}],
            success_url="http://localhost:3000/checkout",
            metadata=metadata,
            **given,
        )
        await self.pay(session["id"])


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[db.Database]:
    db.configure(database_url, patience=UNDECIDED)
    yield db.database()
    await db.dispose()


@pytest.fixture
def line(environment: pytest.MonkeyPatch) -> Iterator[Line]:
    for name, value in ENVIRONMENT.items():
        environment.setenv(name, value)
    config.get_settings.cache_clear()
    line = Line()
    with product_on(line):
        yield line


@pytest.fixture
async def till(database: db.Database, line: Line, tmp_path: Path) -> AsyncIterator[Till]:
    async with stripe_of(tmp_path, line, random.Random(1)) as engine, webhook_client() as http:
        yield Till(engine, http)


@pytest.fixture
async def owner(database: db.Database) -> Member:
    return await new_owner()


async def new_owner(email: str = "owner@example.com") -> Member:
    """A person with a workspace of their own."""
    user = await make_user(email=email, verified=True)
    workspace = await make_workspace(owner=user)
    return Member(
        user_id=user.id,
        email=email,
        email_verified=True,
        workspace_id=workspace.id,
        workspace_name=workspace.name,
        role=Role.OWNER,
    )


async def waiting_for_locks(url: str, count: int) -> None:
    """Until so many connections of this PostgreSQL database wait for a lock."""
    connection = await asyncpg.connect(url)
    try:
        async with asyncio.timeout(PATIENCE):
            while await _waiters(connection) < count:  # noqa: ASYNC110  another process knows it
                await asyncio.sleep(0.02)
    finally:
        await connection.close()


async def _waiters(connection: asyncpg.Connection) -> int:
    return await connection.fetchval(
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
