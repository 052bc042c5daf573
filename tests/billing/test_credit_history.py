import asyncio

from sentineliq import db
from sentineliq.billing.credit_history import CreditSource, get_credit_page
from sentineliq.billing.credits import Movement, NotEnoughCredits, book, refund_spend, spend_credits
from sentineliq.workspaces.models import Workspace
from tests.billing.test_audit_log import reader
from tests.factories import make_user, make_workspace


async def grant(workspace: Workspace, *, amount: int = 10, session_id: str = "cs_1") -> None:
    async with db.transaction() as session:
        locked = await session.get_one(Workspace, workspace.id, with_for_update=db.AGAINST_WRITERS)
        movement = Movement(
            amount=amount,
            source=f"checkout_session:{session_id}",
            description=f"Bought {amount} credits",
            actor="stripe",
        )
        await book(session, locked, movement)


async def test_each_movement_shows_its_source_and_the_balance_after_it(database: db.Database) -> None:
    owner = await make_user()
    workspace, other = await make_workspace(owner=owner), await make_workspace()
    await grant(workspace)
    await grant(other, amount=99, session_id="cs_other")
    await spend_credits(workspace_id=workspace.id, amount=4, key="scan:7", actor=owner.id)
    await refund_spend(workspace_id=workspace.id, key="scan:7")
    page = await get_credit_page(reader(workspace, owner))
    assert [(line.amount, line.balance, line.source, line.reference) for line in page.lines] == [
        (4, 10, CreditSource.SPEND_REFUND, "scan:7"),
        (-4, 6, CreditSource.SPEND, "scan:7"),
        (10, 10, CreditSource.PURCHASE, "cs_1"),
    ]
    assert (page.balance, page.has_more) == (10, False)


async def test_what_a_refund_took_and_what_came_of_it_are_told_apart(database: db.Database) -> None:
    owner = await make_user()
    workspace = await make_workspace(owner=owner)
    await grant(workspace)
    for amount, source in ((-10, "refund:ch_1:999"), (10, "refund_failed:re_1")):
        async with db.transaction() as session:
            locked = await session.get_one(Workspace, workspace.id)
            await book(session, locked, Movement(amount, source, "in the ledger's words", actor="stripe"))
    page = await get_credit_page(reader(workspace, owner))
    assert [(line.source, line.reference) for line in page.lines[:2]] == [
        (CreditSource.REFUND_FAILED, "re_1"),
        (CreditSource.REFUND, "ch_1:999"),
    ]


async def test_the_next_page_goes_on_with_the_balances_of_then(database: db.Database) -> None:
    owner = await make_user()
    workspace = await make_workspace(owner=owner)
    for number in range(3):
        await grant(workspace, session_id=f"cs_{number}")
    first = await get_credit_page(reader(workspace, owner), limit=2)
    second = await get_credit_page(reader(workspace, owner), before_id=first.lines[-1].id, limit=2)
    assert ([line.balance for line in first.lines], first.has_more) == ([30, 20], True)
    assert ([line.balance for line in second.lines], second.has_more) == ([10], False)


async def test_racing_spends_never_show_a_negative_balance(database: db.Database) -> None:
    owner = await make_user()
    workspace = await make_workspace(owner=owner)
    await grant(workspace, amount=5)
    spends = (spend_credits(workspace_id=workspace.id, amount=2, key=f"k{n}") for n in range(6))
    done = await asyncio.gather(*spends, return_exceptions=True)
    assert sum(isinstance(each, NotEnoughCredits) for each in done) == 4
    page = await get_credit_page(reader(workspace, owner))
    assert [line.balance for line in page.lines] == [1, 3, 5]
