"""Adding people and workspaces, as far as the plan allows: invitations take a place until they end."""

from dataclasses import dataclass
from datetime import datetime

from .. import changes, db
from ..errors import NotSignedIn
from ..identity import invitations, team
from ..identity.attempts import Attempt, count_attempt
from ..identity.credentials import normalise_email
from ..identity.models import User
from ..identity.sessions import choose_workspace, current_user
from ..identity.team import Teammate
from ..workspaces import service as workspaces
from ..workspaces.authority import NotPermitted, managed_by
from ..workspaces.members import Member
from ..workspaces.models import Role
from . import usage
from .limits import Limit, limit_of


@dataclass(frozen=True, slots=True)
class OpenInvitation:
    """A place that waits for its person."""

    id: str
    email: str
    role: Role
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class TeamView:
    """The members page for one member. `most` is how many the plan allows, None without end; `manages` are
    the roles that this member invites and removes."""

    people: tuple[Teammate, ...]
    invitations: tuple[OpenInvitation, ...]
    most: int | None
    manages: tuple[Role, ...]

    @property
    def taken(self) -> int:
        return len(self.people) + len(self.invitations)


async def get_team(member: Member) -> TeamView:
    """Who belongs to the member's workspace and who is invited; plain members see no invitations."""
    async with db.reading() as session:
        people = await team.list_team(session, member.workspace_id)
        waiting = await invitations.list_open(session, member.workspace_id)
        plan = await usage.plan_for(session, workspace_id=member.workspace_id, limit=Limit.MEMBERS)
    manages = managed_by(member.role)
    return TeamView(
        people=tuple(people),
        invitations=tuple(
            OpenInvitation(each.id, each.email, each.role, each.expires_at) for each in waiting if manages
        ),
        most=limit_of(plan, Limit.MEMBERS),
        manages=manages,
    )


async def invite_member(*, member: Member, email: str, role: Role) -> str:
    """Invite an address, and return it as it was understood; inviting again sends a new link for the old.

    Raises `FormFault` for what is no address, `NotPermitted`, `AlreadyMember`, `TooManyAttempts` and
    `LimitReached`.
    """
    address = normalise_email(email)
    if role not in managed_by(member.role):
        raise NotPermitted  # before it is counted: the count is the address's, in all workspaces
    await count_attempt(Attempt.INVITATION, address=address, client=member.user_id)
    async with db.transaction() as session:
        await invitations.invite(session, member=member, email=address, role=role)
        waiting = len(await invitations.list_open(session, member.workspace_id))
        await usage.require_within_limit(
            session, workspace_id=member.workspace_id, limit=Limit.MEMBERS, amount=0, pending=waiting
        )
    changes.announce(member.workspace_id)
    return address


async def accept_invitation(*, cookie: str, token: str, origin: str | None) -> None:
    """The one signed in by that cookie joins, and works in that workspace from now on.

    Raises `NotSignedIn`, `InvitationOver`, `ForAnotherAddress`, and `LimitReached` where the plan has become
    smaller since: the invitation stays open.
    """
    user = await _require_user(cookie)
    async with db.transaction() as session:
        workspace = await invitations.accept(session, user=user, token=token, origin=origin)
        await usage.require_within_limit(session, workspace_id=workspace.id, limit=Limit.MEMBERS, amount=0)
    await choose_workspace(cookie, workspace.id)
    changes.announce(workspace.id)


async def create_workspace(*, cookie: str, name: str, origin: str | None) -> None:
    """The one signed in by that cookie owns one workspace more, and works in it from now on.

    Raises `NotSignedIn`, `InvalidWorkspaceName` and `LimitReached`.
    """
    user = await _require_user(cookie)
    async with db.transaction() as session:
        await session.get_one(User, user.id, with_for_update=True)  # two at once take turns at the limit
        await usage.require_room_for_workspace(session, owner_id=user.id)
        workspace = await workspaces.create_workspace(session, name=name, owner_id=user.id, origin=origin)
    await choose_workspace(cookie, workspace.id)


async def _require_user(cookie: str) -> User:
    user = await current_user(cookie)
    if user is None:
        raise NotSignedIn
    return user
