"""Who may do what to whom in a workspace, asked again inside the transaction that does it."""

from dataclasses import dataclass

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from .. import db
from ..errors import AppError, NotFound
from .members import Member, NotWorkspaceOwner
from .models import Membership, Role, Workspace

_MANAGES: dict[Role, tuple[Role, ...]] = {
    Role.OWNER: (Role.ADMIN, Role.MEMBER),
    Role.ADMIN: (Role.MEMBER,),
    Role.MEMBER: (),
}


class NotPermitted(AppError):
    status = 403
    message = "Your role in this workspace does not allow this."


class WrongName(AppError):
    message = "That is not the name of this workspace. Nothing was changed."


def managed_by(role: Role) -> tuple[Role, ...]:
    """The roles that someone of this role invites and removes. Nobody manages an owner."""
    return _MANAGES[role]


@dataclass(frozen=True, slots=True)
class Standing:
    """The workspace, locked until the transaction ends, and the role that the member has in it now."""

    workspace: Workspace
    role: Role

    def require_owner(self) -> None:
        """Raises `NotWorkspaceOwner`."""
        if self.role is not Role.OWNER:
            raise NotWorkspaceOwner

    def require_manager_of(self, role: Role) -> None:
        """Raises `NotPermitted`: admins manage members, the owner also admins."""
        if role not in managed_by(self.role):
            raise NotPermitted

    def require_name(self, typed: str) -> None:
        """Raises `WrongName`: what cannot be undone is confirmed by typing the workspace's name."""
        if typed.strip() != self.workspace.name:
            raise WrongName


async def stand(session: AsyncSession, member: Member) -> Standing:
    """Lock the member's workspace and read their role anew: every change of who belongs to it comes in turn.

    Raises `NotFound` for someone who does not belong to it any more, and for a deleted workspace.
    """
    workspace = await lock(session, member.workspace_id)
    membership = await session.get(Membership, (member.workspace_id, member.user_id), populate_existing=True)
    if membership is None:
        raise NotFound
    return Standing(workspace, membership.role)


async def lock(session: AsyncSession, workspace_id: str) -> Workspace:
    """The workspace's row, locked. Raises `NotFound` for a deleted one."""
    workspace = await session.get(Workspace, workspace_id, with_for_update=db.AGAINST_WRITERS)
    if workspace is None or workspace.deleted_at is not None:
        raise NotFound
    return workspace


async def manager_ids(session: AsyncSession, workspace_id: str) -> list[str]:
    """The owner and the admins."""
    managers = select(Membership.user_id).where(
        Membership.workspace_id == workspace_id, col(Membership.role).in_((Role.OWNER, Role.ADMIN))
    )
    return list((await session.exec(managers)).all())
