"""Who the header speaks of, and what becomes of failures."""

import pytest

from sentineliq import db, live
from sentineliq.activity.models import NotificationKind
from sentineliq.activity.notifications import notify
from sentineliq.billing.processor import PaymentProcessorUnavailable
from sentineliq.identity import sessions
from sentineliq.identity import team as team_service
from sentineliq.state.account import AccountState
from sentineliq.state.billing import BillingState
from sentineliq.state.members import MembersState
from sentineliq.state.session import SessionState
from sentineliq.state.workspaces import WorkspacesState
from sentineliq.workspaces.models import Membership, Role
from tests.factories import make_workspace
from tests.state.conftest import Team
from tests.state.tab import moved, open_tab, returning, send, target


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


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("/pricing?interval=year", "?next=%2Fpricing%3Finterval%3Dyear"),
        (
            "/login?next=%2Fworkspace%2Faudit&email=a%40example.com",
            "?next=%2Fworkspace%2Faudit&email=a%40example.com",
        ),
        ("/signup?next=https%3A%2F%2Fevil.example", ""),
        ("/login?next=%2F%2Fevil.example", ""),
        ("/", ""),
    ],
)
async def test_the_header_s_ways_in_keep_where_one_was_going(team: Team, url: str, kept: str) -> None:
    tab = open_tab(SessionState, url=url)
    await send(tab, SessionState.open_page)
    assert tab.kept == kept


async def test_who_loses_a_workspace_reads_so_on_the_page_that_comes_next(team: Team) -> None:
    owners = open_tab(WorkspacesState, url="/workspaces", cookie=team.owner)
    members = open_tab(MembersState, url="/workspace/members", cookie=team.member)
    await send(owners, WorkspacesState.load)
    await send(members, MembersState.load)
    await send(owners, WorkspacesState.delete, {"confirmation": "Acme"})
    moved(owners, url="/workspaces", socket="another")
    await send(owners, WorkspacesState.load)
    assert (owners.notice, owners.rows) == ("Acme was deleted.", [])
    [sent] = [await members._refresh()]
    moved(members, url=target(sent))
    await send(await members.get_state(AccountState), AccountState.load_for_strangers)
    moved(members, url="/workspaces")
    there = await members.get_state(WorkspacesState)
    await send(there, WorkspacesState.load)
    assert there.notice == "Acme was deleted."
    moved(members, url="/workspaces", socket="another")
    await send(there, WorkspacesState.load)
    assert there.notice == ""


async def test_who_is_removed_reads_so_where_they_are_and_a_switch_is_no_loss(team: Team) -> None:
    other = await make_workspace(name="Other")
    member = await sessions.current_member(team.member)
    assert member
    async with db.transaction() as session:
        session.add(Membership(workspace_id=other.id, user_id=member.user_id, role=Role.MEMBER))
    tab = open_tab(BillingState, url="/workspace/billing", cookie=team.member)
    await send(tab, BillingState.load)
    for workspace in (other, team.workspace):
        await sessions.choose_workspace(team.member, workspace.id)
        await tab._refresh()
        assert (tab.workspace_name, tab.notice) == (workspace.name, "")
    owner = await sessions.current_member(team.owner)
    assert owner
    await team_service.remove_member(member=owner, user_id=member.user_id)
    await tab._refresh()
    assert (tab.workspace_name, tab.notice) == ("Other", "You do not belong to Acme any more.")
    SessionState.dismiss.fn(tab)
    moved(tab, url="/pricing")
    await send(tab, BillingState.load)
    assert tab.notice == ""


async def test_another_person_at_the_tab_reads_nothing_of_a_lost_workspace(team: Team) -> None:
    tab = open_tab(WorkspacesState, url="/workspaces", cookie=team.owner)
    await send(tab, WorkspacesState.load)
    await send(tab, WorkspacesState.delete, {"confirmation": "Acme"})
    tab.router_data["headers"]["cookie"] = team.member
    moved(tab, url="/workspaces", socket="another")
    await send(tab, WorkspacesState.load)
    assert (tab.email != "owner@example.com", tab.notice) == (True, "")
