"""The people of one workspace, each signed in at a browser: as rows and as cookies, without a password."""

from datetime import UTC, datetime, timedelta

import jwt
from sqlmodel import insert

from bench.contestants import JWT_SECRET
from sentineliq import db
from sentineliq.identity.models import Session, User
from sentineliq.identity.sessions import SESSION_COOKIE
from sentineliq.identity.tokens import TokenPurpose
from sentineliq.workspaces.models import Membership, Role

COLLEAGUES = 20


async def sign_in(database_url: str, *, workspace: str, owner: str) -> list[str]:
    """Give the workspace members, and sign all in: their `Cookie` headers, the owner's first."""
    now = datetime.now(UTC)
    colleagues = [f"colleague{number}" for number in range(COLLEAGUES)]
    database = db.connect(database_url)
    try:
        async with database.writer.begin() as connection:
            await connection.execute(insert(User), [_user(name, now) for name in colleagues])
            await connection.execute(insert(Membership), [_membership(workspace, n, now) for n in colleagues])
            await connection.execute(insert(Session), [_session(user, now) for user in (owner, *colleagues)])
    finally:
        await database.dispose()
    return [_cookie(user, now) for user in (owner, *colleagues)]


def _user(name: str, now: datetime) -> dict[str, object]:
    address = f"{name}@example.com"
    return {
        "id": name,
        "email": address,
        "password_hash": "unusable",
        "created_at": now,
        "email_verified_at": now,
    }


def _membership(workspace: str, user: str, now: datetime) -> dict[str, object]:
    return {"workspace_id": workspace, "user_id": user, "role": Role.MEMBER, "created_at": now}


def _session(user: str, now: datetime) -> dict[str, object]:
    return {
        "id": _session_of(user),
        "user_id": user,
        "created_at": now,
        "last_seen_at": now,
        "expires_at": now + timedelta(days=1),
    }


def _session_of(user: str) -> str:
    return f"session-{user}"


def _cookie(user: str, now: datetime) -> str:
    """As `identity.tokens` signs it, with the secret of the server that is measured."""
    purpose = TokenPurpose.SESSION.audience
    body = {"sub": _session_of(user), "aud": purpose, "exp": now + timedelta(days=1)}
    return f"{SESSION_COOKIE}={jwt.encode(body, JWT_SECRET, algorithm='HS256')}"
