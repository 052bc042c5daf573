"""A person as the services meet them: signed in, in a workspace, with the role they have there."""

from sentineliq import db
from sentineliq.identity.models import User
from sentineliq.workspaces.members import Member
from sentineliq.workspaces.models import Membership, Workspace


async def signed_in(user: User, workspace: Workspace) -> Member:
    """As the cookie says now; what happens to the membership afterwards makes this one stale."""
    async with db.reading() as session:
        membership = await session.get_one(Membership, (workspace.id, user.id))
    return Member(
        user_id=user.id,
        email=user.email,
        email_verified=True,
        workspace_id=workspace.id,
        workspace_name=workspace.name,
        role=membership.role,
        origin="203.0.113.7",
    )
