"""What probes and Prometheus are told."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette

from sentineliq import config, db, health, metrics, migrations


@pytest.fixture
async def probe(settings: config.Settings) -> AsyncIterator[httpx.AsyncClient]:
    db.configure(settings.database_url)
    transport = httpx.ASGITransport(Starlette(routes=health.routes))
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        yield client
    await db.dispose()


async def test_it_is_alive_whatever_the_database_does(probe: httpx.AsyncClient) -> None:
    db.configure("sqlite:////proc/nowhere.db")
    answer = await probe.get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


async def test_it_is_ready_with_a_current_schema(probe: httpx.AsyncClient, settings: config.Settings) -> None:
    await migrations.upgrade(settings.database_url)
    answer = await probe.get("/readyz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


async def test_an_old_schema_is_named(probe: httpx.AsyncClient) -> None:
    answer = await probe.get("/readyz")
    assert (answer.status_code, answer.json()["failing"]) == (503, "schema")


async def test_an_unreachable_database_is_named(probe: httpx.AsyncClient) -> None:
    db.configure("postgresql://nobody@127.0.0.1:1/nothing")
    answer = await probe.get("/readyz")
    assert (answer.status_code, answer.json()["failing"]) == (503, "database")


async def test_a_database_that_hangs_is_named(
    probe: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health, "PATIENCE", 0.1)
    server = await asyncio.start_server(lambda _reader, _writer: None, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    db.configure(f"postgresql://nobody@127.0.0.1:{port}/nothing")
    answer = await probe.get("/readyz")
    assert (answer.status_code, answer.json()["failing"]) == (503, "database")
    server.close()


async def test_an_unreachable_redis_is_named(
    probe: httpx.AsyncClient, settings: config.Settings, environment: pytest.MonkeyPatch
) -> None:
    await migrations.upgrade(settings.database_url)
    environment.setenv("REDIS_URL", "redis://127.0.0.1:1")
    config.get_settings.cache_clear()
    answer = await probe.get("/readyz")
    assert (answer.status_code, answer.json()["failing"]) == (503, "redis")


async def test_metrics_are_prometheus_text(probe: httpx.AsyncClient) -> None:
    answer = await probe.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain")
    assert metrics.SOCKETS._name in answer.text


async def test_metrics_of_several_workers_come_together(
    probe: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(tmp_path))
    assert (await probe.get("/metrics")).status_code == 200
