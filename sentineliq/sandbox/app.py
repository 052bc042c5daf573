"""The sandbox as a part of an ASGI application, and as one of its own."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager

from starlette.applications import Starlette
from starlette.responses import RedirectResponse
from starlette.routing import BaseRoute, Mount, Route

from sentineliq.sandbox import api, pages
from sentineliq.sandbox.config import SandboxConfig
from sentineliq.sandbox.delivery import DeliveryWorker
from sentineliq.sandbox.engine import Engine


class Sandbox:
    """One local Stripe: `Mount("/sandbox", routes=sandbox.routes)`, its lifespan around the application's."""

    def __init__(self, config: SandboxConfig) -> None:
        self.config = config
        self.engine = Engine(config)

    @property
    def routes(self) -> list[BaseRoute]:
        """Relative to the mount: the API under `/api/v1`, hosted pages, dashboard."""
        return [
            Mount("/api", routes=api.routes(self.engine, self.config)),
            *pages.routes(self.engine, self.config),
        ]

    def lifespan(self) -> AbstractAsyncContextManager[None]:
        """Opens the database, seeds it, delivers webhooks; closes cleanly."""
        return self._run()

    @contextlib.asynccontextmanager
    async def _run(self) -> AsyncIterator[None]:
        await self.engine.open()
        worker = asyncio.create_task(DeliveryWorker(self.engine).run(), name="sandbox-deliveries")
        try:
            yield
        finally:
            worker.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await worker
            await self.engine.close()


def standalone_app(config: SandboxConfig) -> Starlette:
    """A server of its own; the API also at the root, where Stripe's tools look for it (`--api-base`)."""
    sandbox = Sandbox(config)

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        async with sandbox.lifespan():
            yield

    return Starlette(
        routes=[
            Route("/", lambda _: RedirectResponse("/sandbox/")),
            Mount("/sandbox", routes=sandbox.routes),
            *api.routes(sandbox.engine, config),
        ],
        lifespan=lifespan,
    )
