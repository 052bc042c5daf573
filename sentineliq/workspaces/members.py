"""Who acts, in which workspace, with which role: the one answer that every service asks for."""

from dataclasses import dataclass

from ..errors import AppError
from ..i18n import mark
from .models import Role

ROLE_NAMES = {Role.OWNER: mark("Owner"), Role.ADMIN: mark("Admin"), Role.MEMBER: mark("Member")}


class NotWorkspaceOwner(AppError):
    status = 403
    message = "Only the owner of this workspace can do this."


@dataclass(frozen=True, slots=True)
class Member:
    """A signed-in person in their current workspace, as read from the session cookie just now."""

    user_id: str
    email: str
    email_verified: bool
    workspace_id: str
    workspace_name: str
    role: Role
    is_staff: bool = False
    origin: str | None = None
    """The address of their client, for the audit log."""
    locale: str | None = None
    """The language that they have chosen."""

    @property
    def is_owner(self) -> bool:
        return self.role is Role.OWNER

    def require_owner(self) -> None:
        """Raises `NotWorkspaceOwner`: only the owner acts on billing."""
        if not self.is_owner:
            raise NotWorkspaceOwner
