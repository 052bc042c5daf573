"""The burst, what it leaves when nobody disturbs it, and the settings of the processes that take it."""

import asyncio
import os
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import httpx
import pytest

from sentineliq import config, db
from sentineliq.billing import prices
from tests.crashes import burst as bursts
from tests.crashes.process import PATIENCE, Stripe, WebhookProcess, running, signed
from tests.history.courier import webhook_client
from tests.history.stripe_side import ENVIRONMENT


@dataclass(frozen=True)
class Burst:
    """`whole` is what an undisturbed run of the events leaves behind."""

    events: list[bursts.Event]
    whole: bursts.Facts


@pytest.fixture
def rng() -> random.Random:
    """`CRASH_SEED` repeats a run; what is printed is shown when a test fails."""
    seed = int(os.environ.get("CRASH_SEED", random.SystemRandom().randrange(2**32)))
    print(f"CRASH_SEED={seed}")
    return random.Random(seed)


@pytest.fixture
def product(environment: pytest.MonkeyPatch) -> None:
    """The settings of the product's process, for the undisturbed run in this one."""
    for name, value in ENVIRONMENT.items():
        environment.setenv(name, value)
    config.get_settings.cache_clear()
    prices.forget()


@pytest.fixture
async def burst(rng: random.Random, product: None, sqlite_template: Path, tmp_path: Path) -> Burst:
    """The undisturbed run is on SQLite, one event after the other, whatever the test's own database is."""
    events = bursts.burst(rng)
    path = tmp_path / "undisturbed.db"
    path.write_bytes(sqlite_template.read_bytes())
    db.configure(f"sqlite:///{path}")
    await bursts.open_workspaces()
    async with webhook_client() as http:
        for event in events:
            await _taken(http, event)
    whole = await bursts.facts()
    await db.dispose()
    assert bursts.unbalanced(whole) == []
    assert set(bursts.by_event(whole, events)) == {event["id"] for event in events}
    return Burst(events, whole)


async def _taken(http: httpx.AsyncClient, event: bursts.Event) -> None:
    body, headers = signed(event)
    answer = await http.post("/webhooks/stripe", content=body, headers=headers)
    assert answer.status_code == 200, answer.text


@pytest.fixture
async def webhook(burst: Burst, database_url: str, tmp_path: Path) -> AsyncIterator[WebhookProcess]:
    """The webhook's process on a database of either kind that holds the burst's workspaces."""
    async with served(database_url, tmp_path) as process:
        yield process


@asynccontextmanager
async def served(database_url: str, folder: Path) -> AsyncIterator[WebhookProcess]:
    """`db` looks at the database from here, while the process works on it."""
    db.configure(database_url)
    await bursts.open_workspaces()
    async with running(database_url, folder) as process:
        yield process
    await db.dispose()


async def quiet(database_url: str) -> None:
    """Until PostgreSQL has noticed that the killed process is gone; SQLite has no server that could."""
    if database_url.startswith("sqlite"):
        return
    await db.dispose()
    connection = await asyncpg.connect(database_url)
    others = (
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
    )
    try:
        async with asyncio.timeout(PATIENCE):
            while await connection.fetchval(others):  # noqa: ASYNC110  another process knows it
                await asyncio.sleep(0.01)
    finally:
        await connection.close()


async def assert_kept(stripe: Stripe, burst: Burst) -> None:
    """What was acknowledged is there with all its effects, and of nothing there is a half."""
    held = await bursts.facts()
    assert bursts.half_done(held, burst.whole, burst.events) == []
    assert bursts.unbalanced(held) == []
    stored = {fact[1] for fact in held if fact[0] == "event"}
    assert stripe.acknowledged - stored == set()


async def assert_whole(stripe: Stripe, burst: Burst, events: list[bursts.Event] | None = None) -> None:
    """Stripe sends again what it has no 2xx for; then all is as if nothing had happened."""
    await stripe.deliver(stripe.unanswered(burst.events) if events is None else events)
    assert stripe.unanswered(burst.events) == []
    held = await bursts.facts()
    assert held - burst.whole == burst.whole - held == bursts.Facts()
