"""Staff: people whose address is in ADMIN_EMAILS and verified, asked anew for everything they see or do.

To anyone else, what is staff's does not exist: the answer is `NotFound`, never a refusal.
"""

from dataclasses import dataclass

from sqlmodel.ext.asyncio.session import AsyncSession

from ..config import get_settings
from ..errors import NotFound
from .models import User
from .sessions import current_user


@dataclass(frozen=True, slots=True)
class StaffMember:
    """Someone of the staff, as read from the session cookie just now."""

    user_id: str
    email: str
    origin: str | None = None
    """The address of their client, for the audit log."""


async def require_staff(cookie_header: str, *, origin: str | None = None) -> StaffMember:
    """Who sends this `Cookie` header. Raises `NotFound` for whoever is not staff."""
    user = await current_user(cookie_header)
    if user is None or not is_staff(user):
        raise NotFound
    return StaffMember(user_id=user.id, email=user.email, origin=origin)


async def confirm(session: AsyncSession, staff: StaffMember) -> None:
    """Read the person again: every service of the staff begins with it. Raises `NotFound`."""
    user = await session.get(User, staff.user_id)
    if user is None or not is_staff(user):
        raise NotFound


def is_staff(user: User) -> bool:
    return user.email_verified_at is not None and user.email in get_settings().admin_emails
