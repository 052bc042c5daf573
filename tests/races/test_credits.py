"""Spending at once: never below zero, once by key, and the balance is the sum."""

import asyncio
from collections import Counter

from sqlmodel import select

from sentineliq import db
from sentineliq.billing.credits import NotEnoughCredits, SpendKeyUsed, refund_spend, spend_credits
from sentineliq.billing.models import CreditEntry
from sentineliq.workspaces.members import Member
from sentineliq.workspaces.models import Workspace
from tests.races.conftest import MANY, Till


async def bought(till: Till, owner: Member) -> str:
    """Ten credits; the charge that paid for them."""
    customer = await till.customer(owner.workspace_id)
    await till.buy(customer, owner.workspace_id, "credits10")
    await till.deliver_at_once(await till.events("checkout.session.completed"))
    [charged] = await till.events("charge.succeeded")
    return charged["data"]["object"]["id"]


async def spend(owner: Member, key: str, amount: int = 1) -> bool:
    """Whether it was accepted."""
    try:
        await spend_credits(workspace_id=owner.workspace_id, amount=amount, key=key)
    except (NotEnoughCredits, SpendKeyUsed):
        return False
    return True


async def balance_and_sum(owner: Member) -> tuple[int, int]:
    async with db.reading() as session:
        workspace = await session.get_one(Workspace, owner.workspace_id)
        return workspace.credits, sum((await session.exec(select(CreditEntry.amount))).all())


async def test_racing_spends_take_what_there_is_and_no_more(till: Till, owner: Member) -> None:
    await bought(till, owner)
    accepted = await asyncio.gather(*(spend(owner, f"job{number}") for number in range(MANY)))
    assert Counter(accepted) == {True: 10, False: MANY - 10}
    assert await balance_and_sum(owner) == (0, 0)


async def test_one_spend_asked_many_times_at_once_is_taken_once(till: Till, owner: Member) -> None:
    await bought(till, owner)
    accepted = await asyncio.gather(*(spend(owner, "job", amount=7) for _ in range(MANY)))
    assert set(accepted) == {True}
    assert await balance_and_sum(owner) == (3, 3)
    await asyncio.gather(
        *(refund_spend(workspace_id=owner.workspace_id, key="job") for _ in range(MANY)),
        *(spend(owner, "job", amount=7) for _ in range(MANY)),
    )
    assert await balance_and_sum(owner) == (10, 10)


async def test_refund_among_racing_spends_never_takes_what_is_spent(till: Till, owner: Member) -> None:
    charge = await bought(till, owner)
    await till.engine.refund(charge)
    refunded = await till.events("charge.refunded")
    accepted, _ = await asyncio.gather(
        asyncio.gather(*(spend(owner, f"job{number}") for number in range(MANY))),
        till.deliver_at_once(refunded * 4),
    )
    balance, total = await balance_and_sum(owner)
    assert balance == total == 0
    async with db.reading() as session:
        entries = (await session.exec(select(CreditEntry))).all()
    [taken] = [entry for entry in entries if entry.source.startswith("refund:")]
    assert -taken.amount + sum(accepted) == 10
