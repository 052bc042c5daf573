"""Who belongs to a workspace: their roles, leaving, being removed, and handing the workspace over."""

from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from .. import changes, db
from ..activity import audit, notifications
from ..activity.models import AuditAction, NotificationKind
from ..errors import AppError, NotFound
from ..i18n import Phrase
from ..workspaces import authority
from ..workspaces import service as workspaces
from ..workspaces.members import Member
from ..workspaces.models import Membership, Role
from .models import User

_ORDER = list(Role)


class OwnerStays(AppError):
    status = 409
    message = "A workspace keeps its owner. Transfer the ownership first."


@dataclass(frozen=True, slots=True)
class Teammate:
    """Someone who belongs to a workspace."""

    user_id: str
    email: str
    role: Role
    joined_at: datetime


async def list_team(session: AsyncSession, workspace_id: str) -> list[Teammate]:
    """The owner, then admins, then members, each the longest there first."""
    found = (
        select(User.id, User.email, Membership.role, Membership.created_at)
        .join(Membership, col(Membership.user_id) == User.id)
        .where(Membership.workspace_id == workspace_id)
        .order_by(col(Membership.created_at), User.email)
    )
    team = [
        Teammate(user_id, email, Role(role), at) for user_id, email, role, at in await session.exec(found)
    ]
    return sorted(team, key=lambda each: _ORDER.index(each.role))


async def change_role(*, member: Member, user_id: str, role: Role) -> None:
    """Make a member an admin, or an admin a member. Raises `NotWorkspaceOwner`, `OwnerStays`, `NotFound`."""
    async with db.transaction() as session:
        standing = await authority.stand(session, member)
        standing.require_owner()
        membership, user = await _teammate(session, member.workspace_id, user_id)
        if Role.OWNER in (membership.role, role):
            raise OwnerStays
        if membership.role is role:
            return
        before, membership.role = membership.role, role
        session.add(membership)
        _record(session, member, AuditAction.ROLE_CHANGED, user, before=before, after=role)
        await notifications.notify(
            session,
            user_ids=[user.id],
            workspace_id=member.workspace_id,
            kind=NotificationKind.ROLE_CHANGED,
            about=f"role_changed:{uuid4().hex}",
            title=Phrase("You are an admin now" if role is Role.ADMIN else "You are a member now"),
            body=Phrase(
                "{email} changed your role in {workspace}.",
                {"email": member.email, "workspace": standing.workspace.name},
            ),
        )
    changes.announce(member.workspace_id)


async def remove_member(*, member: Member, user_id: str) -> None:
    """End someone's membership, at once. Raises `NotPermitted`, `OwnerStays` and `NotFound`."""
    async with db.transaction() as session:
        standing = await authority.stand(session, member)
        membership, user = await _teammate(session, member.workspace_id, user_id)
        if membership.role is Role.OWNER:
            raise OwnerStays
        standing.require_manager_of(membership.role)
        _record(session, member, AuditAction.MEMBER_REMOVED, user, before=membership.role)
        await _end(session, membership)
        await _tell_managers(
            session,
            member,
            Phrase(
                "{email} removed {removed} from the workspace",
                {"email": member.email, "removed": user.email},
            ),
        )
    changes.announce(member.workspace_id)


async def leave_workspace(member: Member) -> None:
    """The member goes of their own accord. Raises `OwnerStays`: the owner hands over or deletes."""
    async with db.transaction() as session:
        standing = await authority.stand(session, member)
        if standing.role is Role.OWNER:
            raise OwnerStays
        membership, user = await _teammate(session, member.workspace_id, member.user_id)
        _record(session, member, AuditAction.MEMBER_LEFT, user, before=membership.role)
        await _end(session, membership)
        await _tell_managers(session, member, Phrase("{email} left the workspace", {"email": user.email}))
    changes.announce(member.workspace_id)


async def hand_over(session: AsyncSession, *, member: Member, user_id: str, typed_name: str) -> None:
    """Make another member the owner, and the owner an admin, in the caller's transaction.

    Raises `NotWorkspaceOwner`, `WrongName`, `NotFound`, and `OwnerStays` for the owner's own id.
    """
    standing = await authority.stand(session, member)
    standing.require_owner()
    standing.require_name(typed_name)
    heir, user = await _teammate(session, member.workspace_id, user_id)
    if heir.role is Role.OWNER:
        raise OwnerStays
    owner, _ = await _teammate(session, member.workspace_id, member.user_id)
    owner.role = Role.ADMIN
    session.add(owner)
    await session.flush()  # the database allows one owner at any moment
    heir.role = Role.OWNER
    session.add(heir)
    audit.record(
        session,
        workspace_id=member.workspace_id,
        actor=member.user_id,
        action=AuditAction.OWNERSHIP_TRANSFERRED,
        before={"owner": member.email, "user": member.user_id},
        after={"owner": user.email, "user": user.id},
        origin=member.origin,
    )
    await notifications.notify(
        session,
        user_ids=await workspaces.member_ids(session, member.workspace_id),
        workspace_id=member.workspace_id,
        kind=NotificationKind.OWNERSHIP_TRANSFERRED,
        about=f"ownership_transferred:{uuid4().hex}",
        title=Phrase(
            "{workspace} belongs to {email} now", {"workspace": standing.workspace.name, "email": user.email}
        ),
        body=Phrase("{email} transferred the ownership, and the billing with it.", {"email": member.email}),
    )


async def _teammate(session: AsyncSession, workspace_id: str, user_id: str) -> tuple[Membership, User]:
    """Raises `NotFound` for anyone who does not belong to the workspace, known elsewhere or not."""
    membership = await session.get(Membership, (workspace_id, user_id))
    if membership is None:
        raise NotFound
    return membership, await session.get_one(User, user_id)


async def _end(session: AsyncSession, membership: Membership) -> None:
    await session.delete(membership)
    await session.flush()


async def _tell_managers(session: AsyncSession, member: Member, title: Phrase) -> None:
    """The owner and the admins hear of it, but for the one who did it."""
    managers = await authority.manager_ids(session, member.workspace_id)
    await notifications.notify(
        session,
        user_ids=[user_id for user_id in managers if user_id != member.user_id],
        workspace_id=member.workspace_id,
        kind=NotificationKind.MEMBER_LEFT,
        about=f"member_left:{uuid4().hex}",
        title=title,
    )


def _record(
    session: AsyncSession,
    member: Member,
    action: AuditAction,
    user: User,
    *,
    before: Role,
    after: Role | None = None,
) -> None:
    who = {"user": user.id, "email": user.email}
    audit.record(
        session,
        workspace_id=member.workspace_id,
        actor=member.user_id,
        action=action,
        before=who | {"role": before},
        after=who | {"role": after} if after else None,
        origin=member.origin,
    )
