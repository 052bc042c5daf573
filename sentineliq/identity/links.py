"""The links that mails carry: to verify an address, to choose a new password, and to join a workspace."""

from datetime import timedelta
from urllib.parse import urlencode
from uuid import uuid4

from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from .. import db
from ..config import get_settings
from ..mail import outbox
from ..mail.contexts import InvitationContext, PasswordResetContext, VerifyEmailContext
from ..mail.models import MailKind
from ..workspaces.models import Invitation, Role, Workspace
from .models import User
from .tokens import TokenPurpose, fingerprint, issue_token

VERIFICATION_LIFETIME = timedelta(hours=48)
RESET_LIFETIME = timedelta(hours=1)
INVITATION_LIFETIME = timedelta(days=7)


async def mail_verification(session: AsyncSession, user: User) -> None:
    """Write the mail that asks to verify the address; the link is of this address only."""
    token = issue_token(
        TokenPurpose.VERIFY_EMAIL,
        subject=user.id,
        expires_at=db.now() + VERIFICATION_LIFETIME,
        claims={"email": user.email},
    )
    context = VerifyEmailContext(url=_link("/verify-email", token), valid_hours=_hours(VERIFICATION_LIFETIME))
    await outbox.enqueue(
        session,
        key=_new_key(MailKind.VERIFY_EMAIL),
        kind=MailKind.VERIFY_EMAIL,
        language=user.locale,
        to=user.email,
        context=context,
    )


async def mail_password_reset(session: AsyncSession, user: User) -> None:
    """Write the mail with the reset link, which ends when the password changes: it works once."""
    token = issue_token(
        TokenPurpose.PASSWORD_RESET,
        subject=user.id,
        expires_at=db.now() + RESET_LIFETIME,
        claims={"password": fingerprint(user.password_hash)},
    )
    context = PasswordResetContext(url=_link("/reset-password", token), valid_hours=_hours(RESET_LIFETIME))
    await outbox.enqueue(
        session,
        key=_new_key(MailKind.PASSWORD_RESET),
        kind=MailKind.PASSWORD_RESET,
        language=user.locale,
        to=user.email,
        context=context,
    )


async def mail_invitation(
    session: AsyncSession, invitation: Invitation, *, workspace: Workspace, invited_by: str
) -> None:
    """Write the mail with the link of this invitation, which is for the invited address only."""
    token = issue_token(
        TokenPurpose.INVITATION,
        subject=invitation.id,
        expires_at=invitation.expires_at,
        claims={"email": invitation.email},
    )
    context = InvitationContext(
        url=_link("/invitations/accept", token),
        valid_days=INVITATION_LIFETIME.days,
        workspace_name=workspace.name,
        invited_by=invited_by,
        role="an admin" if invitation.role is Role.ADMIN else "a member",
    )
    await outbox.enqueue(
        session,
        key=f"{MailKind.INVITATION.value}:{invitation.id}",
        kind=MailKind.INVITATION,
        to=invitation.email,
        context=context,
        workspace_id=workspace.id,
        language=await _language_at(session, invitation.email),
        locale=workspace.locale,
    )


async def _language_at(session: AsyncSession, address: str) -> str | None:
    """What the address's person has chosen, if it has one; only they get the mail."""
    return (await session.exec(select(User.locale).where(User.email == address))).first()


def _link(path: str, token: str) -> str:
    return f"{get_settings().web_client_url}{path}?{urlencode({'token': token})}"


def _hours(lifetime: timedelta) -> int:
    return lifetime // timedelta(hours=1)


def _new_key(kind: MailKind) -> str:
    """Each request is a mail of its own; `attempts` says how many there may be."""
    return f"{kind.value}:{uuid4().hex}"
