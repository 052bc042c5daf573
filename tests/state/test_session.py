"""Who the header speaks of, and what becomes of failures."""

import pytest

from sentineliq import db, live
from sentineliq.activity.models import NotificationKind
from sentineliq.activity.notifications import notify
from sentineliq.billing.processor import PaymentProcessorUnavailable
from sentineliq.identity import sessions
from sentineliq.state.billing import BillingState
from sentineliq.state.session import SessionState
from tests.state.conftest import Team
from tests.state.tab import moved, open_tab, returning, send


async def test_a_stranger_sees_no_workspace(team: Team) -> None:
    tab = open_tab(SessionState, url="/")
    await send(tab, SessionState.open_page)
    assert tab.ready
    assert not tab.signed_in
    assert tab.workspace_name == ""


async def test_the_header_names_the_workspace_and_counts_what_is_unread(team: Team) -> None:
    async with db.transaction() as tx:
        await notify(
            tx,
            user_ids=[team.owner_id],
            workspace_id=team.workspace.id,
            kind=NotificationKind.CREDITS_ADDED,
            about="a",
            title="10 credits added",
        )
    tab = open_tab(SessionState, url="/", cookie=team.owner)
    await send(tab, SessionState.open_page)
    assert (tab.email, tab.workspace_name, tab.unread) == ("owner@example.com", "Acme", 1)


async def test_a_revoked_session_is_noticed_by_the_next_event(team: Team) -> None:
    tab = open_tab(SessionState, url="/", cookie=team.owner)
    await send(tab, SessionState.open_page)
    await sessions.revoke_session(team.owner)
    await send(tab, SessionState.open_page)
    assert (tab.signed_in, tab.email, tab.workspace_name) == (False, "", "")


async def test_a_page_of_a_member_follows_its_workspace(team: Team, monkeypatch: pytest.MonkeyPatch) -> None:
    watched: list[tuple[str, str]] = []
    monkeypatch.setattr(live, "watch", lambda token, workspace, _data: watched.append((token, workspace)))
    await send(open_tab(SessionState, url="/", cookie=team.owner), SessionState.open_page)
    await send(open_tab(SessionState, url="/"), SessionState.open_page)
    assert watched == [("tab", team.workspace.id)]


async def test_an_unexpected_failure_tells_nothing_of_itself(
    team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = returning(RuntimeError("secret detail"))
    monkeypatch.setattr("sentineliq.state.session.current_visitor", broken)
    tab = open_tab(SessionState, url="/", cookie=team.owner)
    await send(tab, SessionState.open_page)
    assert tab.problem == "Something went wrong. Please try again."
    SessionState.dismiss.fn(tab)
    assert tab.problem == ""


async def test_a_message_of_this_visit_outlives_the_page_s_load(
    team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is pressed as soon as the connection is there may be done before the load is."""
    refused = returning(PaymentProcessorUnavailable())
    monkeypatch.setattr("sentineliq.state.billing.operations.get_customer_portal_url", refused)
    tab = open_tab(BillingState, url="/workspace/billing", cookie=team.owner)
    await send(tab, BillingState.manage_subscription)
    await send(tab, BillingState.load)
    assert tab.problem == PaymentProcessorUnavailable.message


@pytest.mark.parametrize(("url", "socket"), [("/workspace/billing", "another"), ("/pricing", "socket")])
async def test_a_message_of_another_visit_is_gone(team: Team, url: str, socket: str) -> None:
    tab = open_tab(SessionState, url="/workspace/billing", cookie=team.owner)
    await send(tab, SessionState.open_page)
    tab.problem = tab.notice = "said there"
    moved(tab, url=url, socket=socket)
    await send(tab, SessionState.open_page)
    assert (tab.problem, tab.notice) == ("", "")
