"""Signed-in browsers: a row that can be revoked, found by the signed token in the cookie."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import ColumnElement, Row, Update, bindparam, case, delete, func, select, update
from sqlmodel import col
from sqlmodel import select as select_models
from sqlmodel.sql.expression import SelectOfScalar
from starlette.requests import cookie_parser

from .. import changes, db, reads
from ..activity.models import Notification
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


@dataclass(frozen=True, slots=True)
class Visitor:
    """Someone signed in. `member` is None for whoever belongs to no workspace; `unread` counts what the
    workspace has told them and they have not read."""

    user_id: str
    email: str
    email_verified: bool
    locale: str | None
    member: Member | None
    unread: int = 0


async def current_visitor(cookie_header: str) -> Visitor | None:
    """Who sends this `Cookie` header: a member in the workspace they chose, else the one they joined first.

    None for a stranger and an ended session.
    """
    return (await visitors([cookie_header])).get(cookie_header)


async def visitors(cookie_headers: Collection[str]) -> Mapping[str, Visitor]:
    """Who sends each of these `Cookie` headers, by one query for all; strangers are not among them."""
    ids = {cookie: session_id for cookie in cookie_headers if (session_id := session_id_of(cookie))}
    if not ids:
        return {}
    now = db.now()
    values = {"ids": sorted({*ids.values()}), "now": now, "idle_since": now - IDLE_LIFETIME}
    found: dict[str, Row[Any]] = {}
    for row in await reads.rows(_VISITORS, values):
        found.setdefault(row.session_id, row)
    await _note_seen({session_id: row.last_seen_at for session_id, row in found.items()})
    here = {session_id: _visitor(row) for session_id, row in found.items()}
    return {cookie: here[session_id] for cookie, session_id in ids.items() if session_id in here}


async def current_member(cookie_header: str, *, origin: str | None = None) -> Member | None:
    """Who sends this `Cookie` header, in the workspace they chose, else the one they joined first.

    None for a stranger, an ended session, or someone who belongs to no workspace any more. `origin` is the
    address of their client.
    """
    visitor = await current_visitor(cookie_header)
    member = visitor and visitor.member
    return member and replace(member, origin=origin)


async def current_user(cookie_header: str) -> User | None:
    """Who sends this `Cookie` header, whether or not they belong to a workspace."""
    session_id = session_id_of(cookie_header)
    if session_id is None:
        return None
    found: SelectOfScalar[User] = (
        select_models(User)
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
        select_models(Session.id)
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
    """This browser's session ends, for every tab and every copy of the cookie; its pages find out at once."""
    session_id = session_id_of(cookie_header)
    if session_id is None:
        return
    ending = revoking().where(col(Session.id) == session_id).returning(col(Session.user_id))
    async with db.transaction() as session:
        user_id = (await session.exec(ending)).scalar()
    if user_id is not None:
        await tell_pages_of(user_id)


async def tell_pages_of(user_id: str) -> None:
    """The user's open pages ask anew who is there."""
    theirs = select_models(Membership.workspace_id).where(Membership.user_id == user_id)
    async with db.reading() as session:
        changes.announce(*(await session.exec(theirs)).all())


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
    return _alive(now=db.now(), idle_since=db.now() - IDLE_LIFETIME)


def _alive(*, now: Any, idle_since: Any) -> tuple[ColumnElement[bool], ...]:
    return (
        col(Session.revoked_at).is_(None),
        col(Session.expires_at) > now,
        col(Session.last_seen_at) > idle_since,
    )


_unread = (
    select(func.count())
    .where(
        col(Notification.user_id) == col(User.id),
        col(Notification.workspace_id) == col(Workspace.id),
        col(Notification.read_at).is_(None),
    )
    .correlate(User, Workspace)
    .scalar_subquery()
)
_VISITORS = (
    select(
        col(Session.id).label("session_id"),
        col(Session.last_seen_at),
        col(User.id).label("user_id"),
        col(User.email),
        col(User.email_verified_at),
        col(User.locale),
        col(Membership.role),
        col(Workspace.id).label("workspace_id"),
        col(Workspace.name).label("workspace_name"),
        _unread.label("unread"),
    )
    .select_from(Session)
    .join(User, col(User.id) == col(Session.user_id))
    .outerjoin(Membership, col(Membership.user_id) == col(User.id))
    .outerjoin(
        Workspace, (col(Workspace.id) == col(Membership.workspace_id)) & col(Workspace.deleted_at).is_(None)
    )
    .where(col(Session.id).in_(bindparam("ids", expanding=True)))
    .where(*_alive(now=bindparam("now"), idle_since=bindparam("idle_since")))
    .order_by(
        col(Workspace.id).is_(None),
        case((col(Membership.workspace_id) == col(Session.workspace_id), 0), else_=1),
        col(Membership.created_at),
        col(Workspace.id),
    )
)
"""A row for each workspace of each session's person, the one they work in first."""


async def _note_seen(last_seen: Mapping[str, datetime]) -> None:
    """Keeps active sessions from idling out. It may fail: who is signed in stays so."""
    long_ago = db.now() - SEEN_EVERY
    ids = [session_id for session_id, seen in last_seen.items() if seen <= long_ago]
    if not ids:
        return
    try:
        async with db.transaction() as session:
            await session.exec(update(Session).where(col(Session.id).in_(ids)).values(last_seen_at=db.now()))
    except Exception:
        log.warning("session_not_marked_seen", session_ids=ids, exc_info=True)


def _visitor(row: Row[Any]) -> Visitor:
    return Visitor(
        user_id=row.user_id,
        email=row.email,
        email_verified=row.email_verified_at is not None,
        locale=row.locale,
        member=_member(row) if row.workspace_id is not None else None,
        unread=row.unread if row.workspace_id is not None else 0,
    )


def _member(row: Row[Any]) -> Member:
    verified = row.email_verified_at is not None
    return Member(
        user_id=row.user_id,
        email=row.email,
        email_verified=verified,
        workspace_id=row.workspace_id,
        workspace_name=row.workspace_name,
        role=row.role,
        is_staff=verified and row.email in get_settings().admin_emails,
        locale=row.locale,
    )
