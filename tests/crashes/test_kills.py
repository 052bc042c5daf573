"""The process is killed in the middle of a burst: nothing acknowledged is lost, and nothing happens twice."""

import asyncio
import random

from tests.crashes.conftest import Burst, assert_kept, assert_whole, quiet
from tests.crashes.process import Stripe, WebhookProcess

KILLS = 3


async def deliver_until_killed(
    webhook: WebhookProcess, stripe: Stripe, events: list[dict], rng: random.Random
) -> None:
    """The kill comes after a random number of answers and then at a random moment of the next ones."""
    due = len(stripe.answers) + rng.randrange(1, max(2, len(events) // 2))
    killed = asyncio.Event()

    async def kill() -> None:
        while len(stripe.answers) < due:  # noqa: ASYNC110  a moment is wanted, not an event
            await asyncio.sleep(0.001)
        await asyncio.sleep(rng.uniform(0, 0.02))
        killed.set()
        webhook.kill()

    await asyncio.gather(stripe.deliver(events, until=killed), kill())


async def test_burst_survives_kills_of_the_process(
    webhook: WebhookProcess, burst: Burst, rng: random.Random
) -> None:
    stripe = Stripe(webhook.url)
    for _ in range(KILLS):
        events = stripe.unanswered(burst.events)
        events += rng.sample(burst.events, 10)  # Stripe sends some twice, acknowledged or not
        rng.shuffle(events)
        await deliver_until_killed(webhook, stripe, events, rng)
        await assert_kept(stripe, burst)
        await quiet(webhook.database_url)
        await assert_kept(stripe, burst)
        await webhook.start()
    await assert_whole(stripe, burst)
    await assert_whole(stripe, burst, burst.events)
    assert set(stripe.answers) == {0, 200}
