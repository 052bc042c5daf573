"""How many people and workspaces there may be, on both databases."""

import asyncio
from dataclasses import replace

import pytest

from sentineliq import config, db
from sentineliq.billing import seats
from sentineliq.billing.usage import LimitReached
from sentineliq.errors import NotSignedIn
from sentineliq.identity import invitations, sessions
from sentineliq.identity.faults import FormFault
from sentineliq.mail.models import MailKind
from sentineliq.workspaces import service as workspaces
from sentineliq.workspaces.authority import NotPermitted
from sentineliq.workspaces.members import Member
from sentineliq.workspaces.models import Role, SubscriptionStatus, Workspace
from tests.billing.shop import member_of, new_owner
from tests.factories import make_member, make_user
from tests.identity.mails import mailed_token

pytestmark = pytest.mark.usefixtures("settings", "database")


async def _cookie(user_id: str) -> str:
    return f"{sessions.SESSION_COOKIE}={await sessions.start_session(user_id)}"


async def _subscribe(workspace_id: str, plan: str | None) -> None:
    async with db.transaction() as session:
        row = await session.get_one(Workspace, workspace_id)
        row.subscription_plan = plan
        row.subscription_status = SubscriptionStatus.ACTIVE if plan else SubscriptionStatus.DELETED


async def _invite(owner: Member, *names: str) -> None:
    for name in names:
        await seats.invite_member(member=owner, email=f"{name}@example.com", role=Role.MEMBER)


async def test_open_invitations_take_places() -> None:
    owner = await new_owner()
    await _invite(owner, "ada", "bob")
    with pytest.raises(LimitReached, match=r"Free includes 3 members. Upgrade to Hobby for 10 members"):
        await _invite(owner, "cy")
    await _invite(owner, "bob")  # the same place, a new link
    view = await seats.get_team(owner)
    assert (view.taken, view.most, [each.email for each in view.invitations]) == (
        3,
        3,
        ["bob@example.com", "ada@example.com"],
    )
    await invitations.revoke_invitation(member=owner, invitation_id=view.invitations[0].id)
    await _invite(owner, "cy")


async def test_who_may_not_invite_spends_nobodys_invitations() -> None:
    owner = await new_owner()
    member = replace(owner, role=Role.MEMBER)
    for _ in range(5):
        with pytest.raises(NotPermitted):
            await _invite(member, "ada")
    await _invite(owner, "ada")


async def test_the_last_place_is_given_once_however_many_ask() -> None:
    owner = await new_owner()
    await _invite(owner, "ada")
    outcomes = await asyncio.gather(
        *(_invite(owner, f"racer{number}") for number in range(4)), return_exceptions=True
    )
    assert [type(outcome) for outcome in outcomes].count(LimitReached) == 3
    assert (await seats.get_team(owner)).taken == 3


@pytest.mark.parametrize(("plan", "most"), [("hobby", 10), ("pro", None)])
async def test_a_larger_plan_has_more_places(plan: str, most: int | None) -> None:
    owner = await new_owner()
    await _subscribe(owner.workspace_id, plan)
    await _invite(owner, *(f"guest{number}" for number in range(9)))
    assert (await seats.get_team(owner)).most == most
    if most:
        with pytest.raises(LimitReached):
            await _invite(owner, "one-more")


async def test_accepting_needs_a_place_in_the_plan_of_that_day() -> None:
    owner = await new_owner()
    await _subscribe(owner.workspace_id, "hobby")
    async with db.reading() as session:
        workspace = await session.get_one(Workspace, owner.workspace_id)
    await make_member(workspace)
    await make_member(workspace)
    await _invite(owner, "ada")
    cookie = await _cookie((await make_user(email="ada@example.com")).id)
    token = await mailed_token(MailKind.INVITATION)
    await _subscribe(owner.workspace_id, None)
    with pytest.raises(LimitReached):
        await seats.accept_invitation(cookie=cookie, token=token, origin=None)
    await _subscribe(owner.workspace_id, "pro")
    await seats.accept_invitation(cookie=cookie, token=token, origin=None)
    member = await sessions.current_member(cookie)
    assert member is not None and (member.workspace_id, member.role) == (owner.workspace_id, Role.MEMBER)


async def test_who_accepts_works_in_that_workspace_from_then_on() -> None:
    owner, ada = await new_owner(), await new_owner(email="ada@example.com")
    await _invite(owner, "ada")
    cookie, elsewhere = await _cookie(ada.user_id), await _cookie(ada.user_id)
    token = await mailed_token(MailKind.INVITATION)
    await seats.accept_invitation(cookie=cookie, token=token, origin=None)
    here, there = await sessions.current_member(cookie), await sessions.current_member(elsewhere)
    assert (
        here and there and (here.workspace_id, there.workspace_id) == (owner.workspace_id, ada.workspace_id)
    )
    with pytest.raises(NotSignedIn):
        await seats.accept_invitation(cookie="", token=token, origin=None)


async def test_what_is_no_address_is_refused() -> None:
    with pytest.raises(FormFault):
        await seats.invite_member(member=await new_owner(), email="ada@", role=Role.MEMBER)


async def test_plain_members_see_no_invitations() -> None:
    owner = await new_owner()
    await _invite(owner, "ada")
    async with db.reading() as session:
        workspace = await session.get_one(Workspace, owner.workspace_id)
    reader = await make_member(workspace, user=await make_user(email="bob@example.com"))
    view = await seats.get_team(await member_of(workspace, role=Role.MEMBER, email=reader.email))
    assert (view.invitations, view.manages, len(view.people)) == ((), (), 2)


async def test_workspaces_are_limited_by_the_best_plan_of_their_owner() -> None:
    owner = await new_owner()
    cookie = await _cookie(owner.user_id)
    with pytest.raises(LimitReached, match=r"Free includes 1 workspace. Upgrade to Hobby for 3 workspaces"):
        await seats.create_workspace(cookie=cookie, name="Second", origin=None)
    await _subscribe(owner.workspace_id, "hobby")
    outcomes = await asyncio.gather(
        *(seats.create_workspace(cookie=cookie, name=f"Number {n}", origin=None) for n in range(4)),
        return_exceptions=True,
    )
    assert [type(outcome) for outcome in outcomes].count(LimitReached) == 2
    names = [each.name for each in await workspaces.list_workspaces(owner.user_id)]
    assert len(names) == 3
    member = await sessions.current_member(cookie)
    assert member is not None and member.workspace_name in names[1:]


async def test_someone_without_a_workspace_can_make_one(settings: config.Settings) -> None:
    cookie = await _cookie((await make_user()).id)
    assert await sessions.current_member(cookie) is None
    await seats.create_workspace(cookie=cookie, name="First", origin=None)
    member = await sessions.current_member(cookie)
    assert member is not None and (member.workspace_name, member.role) == ("First", Role.OWNER)
