"""The product's billing beside the sandbox, behind one real server: a purchase as it happens."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from sqlmodel import select
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route

from sentineliq import config, db
from sentineliq.billing import prices, processor
from sentineliq.billing.stripe import client
from sentineliq.billing.stripe.payment_processor import StripePaymentProcessor
from sentineliq.identity.models import User
from sentineliq.sandbox import Sandbox, SandboxConfig
from sentineliq.sandbox.engine import Engine
from sentineliq.workspaces.members import Member
from sentineliq.workspaces.models import Role, Workspace
from tests.deliveries import ask_webhook
from tests.factories import make_user, make_workspace
from tests.sandbox.world import PATIENCE, card, serving
from tests.servers import free_port


@dataclass
class Shop:
    """`deaf` turns every delivery away with 503, as an endpoint that is down."""

    engine: Engine
    deaf: bool = False
    taken: list[str] = field(default_factory=list)
    arrived: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def receive(self, request: Request) -> Response:
        if self.deaf:
            return Response(status_code=503)
        event_type = (await request.json())["type"]
        response = await ask_webhook(request)
        async with self.arrived:
            self.taken.append(event_type)
            self.arrived.notify_all()
        return response

    async def landed(self, event_type: str, count: int = 1) -> None:
        """Until that many events of the type have been answered."""
        async with self.arrived:
            there = self.arrived.wait_for(lambda: self.taken.count(event_type) >= count)
            await asyncio.wait_for(there, PATIENCE)

    async def pay(self, session_id: str, number: str = "4242 4242 4242 4242") -> None:
        await self.engine.complete_checkout(
            session_id, card=card(number), email="owner@example.com", name="Jenny Rosen", country="US"
        )


async def member_of(
    workspace: Workspace, *, role: Role = Role.OWNER, email: str = "owner@example.com", verified: bool = False
) -> Member:
    async with db.reading() as session:
        user = (await session.exec(select(User).where(User.email == email))).one()
    return Member(
        user_id=user.id,
        email=email,
        email_verified=verified,
        workspace_id=workspace.id,
        workspace_name=workspace.name,
        role=role,
    )


async def new_owner(*, email: str = "owner@example.com", verified: bool = False) -> Member:
    """A person with a first workspace."""
    workspace = await make_workspace(owner=await make_user(email=email, verified=verified))
    return await member_of(workspace, email=email, verified=verified)


async def record_of(member: Member) -> Workspace:
    async with db.reading() as session:
        return await session.get_one(Workspace, member.workspace_id)


@contextlib.asynccontextmanager
async def opened(environment: pytest.MonkeyPatch, folder: Path) -> AsyncIterator[Shop]:
    """Settings of development without a Stripe key: the sandbox stands in."""
    port = free_port()
    environment.setenv("PORT", str(port))
    for cached in (config.get_settings, client.stripe_client):
        cached.cache_clear()
    prices.forget()
    processor.use(StripePaymentProcessor())
    base = f"http://localhost:{port}"
    sandbox = Sandbox(
        SandboxConfig(
            database_path=folder / "sandbox.db",
            public_url=f"{base}/sandbox",
            webhook_url=f"{base}/webhooks/stripe",
            app_url=base,
        )
    )
    shop = Shop(sandbox.engine)

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        async with sandbox.lifespan():
            yield

    routes = [
        Mount("/sandbox", routes=sandbox.routes),
        Route("/webhooks/stripe", shop.receive, methods=["POST"]),
    ]
    async with serving(Starlette(routes=routes, lifespan=lifespan), port):
        yield shop
    client.stripe_client.cache_clear()
