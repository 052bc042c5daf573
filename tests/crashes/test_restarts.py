"""PostgreSQL crashes under the webhook and comes back: the pool finds it again by itself."""

import asyncio
import random
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.conftest import create_schema
from tests.crashes.conftest import Burst, assert_kept, assert_whole, served
from tests.crashes.postgres import OwnPostgres, own_postgres
from tests.crashes.process import Stripe, WebhookProcess

CRASHES = 2


@pytest.fixture
async def postgres() -> AsyncIterator[OwnPostgres]:
    with own_postgres() as postgres:
        await create_schema(postgres.url)
        yield postgres


@pytest.fixture
async def webhook(burst: Burst, postgres: OwnPostgres, tmp_path: Path) -> AsyncIterator[WebhookProcess]:
    async with served(postgres.url, tmp_path) as process:
        yield process


async def test_burst_survives_crashes_of_postgres(
    webhook: WebhookProcess, postgres: OwnPostgres, burst: Burst, rng: random.Random
) -> None:
    stripe = Stripe(webhook.url)
    pid = webhook.pid
    for _ in range(CRASHES):
        events = [*stripe.unanswered(burst.events), *rng.sample(burst.events, 10)]
        due = len(stripe.answers) + rng.randrange(1, max(2, len(events) // 2))
        delivery = asyncio.create_task(stripe.deliver(events))
        while len(stripe.answers) < due:  # noqa: ASYNC110  a moment is wanted, not an event
            await asyncio.sleep(0.001)
        postgres.crash()
        await delivery
        assert 503 in stripe.answers
        postgres.start()
        await assert_kept(stripe, burst)
    await assert_whole(stripe, burst)
    assert set(stripe.answers) == {200, 503}
    assert webhook.pid == pid
    assert webhook.process is not None
    assert webhook.process.poll() is None
