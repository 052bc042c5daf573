"""Finding people, for those who must write to them or pay on their behalf."""

from dataclasses import dataclass

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from ..workspaces.models import Membership, Role
from .models import User


@dataclass(frozen=True, slots=True)
class Person:
    """Someone as other parts of the product know them."""

    user_id: str
    email: str
    email_verified: bool
    locale: str | None
    """The language that they have chosen."""


async def owner_of(session: AsyncSession, workspace_id: str) -> Person | None:
    """The workspace's owner; None where the workspace is deleted or unknown."""
    owner = (
        select(User)
        .join(Membership, col(Membership.user_id) == User.id)
        .where(Membership.workspace_id == workspace_id, Membership.role == Role.OWNER)
    )
    user = (await session.exec(owner)).first()
    return user and Person(user.id, user.email, user.email_verified_at is not None, user.locale)
