"""Signed-in browsers: a row that can be revoked, found by the signed token in the cookie."""

from dataclasses import dataclass
from datetime import timedelta

import structlog
from sqlalchemy import ColumnElement, Update, case, delete, update
from sqlmodel import col, select
from sqlmodel.sql.expression import SelectOfScalar
from starlette.requests import cookie_parser

from .. import changes, db
from ..config import get_settings
from ..errors import NotFound
from ..workspaces.members import Member
from ..workspaces.models import Membership, Workspace
from .models import Session, User
from .tokens import InvalidToken, TokenPurpose, issue_token, read_token

SESSION_COOKIE = "sentineliq_session"
SESSION_LIFETIME = timedelta(days=30)
IDLE_LIFETIME = timedelta(days=14)
SEEN_EVERY = timedelta(minutes=5)

USER_AGENT_KEPT = 255

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Client:
    """What signs in: the address it comes from, and what the browser calls itself."""

    origin: str | None = None
    user_agent: str | None = None


NOWHERE = Client()


async def start_session(user_id: str, client: Client = NOWHERE) -> str:
    """Sign the user in on one more browser; returns the cookie's value. Their expired sessions go."""
    started = Session(
        user_id=user_id,
        expires_at=db.now() + SESSION_LIFETIME,
        user_agent=client.user_agent[:USER_AGENT_KEPT] if client.user_agent else None,
        origin=client.origin,
    )
    expired = delete(Session).where(col(Session.user_id) == user_id, col(Session.expires_at) < db.now())
    async with db.transaction() as session:
        await session.exec(expired)
        session.add(started)
    return issue_token(TokenPurpose.SESSION, subject=started.id, expires_at=started.expires_at)


async def current_member(cookie_header: str, *, origin: str | None = None) -> Member | None:
    """Who sends this `Cookie` header, in the workspace they chose, else the one they joined first.

    None for a stranger, an ended session, or someone who belongs to no workspace any more. `origin` is the
    address of their client.
    """
    session_id = session_id_of(cookie_header)
    if session_id is None:
        return None
    chosen_first = case((col(Membership.workspace_id) == col(Session.workspace_id), 0), else_=1)
    found = (
        select(Session, User, Membership, Workspace)
        .join(User, col(User.id) == Session.user_id)
        .join(Membership, col(Membership.user_id) == User.id)
        .join(Workspace, col(Workspace.id) == Membership.workspace_id)
        .where(col(Session.id) == session_id, *alive(), col(Workspace.deleted_at).is_(None))
        .order_by(chosen_first, col(Membership.created_at), col(Workspace.id))
        .limit(1)
    )
    async with db.reading() as session:
        row = (await session.exec(found)).first()
    if row is None:
        return None
    await _note_seen(row[0])
    return _member(user=row[1], membership=row[2], workspace=row[3], origin=origin)


async def current_user(cookie_header: str) -> User | None:
    """Who sends this `Cookie` header, whether or not they belong to a workspace."""
    session_id = session_id_of(cookie_header)
    if session_id is None:
        return None
    found: SelectOfScalar[User] = (
        select(User)
        .join(Session, col(Session.user_id) == User.id)
        .where(col(Session.id) == session_id, *alive())
    )
    async with db.reading() as session:
        return (await session.exec(found)).first()


async def choose_workspace(cookie_header: str, workspace_id: str) -> None:
    """This browser works in that workspace from now on, in all its tabs.

    Raises `NotFound` unless its person belongs to it.
    """
    before = await current_member(cookie_header)
    belongs = (
        select(Session.id)
        .join(Membership, col(Membership.user_id) == Session.user_id)
        .join(Workspace, col(Workspace.id) == Membership.workspace_id)
        .where(col(Session.id) == (session_id_of(cookie_header) or ""), *alive())
        .where(Workspace.id == workspace_id, col(Workspace.deleted_at).is_(None))
    )
    async with db.transaction() as session:
        session_id = (await session.exec(belongs)).first()
        if session_id is None:
            raise NotFound
        chosen = update(Session).where(col(Session.id) == session_id)
        await session.exec(chosen.values(workspace_id=workspace_id))
    if before is not None:
        changes.announce(before.workspace_id)  # its other tabs still show the workspace of before


async def revoke_session(cookie_header: str) -> None:
    """This browser's session ends, for every tab and every copy of the cookie."""
    session_id = session_id_of(cookie_header)
    if session_id is not None:
        async with db.transaction() as session:
            await session.exec(revoking().where(col(Session.id) == session_id))


async def revoke_all(user_id: str) -> None:
    """The user is signed out everywhere."""
    async with db.transaction() as session:
        await session.exec(revoking().where(col(Session.user_id) == user_id))


def revoking() -> Update:
    """Ends the sessions that a `where` picks, if they have not ended."""
    return update(Session).where(col(Session.revoked_at).is_(None)).values(revoked_at=db.now())


def session_id_of(cookie_header: str) -> str | None:
    """The session that the cookie names, alive or not; None for a cookie that is not ours."""
    token = cookie_parser(cookie_header).get(SESSION_COOKIE)
    try:
        return read_token(TokenPurpose.SESSION, token)["sub"] if token else None
    except InvalidToken:
        return None


def alive() -> tuple[ColumnElement[bool], ...]:
    """Neither revoked, nor too old, nor unused for too long."""
    return (
        col(Session.revoked_at).is_(None),
        col(Session.expires_at) > db.now(),
        col(Session.last_seen_at) > db.now() - IDLE_LIFETIME,
    )


async def _note_seen(seen: Session) -> None:
    """Keeps an active session from idling out. It may fail: who is signed in stays so."""
    if seen.last_seen_at > db.now() - SEEN_EVERY:
        return
    try:
        async with db.transaction() as session:
            await session.exec(
                update(Session).where(col(Session.id) == seen.id).values(last_seen_at=db.now())
            )
    except Exception:
        log.warning("session_not_marked_seen", session_id=seen.id, exc_info=True)


def _member(*, user: User, membership: Membership, workspace: Workspace, origin: str | None) -> Member:
    verified = user.email_verified_at is not None
    return Member(
        user_id=user.id,
        email=user.email,
        email_verified=verified,
        workspace_id=workspace.id,
        workspace_name=workspace.name,
        role=membership.role,
        is_staff=verified and user.email in get_settings().admin_emails,
        origin=origin,
        locale=user.locale,
    )
