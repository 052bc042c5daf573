"""Deliveries at once: each event once, no update lost, no customer in two workspaces, no deadlock."""

import asyncio
import copy
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial

import asyncpg
from sqlmodel import select

from sentineliq import db
from sentineliq.billing.models import CreditEntry, CustomerLink, WebhookEvent
from sentineliq.billing.stripe.handlers import HANDLERS
from sentineliq.workspaces.members import Member
from sentineliq.workspaces.models import Workspace
from tests.history.comparison import differences, held_by
from tests.history.life import Spends
from tests.history.truth import truth_of
from tests.races.conftest import CONNECTIONS, MANY, Till, new_owner, waiting_for_locks


async def divergences(till: Till, owner: Member) -> list[str]:
    held, truth = await held_by(owner.workspace_id), await truth_of(till.engine)
    return differences(held, truth, spends=Spends(), acknowledged=truth.handled())


async def test_one_event_on_many_connections_happens_once(till: Till, owner: Member) -> None:
    customer = await till.customer(owner.workspace_id)
    await till.buy(customer, owner.workspace_id, "credits10")
    [event] = await till.events("checkout.session.completed")
    await till.deliver_at_once([event] * MANY)
    async with db.reading() as session:
        assert len((await session.exec(select(CreditEntry))).all()) == 1
        assert len((await session.exec(select(WebhookEvent))).all()) == 1
        assert (await session.get_one(Workspace, owner.workspace_id)).credits == 10


async def test_many_events_of_one_workspace_wait_for_each_other(till: Till, owner: Member) -> None:
    """On PostgreSQL a lock held from outside gathers them, so that they are there at one time."""
    customer = await till.customer(owner.workspace_id)
    for _ in range(CONNECTIONS + 2):
        await till.buy(customer, owner.workspace_id, "credits10")
    first, *events = await till.events("checkout.session.completed")
    await till.deliver_at_once([first])
    async with held_up(owner.workspace_id) as gathered:
        deliveries = asyncio.gather(*(till.post(event) for event in events))
        await gathered()
        assert not deliveries.done()
    assert set(await deliveries) == {200}
    await till.deliver_at_once(await till.events(*HANDLERS))
    assert await divergences(till, owner) == []


@asynccontextmanager
async def held_up(workspace_id: str) -> AsyncIterator[Callable[[], Awaitable[None]]]:
    """Hold the workspace's row; what is yielded returns once everybody waits for it.

    It is held before the first delivery sets out: one that got through first would be missing later. SQLite
    has one writer, so there is nobody to gather.
    """
    database = db.database()
    if database.is_sqlite:
        yield partial(asyncio.sleep, 0)
        return
    url = database.url.render_as_string(hide_password=False)
    connection = await asyncpg.connect(url)
    try:
        async with connection.transaction():
            await connection.execute("SELECT 1 FROM workspaces WHERE id = $1 FOR UPDATE", workspace_id)
            yield partial(waiting_for_locks, url, CONNECTIONS)
    finally:
        await connection.close()


async def test_first_events_of_a_customer_at_once_find_its_workspace(till: Till, owner: Member) -> None:
    customer = await till.customer(owner.workspace_id)
    await till.buy(customer, owner.workspace_id, "hobby")
    await till.buy(customer, owner.workspace_id, "credits10")
    named = ("checkout.session.completed", "customer.subscription.created", "customer.updated")
    await till.deliver_at_once(await till.events(*named) * 4)
    await till.deliver_at_once(await till.events(*HANDLERS) * 2)
    assert await divergences(till, owner) == []


async def test_a_whole_life_at_once_ends_as_at_stripe(till: Till, owner: Member) -> None:
    customer = await till.customer(owner.workspace_id)
    await till.buy(customer, owner.workspace_id, "hobby")
    [created] = await till.events("customer.subscription.created")
    subscription = created["data"]["object"]["id"]
    await till.deliver_at_once(await till.events("checkout.session.completed"))
    await till.engine.change_plan(subscription, "price_sandbox_pro")
    await till.engine.cancel_at_period_end(subscription)
    await till.engine.resume(subscription)
    await till.engine.fail_next_payment(customer)
    await till.engine.renew(subscription)
    await till.deliver_at_once(await till.events(*HANDLERS) * 3)
    assert await divergences(till, owner) == []


async def test_two_workspaces_that_are_named_for_one_customer_never_share_it(
    till: Till, owner: Member
) -> None:
    other = await new_owner("other@example.com")
    customer = await till.customer(owner.workspace_id)
    await till.buy(customer, owner.workspace_id, "credits10")
    [event] = await till.events("checkout.session.completed")
    twin = copy.deepcopy(event) | {"id": "evt_ofanother"}
    twin["data"]["object"]["metadata"]["workspace_id"] = other.workspace_id
    await till.deliver_at_once([event, twin] * (MANY // 4))
    async with db.reading() as session:
        links = (await session.exec(select(CustomerLink))).all()
        entries = (await session.exec(select(CreditEntry))).all()
        holders = (
            await session.exec(select(Workspace.id).where(Workspace.stripe_customer_id == customer))
        ).all()
    assert len(links) == len(entries) == len(holders) == 1
    assert {links[0].workspace_id, entries[0].workspace_id} == set(holders)
