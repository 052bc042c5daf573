from datetime import timedelta

import pytest

from sentineliq import db
from sentineliq.billing import seats
from sentineliq.errors import NotSignedIn
from sentineliq.identity import sessions
from sentineliq.mail.models import MailKind
from sentineliq.state.account import AccountState
from sentineliq.state.billing import BillingState
from sentineliq.state.invitation import InvitationState
from sentineliq.state.members import MembersState
from sentineliq.state.one_shot import COUNT
from sentineliq.state.workspaces import SwitcherState, WorkspacesState
from sentineliq.workspaces.authority import NotPermitted, WrongName
from sentineliq.workspaces.members import NotWorkspaceOwner
from sentineliq.workspaces.models import Role, Workspace
from tests.factories import make_user, make_workspace
from tests.identity.mails import mailed_token
from tests.state.conftest import Team
from tests.state.tab import cookie_of, open_tab, send, target

MEMBERS = "/workspace/members"
WORKSPACES = "/workspaces"


async def test_the_owner_sees_what_may_be_done_and_a_member_nothing_of_it(team: Team) -> None:
    owners, members = (open_tab(MembersState, url=MEMBERS, cookie=who) for who in (team.owner, team.member))
    await send(owners, MembersState.load)
    await send(members, MembersState.load)
    assert [(row.role, row.other_role, row.can_remove) for row in owners.people] == [
        ("Owner", "", False),
        ("Member", "ADMIN", True),
    ]
    assert [(row.other_role, row.can_remove) for row in members.people] == [("", False)] * 2
    assert (owners.can_invite, members.can_invite, members.waiting) == (True, False, [])
    assert owners.places == "2 of 3 places taken"


@pytest.mark.parametrize(
    ("languages", "places"),
    [("en", "2 places taken, without limit"), ("pt-BR", "2 lugares ocupados, sem limite")],
)
async def test_places_without_limit_are_told_to_be_places(team: Team, languages: str, places: str) -> None:
    async with db.transaction() as session:
        workspace = await session.get_one(Workspace, team.workspace.id)
        workspace.complimentary_plan, workspace.complimentary_until = "pro", db.now() + timedelta(days=9)
    tab = open_tab(MembersState, url=MEMBERS, cookie=team.owner, languages=languages)
    await send(tab, MembersState.load)
    assert (tab.places, tab.is_nearly_full) == (places, False)


async def test_a_stranger_is_sent_to_log_in_and_can_do_nothing(team: Team) -> None:
    for state, url in ((MembersState, MEMBERS), (WorkspacesState, WORKSPACES)):
        tab = open_tab(state, url=url)
        assert target((await send(tab, state.load))[0]).startswith("/login?next=")
    tab = open_tab(MembersState, url=MEMBERS)
    await send(tab, MembersState.remove, team.owner_id)
    assert tab.people == [] and not tab.signed_in


async def test_a_members_events_are_refused(team: Team) -> None:
    tab = open_tab(MembersState, url=MEMBERS, cookie=team.member)
    await send(tab, MembersState.load)
    me = tab.people[1].user_id
    for event, arguments, refusal in (
        (MembersState.change_role, (me, "ADMIN"), NotWorkspaceOwner),
        (MembersState.transfer, ({"heir": me, "name": "Acme"},), NotWorkspaceOwner),
        (MembersState.invite, ({"email": "eve@example.com"},), NotPermitted),
    ):
        await send(tab, event, *arguments)
        assert tab.problem == refusal.message
    assert [row.role for row in tab.people] == ["Owner", "Member"]


async def test_a_fault_of_the_address_stays_beside_it(team: Team) -> None:
    tab = open_tab(MembersState, url=MEMBERS, cookie=team.owner)
    await send(tab, MembersState.load)
    await send(tab, MembersState.invite, {"email": "ada@", "role": "MEMBER"})
    assert (tab.fault, tab.problem, tab.invited) == ("Please enter a valid email address.", "", 0)
    await send(tab, MembersState.invite, {"email": "ada@example.com", "role": "MEMBER"})
    assert (tab.fault, tab.invited, [row.email for row in tab.waiting]) == ("", 1, ["ada@example.com"])


async def test_the_link_shows_its_offer_and_only_a_press_accepts(team: Team) -> None:
    owner = await sessions.current_member(team.owner)
    assert owner
    await seats.invite_member(member=owner, email="ada@example.com", role=Role.MEMBER)
    url = f"/invitations/accept?token={await mailed_token(MailKind.INVITATION)}"
    stranger = open_tab(InvitationState, url=url)
    await send(stranger, InvitationState.load)
    assert (stranger.offered, stranger.invited, stranger.over) == ("Acme", "ada@example.com", "")
    assert stranger.sign_up_path.startswith("/signup?next=%2Finvitations%2Faccept")
    await send(stranger, InvitationState.accept)
    assert stranger.problem == NotSignedIn.message
    cookie = await cookie_of((await make_user(email="ada@example.com")).id)
    tab = open_tab(InvitationState, url=url, cookie=cookie)
    await send(tab, InvitationState.load)
    assert await sessions.current_member(cookie) is None
    assert target((await send(tab, InvitationState.accept))[0]) == MEMBERS
    await send(tab, InvitationState.load)
    assert tab.over == "This invitation is not valid any more. Ask for a new one."


@pytest.mark.usefixtures("database", "settings")
async def test_someone_without_a_workspace_is_led_to_make_one() -> None:
    cookie = await cookie_of((await make_user()).id)
    billing = open_tab(BillingState, url="/workspace/billing", cookie=cookie)
    assert target((await send(billing, BillingState.load))[0]).startswith("/login")
    log_in = open_tab(AccountState, url="/login", cookie=cookie)
    assert target((await send(log_in, AccountState.load_for_strangers))[0]) == WORKSPACES
    tab = open_tab(WorkspacesState, url=WORKSPACES, cookie=cookie)
    await send(tab, WorkspacesState.load)
    assert (tab.loaded, tab.rows, tab.can_rename, tab.can_delete) == (True, [], False, False)
    await send(tab, WorkspacesState.create, {"new_name": "First"})
    assert [(row.name, row.is_current) for row in tab.rows] == [("First", True)]
    assert tab.notice == "You work in First now."
    await send(tab, WorkspacesState.rename, {"name": " "})
    assert tab.rename_fault and tab.workspace_name == "First"


@pytest.mark.usefixtures("database", "settings")
async def test_a_workspace_is_made_once_though_it_is_asked_for_twice() -> None:
    tab = open_tab(WorkspacesState, url=WORKSPACES, cookie=await cookie_of((await make_user()).id))
    await send(tab, WorkspacesState.load)
    filled_in = {"new_name": "First", COUNT: str(tab.created)}
    under_way = WorkspacesState.create.fn(tab, filled_in)
    await anext(under_way)
    assert tab.busy == "create"
    async for _ in under_way:
        pass
    await send(tab, WorkspacesState.create, filled_in)
    assert [row.name for row in tab.rows] == ["First"]
    assert (tab.notice, tab.problem, tab.busy) == ("You work in First now.", "", "")
    await send(tab, WorkspacesState.create, {"new_name": "Second", COUNT: str(tab.created)})
    assert tab.problem  # filled in anew it is asked for again, and the plan refuses it


async def test_an_invitation_is_sent_once_though_it_is_asked_for_twice(team: Team) -> None:
    tab = open_tab(MembersState, url=MEMBERS, cookie=team.owner)
    await send(tab, MembersState.load)
    filled_in = {"email": "ada@example.com", "role": "MEMBER", COUNT: str(tab.invited)}
    await send(tab, MembersState.invite, filled_in)
    [first] = tab.waiting
    await send(tab, MembersState.invite, filled_in)
    assert [row.id for row in tab.waiting] == [first.id]
    assert (tab.notice, tab.busy) == ("An invitation is on its way to ada@example.com.", "")


async def test_a_row_is_busy_while_something_is_done_to_it(team: Team) -> None:
    tab = open_tab(MembersState, url=MEMBERS, cookie=team.owner)
    await send(tab, MembersState.load)
    them = tab.people[1].user_id
    under_way = MembersState.change_role.fn(tab, them, "ADMIN")
    await anext(under_way)
    assert tab.busy == f"role-{them}"
    async for _ in under_way:
        pass
    assert (tab.busy, tab.people[1].role) == ("", "Admin")


async def test_a_switch_loads_the_page_anew_and_foreign_workspaces_are_not_there(team: Team) -> None:
    foreign = await make_workspace()
    tab = open_tab(SwitcherState, url=MEMBERS, cookie=team.owner)
    await send(tab, SwitcherState.open_menu)
    assert [(row.name, row.role, row.is_current) for row in tab.choices] == [("Acme", "Owner", True)]
    assert target((await send(tab, SwitcherState.choose, team.workspace.id))[0]) == MEMBERS
    assert await send(tab, SwitcherState.choose, foreign.id) == []
    assert tab.problem == "There is nothing here."


async def test_a_wrong_name_is_told_beside_it_and_only_a_success_closes_the_dialog(team: Team) -> None:
    members = open_tab(MembersState, url=MEMBERS, cookie=team.owner)
    await send(members, MembersState.load)
    heir = members.people[1].user_id
    workspaces = open_tab(WorkspacesState, url=WORKSPACES, cookie=team.owner)
    await send(workspaces, WorkspacesState.load)
    for tab, event, form, field in (
        (members, MembersState.transfer, {"heir": heir}, "name"),
        (workspaces, WorkspacesState.delete, {}, "confirmation"),
    ):
        await send(tab, event, form | {field: "Acne"})
        assert (tab.refusal, tab.refused_field, tab.problem) == (WrongName.message, field, "")
        assert (tab.answered, tab.busy) == (0, "")
    await send(members, MembersState.transfer, {"heir": heir, "name": "Acme", COUNT: "0"})
    await send(members, MembersState.transfer, {"heir": heir, "name": "Acme", COUNT: "0"})
    assert (members.refusal, members.answered, members.is_owner) == ("", 1, False)
    await send(workspaces, WorkspacesState.delete, {"confirmation": "Acme"})
    assert workspaces.refusal == workspaces.problem == NotWorkspaceOwner.message
