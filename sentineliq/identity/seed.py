"""The demo account that development starts with."""

from sqlalchemy.exc import IntegrityError
from sqlmodel import select

from .. import db
from ..config import get_settings
from ..workspaces import service as workspaces
from .models import User
from .passwords import hash_password

DEMO_EMAIL = "owner@example.com"
DEMO_PASSWORD = "sentineliq-demo"  # noqa: S105  public, and never made in production
DEMO_WORKSPACE = "Acme"


async def seed_demo() -> bool:
    """Make the demo owner and workspace; whether it was done now. Never in production, and never twice."""
    if get_settings().in_production:
        return False
    async with db.reading() as session:
        if (await session.exec(select(User).where(User.email == DEMO_EMAIL))).first():
            return False
    owner = User(
        email=DEMO_EMAIL, password_hash=await hash_password(DEMO_PASSWORD), email_verified_at=db.now()
    )
    try:
        async with db.transaction() as session:
            session.add(owner)
            await session.flush()
            await workspaces.create_workspace(session, name=DEMO_WORKSPACE, owner_id=owner.id)
    except IntegrityError:  # another process seeds at the same moment
        return False
    return True
