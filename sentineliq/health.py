"""Is it alive, is it ready, what has it counted: for probes and for Prometheus."""

import asyncio
import hmac
import os
from collections.abc import Awaitable, Callable

import structlog
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest, multiprocess
from redis.asyncio import Redis
from sqlalchemy import text
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from . import db, gauges, migrations
from .config import get_settings

PATIENCE = 3.0
"""Seconds that a part may take to answer before it counts as failing."""

_log = structlog.get_logger(__name__)


async def healthz(_request: Request) -> Response:
    return JSONResponse({"status": "ok"})


async def readyz(_request: Request) -> Response:
    """200 when every part answers, else 503 with the failing part's name."""
    for name, check in _PARTS.items():
        if not await _holds(name, check):
            return JSONResponse({"status": "unavailable", "failing": name}, status_code=503)
    return JSONResponse({"status": "ok"})


async def metrics(request: Request) -> Response:
    """For METRICS_TOKEN's bearer, where one is set. What cannot be asked of the database is left out."""
    if not _may_scrape(request):
        return JSONResponse({"error": "Not found."}, status_code=404)
    text = await asyncio.to_thread(_collected)
    try:
        async with asyncio.timeout(PATIENCE):
            text += await gauges.as_text()
    except Exception as error:
        _log.warning("gauges_unavailable", error=type(error).__name__)
    return Response(text, headers={"Content-Type": CONTENT_TYPE_LATEST})


def _may_scrape(request: Request) -> bool:
    token = get_settings().metrics_token
    if token is None:
        return True
    given = request.headers.get("authorization", "").encode()
    return hmac.compare_digest(given, f"Bearer {token.get_secret_value()}".encode())


def _collected() -> bytes:
    """Every worker's numbers where several share a folder, else this process's."""
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        return generate_latest(REGISTRY)
    registry = CollectorRegistry()
    multiprocess.MultiProcessCollector(registry)
    return generate_latest(registry)


async def _holds(name: str, check: Callable[[], Awaitable[bool]]) -> bool:
    try:
        async with asyncio.timeout(PATIENCE):
            return await check()
    except Exception as error:
        _log.warning("not_ready", part=name, error=type(error).__name__)
        return False


async def _database() -> bool:
    async with db.database().reader.connect() as connection:
        await connection.execute(text("SELECT 1"))
    return True


async def _schema() -> bool:
    async with db.database().reader.connect() as connection:
        return await migrations.is_current(connection)


async def _redis() -> bool:
    url = get_settings().redis_url
    if not url:
        return True
    async with Redis.from_url(url) as redis:
        await redis.execute_command("PING")
    return True


_PARTS = {"database": _database, "schema": _schema, "redis": _redis}

routes: list[BaseRoute] = [
    Route("/healthz", healthz),
    Route("/readyz", readyz),
    Route("/metrics", metrics),
]
