"""Rows that tests start from; each function makes one, with what the test does not care about filled in."""

from itertools import count

from sentineliq import db
from sentineliq.identity.models import User
from sentineliq.workspaces import service
from sentineliq.workspaces.models import Membership, Role, Workspace

_numbers = count(1)


async def make_user(
    *, email: str | None = None, password_hash: str = "unusable", verified: bool = False
) -> User:
    user = User(email=email or f"user{next(_numbers)}@example.com", password_hash=password_hash)
    user.email_verified_at = db.now() if verified else None
    async with db.transaction() as session:
        session.add(user)
    return user


async def make_workspace(*, name: str = "Acme", owner: User | None = None) -> Workspace:
    owner = owner or await make_user()
    async with db.transaction() as session:
        return await service.create_workspace(session, name=name, owner_id=owner.id)


async def make_member(workspace: Workspace, *, user: User | None = None, role: Role = Role.MEMBER) -> User:
    user = user or await make_user()
    async with db.transaction() as session:
        session.add(Membership(workspace_id=workspace.id, user_id=user.id, role=role))
    return user
