"""The demo accounts that development starts with."""

from sqlalchemy.exc import IntegrityError
from sqlmodel import select

from .. import db
from ..config import DEVELOPMENT_STAFF, get_settings
from ..workspaces import service as workspaces
from .models import User
from .passwords import hash_password

DEMO_EMAIL = "owner@example.com"
DEMO_PASSWORD = "sentineliq-demo"  # noqa: S105  public, and never made in production
DEMO_WORKSPACE = "Acme"
STAFF_WORKSPACE = "SentinelIQ"


async def seed_demo() -> bool:
    """Make the demo owner and workspace, and a member of staff with one of their own; whether the owner was
    made now. Never in production, and never twice."""
    if get_settings().in_production:
        return False
    made = await _seed(DEMO_EMAIL, workspace=DEMO_WORKSPACE)
    await _seed(DEVELOPMENT_STAFF, workspace=STAFF_WORKSPACE)
    return made


async def _seed(email: str, *, workspace: str) -> bool:
    async with db.reading() as session:
        if (await session.exec(select(User).where(User.email == email))).first():
            return False
    owner = User(email=email, password_hash=await hash_password(DEMO_PASSWORD), email_verified_at=db.now())
    try:
        async with db.transaction() as session:
            session.add(owner)
            await session.flush()
            await workspaces.create_workspace(session, name=workspace, owner_id=owner.id)
    except IntegrityError:  # another process seeds at the same moment
        return False
    return True
