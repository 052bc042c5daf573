"""Making workspaces and asking who belongs to them."""

from dataclasses import dataclass

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from .. import changes, db
from ..activity import audit
from ..activity.models import AuditAction
from ..errors import AppError
from ..i18n import spoken
from .authority import NotPermitted, stand
from .members import Member
from .models import Membership, Role, Workspace

NAME_LENGTH = 80


class InvalidWorkspaceName(AppError):
    message = f"Please give the workspace a name of at most {NAME_LENGTH} characters."


@dataclass(frozen=True, slots=True)
class WorkspaceEntry:
    """A workspace in a person's list, with that person's role."""

    id: str
    name: str
    role: Role


async def create_workspace(
    session: AsyncSession, *, name: str, owner_id: str, origin: str | None = None
) -> Workspace:
    """A workspace with its owner and their audit row, in the caller's transaction.

    Its mails are in the language of whoever makes it.
    Raises `InvalidWorkspaceName` for an empty or too long name, and for one with control characters.
    """
    workspace = Workspace(name=_checked_name(name), locale=spoken().value)
    session.add(workspace)
    await session.flush()
    session.add(Membership(workspace_id=workspace.id, user_id=owner_id, role=Role.OWNER))
    audit.record(
        session,
        workspace_id=workspace.id,
        actor=owner_id,
        action=AuditAction.WORKSPACE_CREATED,
        after={"name": workspace.name, "owner": owner_id},
        origin=origin,
    )
    await session.flush()
    return workspace


async def rename_workspace(*, member: Member, name: str) -> None:
    """Give the member's workspace another name. Raises `NotPermitted` and `InvalidWorkspaceName`."""
    async with db.transaction() as session:
        standing = await stand(session, member)
        if standing.role is Role.MEMBER:
            raise NotPermitted
        before, after = standing.workspace.name, _checked_name(name)
        if before == after:
            return
        standing.workspace.name = after
        session.add(standing.workspace)
        audit.record(
            session,
            workspace_id=member.workspace_id,
            actor=member.user_id,
            action=AuditAction.WORKSPACE_RENAMED,
            before={"name": before},
            after={"name": after},
            origin=member.origin,
        )
    changes.announce(member.workspace_id)


async def member_ids(session: AsyncSession, workspace_id: str) -> list[str]:
    """The users who belong to the workspace, whatever their role."""
    members = select(Membership.user_id).where(Membership.workspace_id == workspace_id)
    return list((await session.exec(members.order_by(Membership.user_id))).all())


async def list_workspaces(user_id: str) -> list[WorkspaceEntry]:
    """The user's workspaces, the oldest membership first."""
    belongs_to = (
        select(Workspace.id, Workspace.name, Membership.role)
        .join(Membership, col(Membership.workspace_id) == Workspace.id)
        .where(Membership.user_id == user_id, col(Workspace.deleted_at).is_(None))
        .order_by(col(Membership.created_at), Workspace.id)
    )
    async with db.reading() as session:
        rows = (await session.exec(belongs_to)).all()
    return [WorkspaceEntry(workspace_id, name, Role(role)) for workspace_id, name, role in rows]


@dataclass(frozen=True, slots=True)
class LostWorkspace:
    name: str
    is_deleted: bool


async def find_lost(*, user_id: str, workspace_id: str) -> LostWorkspace | None:
    """What the workspace was called, and whether it is gone for all; None while the user belongs to it.

    For whoever was in it: it does not ask whether they ever were.
    """
    async with db.reading() as session:
        workspace = await session.get(Workspace, workspace_id)
        belongs = await session.get(Membership, (workspace_id, user_id))
    if workspace is None or (belongs is not None and workspace.deleted_at is None):
        return None
    return LostWorkspace(workspace.name, workspace.deleted_at is not None)


def _checked_name(name: str) -> str:
    stripped = name.strip()
    if not 0 < len(stripped) <= NAME_LENGTH or not stripped.isprintable():
        raise InvalidWorkspaceName
    return stripped
