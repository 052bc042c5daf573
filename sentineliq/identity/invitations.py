"""Places in a workspace offered by mail: signed, for one address, for a week, once, and revocable.

Whether an address has an account is not told: an invitation is the same for both.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, update
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from .. import changes, db
from ..activity import audit, notifications
from ..activity.models import AuditAction, NotificationKind
from ..errors import AppError, NotFound
from ..i18n import Phrase
from ..workspaces import authority
from ..workspaces.members import Member
from ..workspaces.models import Invitation, Membership, Role, Workspace
from . import links
from .models import User
from .tokens import InvalidToken, TokenPurpose, read_token


class InvitationOver(AppError):
    """Expired, revoked, used, replaced, or never ours: who holds the link need not know which."""

    status = 410
    message = "This invitation is not valid any more. Ask for a new one."


class AlreadyMember(AppError):
    status = 409
    message = "This person is a member of the workspace already."


class ForAnotherAddress(AppError):
    status = 403
    message = "This invitation is for another address. Log in with the address that it was sent to."


@dataclass(frozen=True, slots=True)
class Offer:
    """An open invitation as the one who holds its link sees it."""

    workspace_id: str
    workspace_name: str
    email: str
    role: Role
    invited_by: str


async def invite(session: AsyncSession, *, member: Member, email: str, role: Role) -> None:
    """Offer a place and write the mail, in the caller's transaction; an older offer to the address ends.

    `email` is normalised. Raises `NotPermitted` and `AlreadyMember`.
    """
    standing = await authority.stand(session, member)
    standing.require_manager_of(role)
    if await _belongs(session, member.workspace_id, email):
        raise AlreadyMember
    for older in await list_open(session, member.workspace_id):
        if older.email == email:
            standing.require_manager_of(older.role)
            _revoke(session, older, member)
    invitation = Invitation(
        workspace_id=member.workspace_id,
        email=email,
        role=role,
        invited_by=member.user_id,
        expires_at=db.now() + links.INVITATION_LIFETIME,
    )
    session.add(invitation)
    await session.flush()
    await links.mail_invitation(session, invitation, workspace=standing.workspace, invited_by=member.email)
    audit.record(
        session,
        workspace_id=member.workspace_id,
        actor=member.user_id,
        action=AuditAction.INVITATION_SENT,
        after={"email": email, "role": role},
        origin=member.origin,
    )


async def revoke_invitation(*, member: Member, invitation_id: str) -> None:
    """The link of an open invitation works no more. Raises `NotPermitted` and `NotFound`."""
    async with db.transaction() as session:
        standing = await authority.stand(session, member)
        invitation = await session.get(Invitation, invitation_id)
        if invitation is None or invitation.workspace_id != member.workspace_id or not _is_open(invitation):
            raise NotFound
        standing.require_manager_of(invitation.role)
        _revoke(session, invitation, member)
    changes.announce(member.workspace_id)


async def list_open(session: AsyncSession, workspace_id: str) -> list[Invitation]:
    """What can still be accepted, the newest first."""
    found = select(Invitation).where(Invitation.workspace_id == workspace_id, *_open(at=db.now()))
    return list((await session.exec(found.order_by(col(Invitation.created_at).desc()))).all())


async def revoke_all(session: AsyncSession, workspace_id: str) -> None:
    """No link into the workspace works any more, in the caller's transaction."""
    every = update(Invitation).where(col(Invitation.workspace_id) == workspace_id, *_open(at=db.now()))
    await session.exec(every.values(revoked_at=db.now()))


async def read_offer(token: str) -> Offer:
    """What the link offers. Raises `InvitationOver`."""
    async with db.reading() as session:
        invitation = await _find(session, token)
        workspace = await session.get_one(Workspace, invitation.workspace_id)
        inviter = await session.get_one(User, invitation.invited_by)
    if workspace.deleted_at is not None:
        raise InvitationOver
    return Offer(
        workspace_id=workspace.id,
        workspace_name=workspace.name,
        email=invitation.email,
        role=invitation.role,
        invited_by=inviter.email,
    )


async def accept(session: AsyncSession, *, user: User, token: str, origin: str | None) -> Workspace:
    """Take the place, in the caller's transaction, with the workspace's row locked from here on.

    Who holds the link reads that address's mail, so it also verifies the address. Raises `InvitationOver`
    and `ForAnotherAddress`.
    """
    invitation = await _find(session, token)
    if invitation.email != user.email:
        raise ForAnotherAddress
    try:
        workspace = await authority.lock(session, invitation.workspace_id)
    except NotFound:
        raise InvitationOver from None
    await session.refresh(invitation)
    if not _is_open(invitation):
        raise InvitationOver
    invitation.accepted_at = db.now()
    session.add(invitation)
    verified = func.coalesce(User.email_verified_at, db.now())
    await session.exec(update(User).where(col(User.id) == user.id).values(email_verified_at=verified))
    if not await _belongs(session, workspace.id, user.email):
        await _join(session, invitation, workspace=workspace, user=user, origin=origin)
    return workspace


async def _join(
    session: AsyncSession, invitation: Invitation, *, workspace: Workspace, user: User, origin: str | None
) -> None:
    managers = await authority.manager_ids(session, workspace.id)
    session.add(Membership(workspace_id=workspace.id, user_id=user.id, role=invitation.role))
    audit.record(
        session,
        workspace_id=workspace.id,
        actor=user.id,
        action=AuditAction.MEMBER_ADDED,
        after={"user": user.id, "email": user.email, "role": invitation.role},
        origin=origin,
    )
    await notifications.notify(
        session,
        user_ids=managers,
        workspace_id=workspace.id,
        kind=NotificationKind.MEMBER_JOINED,
        about=f"member_joined:{invitation.id}",
        title=Phrase("{email} joined {workspace}", {"email": user.email, "workspace": workspace.name}),
    )


async def _find(session: AsyncSession, token: str) -> Invitation:
    try:
        claims = read_token(TokenPurpose.INVITATION, token)
    except InvalidToken:
        raise InvitationOver from None
    invitation = await session.get(Invitation, claims["sub"])
    if invitation is None or not _is_open(invitation) or claims.get("email") != invitation.email:
        raise InvitationOver
    return invitation


def _revoke(session: AsyncSession, invitation: Invitation, member: Member) -> None:
    invitation.revoked_at = db.now()
    session.add(invitation)
    audit.record(
        session,
        workspace_id=member.workspace_id,
        actor=member.user_id,
        action=AuditAction.INVITATION_REVOKED,
        before={"email": invitation.email, "role": invitation.role},
        origin=member.origin,
    )


def _open(*, at: datetime) -> tuple[ColumnElement[bool], ...]:
    return (
        col(Invitation.accepted_at).is_(None),
        col(Invitation.revoked_at).is_(None),
        col(Invitation.expires_at) > at,
    )


def _is_open(invitation: Invitation) -> bool:
    ended = invitation.accepted_at or invitation.revoked_at
    return ended is None and invitation.expires_at > db.now()


async def _belongs(session: AsyncSession, workspace_id: str, email: str) -> bool:
    found = (
        select(Membership.user_id)
        .join(User, col(User.id) == Membership.user_id)
        .where(Membership.workspace_id == workspace_id, User.email == email)
    )
    return (await session.exec(found)).first() is not None
