"""The sign-in forms behind HTTP, as a browser on `http://localhost:3000` would post them."""

from collections.abc import AsyncIterator

import httpx
import pytest
from starlette.applications import Starlette

from sentineliq import config, db
from sentineliq.identity.routes import routes

ORIGIN = "http://localhost:3000"


@pytest.fixture
async def visitor(database: db.Database, settings: config.Settings) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(Starlette(routes=routes), client=("203.0.113.7", 50000))
    async with httpx.AsyncClient(transport=transport, base_url=ORIGIN, headers={"Origin": ORIGIN}) as client:
        yield client
