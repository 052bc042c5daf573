"""The database: reachable, current, and what it tells of events and owners."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from .. import db, migrations
from ..billing.stored_events import foreign_versions
from ..findings import Finding, fails, holds
from ..identity.models import User
from ..workspaces.models import Membership, Role, Workspace
from .patient import Patient

MANY = 5
"""How many are named."""


async def check_database(patient: Patient) -> list[Finding]:
    """Two lines: reachable within bounds, and migrated."""
    database = db.connect(patient.settings.database_url)
    try:
        async with database.reader.connect() as connection:
            current = await migrations.is_current(connection)
            keeps_limits = await db.keeps_limits(connection)
    except (SQLAlchemyError, OSError) as error:
        mend = "start it, and check DATABASE_URL's host, name, user and password"
        return [fails("database", f"cannot be reached ({type(error).__name__})", mend=mend)]
    finally:
        await database.dispose()
    reachable = holds("database", database.url.get_backend_name())
    if not keeps_limits:
        mend = "a pooler drops it: set the limits on the role instead, as docs/production.md tells"
        reachable = fails("database", "waits without end: statement_timeout is 0", mend=mend)
    if not current:
        says = f"the schema is not at revision {migrations.newest_revision()}"
        return [reachable, fails("migrations", says, mend="run `sentineliq db upgrade`")]
    return [reachable, holds("migrations", f"at revision {migrations.newest_revision()}")]


async def check_event_versions(patient: Patient) -> list[Finding]:
    """Events of another API version are handled too; they tell of an endpoint that should be replaced."""
    version = patient.settings.stripe_api_version
    async with _reading(patient) as session:
        foreign = await foreign_versions(session, version=version)
    if foreign:
        told = ", ".join(f"{each.events} of {each.version}" for each in foreign)
        mend = "run `sentineliq stripe setup`: it makes an endpoint of our version"
        return [fails("event versions", f"lately came {told}, not {version}", mend=mend)]
    return [holds("event versions", f"no event of another version than {version} in a week")]


async def check_owners(patient: Patient) -> list[Finding]:
    """Stripe's customers are made with the owner's mail address."""
    owners = (
        select(Membership.workspace_id)
        .join(User, col(User.id) == Membership.user_id)
        .where(Membership.role == Role.OWNER, col(User.email) != "")
    )
    query = select(Workspace.id).where(col(Workspace.deleted_at).is_(None), col(Workspace.id).not_in(owners))
    async with _reading(patient) as session:
        without = (await session.exec(query)).all()
    if without:
        says = f"{len(without)} workspaces have no owner with a mail address: {', '.join(without[:MANY])}"
        return [fails("owners' addresses", says, mend="give each an owner, or the owner an address")]
    return [holds("owners' addresses", "every workspace has one")]


@asynccontextmanager
async def _reading(patient: Patient) -> AsyncIterator[AsyncSession]:
    """A connection of this check's own: checks run at the same time."""
    database = db.connect(patient.settings.database_url)
    try:
        async with AsyncSession(database.reader) as session:
            yield session
    finally:
        await database.dispose()
