"""The credits' page."""

import pytest

from sentineliq import db
from sentineliq.billing import operations
from sentineliq.billing.credits import Movement, book, spend_credits
from sentineliq.billing.processor import CheckoutSession
from sentineliq.state.billing import BillingState
from sentineliq.state.credits import CreditsState
from sentineliq.workspaces.models import Workspace
from tests.state.conftest import Team
from tests.state.tab import open_tab, returning, send, target


async def grant(team: Team, amount: int = 10) -> None:
    async with db.transaction() as session:
        workspace = await session.get_one(Workspace, team.workspace.id)
        movement = Movement(
            amount=amount, source="checkout_session:cs_1", description="Bought 10 credits", actor="stripe"
        )
        await book(session, workspace, movement)


async def test_history_reads_with_signs_and_balances(team: Team) -> None:
    await grant(team)
    await spend_credits(workspace_id=team.workspace.id, amount=4, key="scan:7")
    tab = open_tab(CreditsState, url="/workspace/credits", cookie=team.member)
    await send(tab, CreditsState.load)
    assert [(row.source, row.description, row.amount, row.balance) for row in tab.rows] == [
        ("Spent", "scan:7", "−4", "6"),
        ("Purchase", "Bought 10 credits", "+10", "10"),
    ]
    assert (tab.balance, tab.can_buy) == ("6", False)


async def test_a_refund_that_failed_is_told_in_the_readers_words(team: Team) -> None:
    async with db.transaction() as session:
        workspace = await session.get_one(Workspace, team.workspace.id)
        await book(session, workspace, Movement(4, "refund_failed:re_1", "in English", actor="stripe"))
    tab = open_tab(CreditsState, url="/workspace/credits", cookie=team.member, languages="pt-BR")
    await send(tab, CreditsState.load)
    assert [(row.source, row.description, row.amount) for row in tab.rows] == [
        ("Reembolso falhou", "Devolvidos por causa de um reembolso que falhou", "+4")
    ]


async def test_a_balance_is_written_as_in_the_history(team: Team) -> None:
    await grant(team, 12355)
    tab = open_tab(CreditsState, url="/workspace/credits", cookie=team.owner)
    await send(tab, CreditsState.load)
    assert (tab.balance, tab.rows[0].balance) == ("12,355", "12,355")
    billing = open_tab(BillingState, url="/workspace/billing", cookie=team.owner, languages="pt-BR")
    await send(billing, BillingState.load)
    assert billing.credits == "12.355"


async def test_a_purchase_appears_by_itself(team: Team) -> None:
    tab = open_tab(CreditsState, url="/workspace/credits", cookie=team.owner)
    await send(tab, CreditsState.load)
    await grant(team)
    await tab._refresh()
    assert ([row.amount for row in tab.rows], tab.balance) == (["+10"], "10")


async def test_the_owner_leaves_for_the_checkout(team: Team, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = CheckoutSession(id="cs_1", url="https://checkout.example/1")
    monkeypatch.setattr(operations, "generate_checkout_session", returning(opened))
    tab = open_tab(CreditsState, url="/workspace/credits", cookie=team.owner)
    [sent] = await send(tab, CreditsState.buy)
    assert target(sent) == "https://checkout.example/1"


async def test_a_member_who_sends_the_event_buys_nothing(team: Team) -> None:
    tab = open_tab(CreditsState, url="/workspace/credits", cookie=team.member)
    assert await send(tab, CreditsState.buy) == []
    assert (tab.problem, tab.buying) == ("Only the owner of this workspace can do this.", False)
