"""Someone of the staff, and those who are not."""

import pytest

from sentineliq import config, db
from sentineliq.identity.models import User
from sentineliq.identity.staff import StaffMember
from tests.factories import make_user


def as_staff(user: User) -> StaffMember:
    """What a forged caller would hold: the services must not take its word."""
    return StaffMember(user_id=user.id, email=user.email, origin="203.0.113.7")


@pytest.fixture
async def staff(database: db.Database, billing_settings: config.Settings) -> StaffMember:
    return as_staff(await make_user(email="staff@example.com", verified=True))
