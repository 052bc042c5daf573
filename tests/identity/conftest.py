"""The sign-in forms behind HTTP, as a browser on `http://localhost:3000` would post them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
from starlette.applications import Starlette

from sentineliq import config, db
from sentineliq.identity.routes import routes

ORIGIN = "http://localhost:3000"


@asynccontextmanager
async def _client(**headers: str) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(Starlette(routes=routes), client=("203.0.113.7", 50000))
    async with httpx.AsyncClient(transport=transport, base_url=ORIGIN, headers=headers) as client:
        yield client


@pytest.fixture
async def visitor(database: db.Database, settings: config.Settings) -> AsyncIterator[httpx.AsyncClient]:
    async with _client(Origin=ORIGIN) as client:
        yield client


@pytest.fixture
async def stranger(settings: config.Settings) -> AsyncIterator[httpx.AsyncClient]:
    """Someone who must be turned away before the database is asked: there is none."""
    async with _client() as client:
        yield client
