import asyncio
from dataclasses import dataclass, replace

import pytest
from sqlmodel import select

from sentineliq import db
from sentineliq.activity import audit, notifications
from sentineliq.activity.models import AuditAction, AuditEntry
from sentineliq.activity.summaries import summarize
from sentineliq.errors import NotFound
from sentineliq.identity import team
from sentineliq.identity.models import User
from sentineliq.workspaces import service as workspaces
from sentineliq.workspaces.authority import NotPermitted, WrongName
from sentineliq.workspaces.members import Member, NotWorkspaceOwner
from sentineliq.workspaces.models import Membership, Role, Workspace
from tests.factories import make_member, make_user, make_workspace
from tests.identity.members import signed_in


@dataclass(frozen=True)
class Acme:
    workspace: Workspace
    owner: Member
    admin: Member
    member: Member
    other: User


@pytest.fixture
async def acme(database: db.Database) -> Acme:
    """An owner, an admin and two members."""
    owner = await make_user(email="owner@example.com")
    workspace = await make_workspace(owner=owner)
    admin = await make_member(workspace, user=await make_user(email="admin@example.com"), role=Role.ADMIN)
    member = await make_member(workspace, user=await make_user(email="member@example.com"))
    other = await make_member(workspace, user=await make_user(email="other@example.com"))
    people = [await signed_in(each, workspace) for each in (owner, admin, member)]
    return Acme(workspace, *people, other)


async def _roles(workspace: Workspace) -> dict[str, Role]:
    async with db.reading() as session:
        return {each.email: each.role for each in await team.list_team(session, workspace.id)}


async def _newest_entry(workspace: Workspace) -> AuditEntry:
    async with db.reading() as session:
        return (await audit.list_entries(session, workspace_id=workspace.id, limit=1))[0]


async def _hand_over(member: Member, user_id: str, typed_name: str = "Acme") -> None:
    async with db.transaction() as session:
        await team.hand_over(session, member=member, user_id=user_id, typed_name=typed_name)


async def _titles(member: Member | User, workspace: Workspace) -> list[str]:
    user_id = member.user_id if isinstance(member, Member) else member.id
    told = await notifications.list_notifications(user_id=user_id, workspace_id=workspace.id)
    return [each.title for each in told]


async def test_the_team_is_listed_by_role(acme: Acme) -> None:
    assert list((await _roles(acme.workspace)).items()) == [
        ("owner@example.com", Role.OWNER),
        ("admin@example.com", Role.ADMIN),
        ("member@example.com", Role.MEMBER),
        ("other@example.com", Role.MEMBER),
    ]


async def test_the_owner_makes_admins_and_members_of_each_other(acme: Acme) -> None:
    await team.change_role(member=acme.owner, user_id=acme.other.id, role=Role.ADMIN)
    await team.change_role(member=acme.owner, user_id=acme.admin.user_id, role=Role.MEMBER)
    roles = await _roles(acme.workspace)
    assert (roles["other@example.com"], roles["admin@example.com"]) == (Role.ADMIN, Role.MEMBER)
    entry = await _newest_entry(acme.workspace)
    assert (entry.action, entry.actor, entry.origin) == (
        AuditAction.ROLE_CHANGED,
        acme.owner.user_id,
        "203.0.113.7",
    )
    assert summarize(entry) == "admin@example.com went from admin to member"
    assert await _titles(acme.other, acme.workspace) == ["You are an admin now"]


async def test_only_the_owner_changes_roles_and_never_makes_or_unmakes_owners(acme: Acme) -> None:
    for actor in (acme.admin, acme.member):
        with pytest.raises(NotWorkspaceOwner):
            await team.change_role(member=actor, user_id=acme.other.id, role=Role.ADMIN)
    for user_id, role in ((acme.other.id, Role.OWNER), (acme.owner.user_id, Role.MEMBER)):
        with pytest.raises(team.OwnerStays):
            await team.change_role(member=acme.owner, user_id=user_id, role=role)


@pytest.mark.parametrize(
    ("actor", "target", "refused"),
    [
        ("owner", "admin", None),
        ("owner", "other", None),
        ("admin", "other", None),
        ("admin", "admin", NotPermitted),
        ("admin", "owner", team.OwnerStays),
        ("member", "other", NotPermitted),
        ("member", "owner", team.OwnerStays),
        ("owner", "owner", team.OwnerStays),
    ],
)
async def test_who_may_remove_whom(
    acme: Acme, actor: str, target: str, refused: type[Exception] | None
) -> None:
    before = await _roles(acme.workspace)
    user_id = acme.other.id if target == "other" else getattr(acme, target).user_id
    if refused:
        with pytest.raises(refused):
            await team.remove_member(member=getattr(acme, actor), user_id=user_id)
        assert await _roles(acme.workspace) == before
        return
    await team.remove_member(member=getattr(acme, actor), user_id=user_id)
    assert set(before) - set(await _roles(acme.workspace)) == {f"{target}@example.com"}
    assert summarize(await _newest_entry(acme.workspace)) == f"{target}@example.com was removed"


async def test_the_managers_hear_of_a_removal_but_for_who_did_it(acme: Acme) -> None:
    await team.remove_member(member=acme.admin, user_id=acme.other.id)
    assert await _titles(acme.owner, acme.workspace) == [
        "admin@example.com removed other@example.com from the workspace"
    ]
    assert await _titles(acme.admin, acme.workspace) == []


async def test_people_of_other_workspaces_are_not_there(acme: Acme) -> None:
    stranger = await make_user()
    await make_workspace(owner=stranger)
    for attempt in (
        team.remove_member(member=acme.owner, user_id=stranger.id),
        team.change_role(member=acme.owner, user_id=stranger.id, role=Role.ADMIN),
        _hand_over(acme.owner, stranger.id),
        team.remove_member(member=acme.owner, user_id="no-such-user"),
    ):
        with pytest.raises(NotFound):
            await attempt


async def test_who_leaves_is_gone_and_the_owner_cannot(acme: Acme) -> None:
    await team.leave_workspace(acme.member)
    assert "member@example.com" not in await _roles(acme.workspace)
    assert await _titles(acme.owner, acme.workspace) == ["member@example.com left the workspace"]
    with pytest.raises(NotFound):
        await team.leave_workspace(acme.member)
    with pytest.raises(team.OwnerStays):
        await team.leave_workspace(acme.owner)


async def test_a_role_is_read_anew_whatever_the_page_believed(acme: Acme) -> None:
    await team.change_role(member=acme.owner, user_id=acme.admin.user_id, role=Role.MEMBER)
    with pytest.raises(NotPermitted):
        await team.remove_member(member=acme.admin, user_id=acme.other.id)
    with pytest.raises(NotWorkspaceOwner):
        await team.change_role(
            member=replace(acme.member, role=Role.OWNER), user_id=acme.other.id, role=Role.ADMIN
        )


async def test_ownership_moves_whole_and_leaves_an_admin_behind(acme: Acme) -> None:
    await _hand_over(acme.owner, acme.other.id)
    roles = await _roles(acme.workspace)
    assert (roles["other@example.com"], roles["owner@example.com"]) == (Role.OWNER, Role.ADMIN)
    assert summarize(await _newest_entry(acme.workspace)) == (
        "Ownership went from owner@example.com to other@example.com"
    )
    assert await _titles(acme.member, acme.workspace) == ["Acme belongs to other@example.com now"]


async def test_ownership_needs_the_owner_and_the_name(acme: Acme) -> None:
    with pytest.raises(WrongName):
        await _hand_over(acme.owner, acme.other.id, "acme")
    with pytest.raises(team.OwnerStays):
        await _hand_over(acme.owner, acme.owner.user_id)
    for actor in (acme.admin, acme.member):
        with pytest.raises(NotWorkspaceOwner):
            await _hand_over(actor, actor.user_id)


async def test_of_many_transfers_at_once_one_wins_and_there_is_one_owner(acme: Acme) -> None:
    heirs = [acme.admin.user_id, acme.member.user_id, acme.other.id]
    outcomes = await asyncio.gather(
        *(_hand_over(acme.owner, user_id) for user_id in heirs), return_exceptions=True
    )
    assert sorted(type(outcome).__name__ for outcome in outcomes) == [
        "NoneType",
        "NotWorkspaceOwner",
        "NotWorkspaceOwner",
    ]
    async with db.reading() as session:
        owners = select(Membership).where(
            Membership.workspace_id == acme.workspace.id, Membership.role == Role.OWNER
        )
        assert len((await session.exec(owners)).all()) == 1


async def test_owner_and_admins_rename_and_members_do_not(acme: Acme) -> None:
    await workspaces.rename_workspace(member=acme.admin, name="  Apex ")
    entry = await _newest_entry(acme.workspace)
    assert summarize(entry) == "Workspace renamed from Acme to Apex"
    with pytest.raises(NotPermitted):
        await workspaces.rename_workspace(member=acme.member, name="Mine")
    with pytest.raises(workspaces.InvalidWorkspaceName):
        await workspaces.rename_workspace(member=acme.owner, name=" ")
