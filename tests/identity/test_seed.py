import asyncio

import pytest
from sqlmodel import select

from sentineliq import config, db
from sentineliq.identity import accounts, seed, sessions
from sentineliq.identity.models import User
from sentineliq.workspaces.service import list_workspaces


async def test_development_starts_with_a_verified_owner_of_acme(
    database: db.Database, settings: config.Settings
) -> None:
    assert await seed.seed_demo() is True
    signed_in = await accounts.log_in("owner@example.com", "sentineliq-demo")
    member = await sessions.current_member(f"{sessions.SESSION_COOKIE}={signed_in.cookie}")
    assert member is not None
    assert (member.workspace_name, member.is_owner, member.email_verified) == ("Acme", True, True)


async def test_seeding_again_or_at_once_makes_nothing_more(
    database: db.Database, settings: config.Settings
) -> None:
    done = await asyncio.gather(*(seed.seed_demo() for _ in range(3)))
    assert sorted(done) == [False, False, True]
    assert await seed.seed_demo() is False
    async with db.reading() as session:
        people = {user.email: user.id for user in await session.exec(select(User))}
    assert sorted(people) == ["owner@example.com", "staff@example.com"]
    assert [len(await list_workspaces(user_id)) for user_id in people.values()] == [1, 1]


async def test_development_has_someone_of_the_staff_and_the_owner_is_not(
    database: db.Database, settings: config.Settings
) -> None:
    await seed.seed_demo()
    for email, is_staff in (("owner@example.com", False), ("staff@example.com", True)):
        signed_in = await accounts.log_in(email, "sentineliq-demo")
        member = await sessions.current_member(f"{sessions.SESSION_COOKIE}={signed_in.cookie}")
        assert member is not None
        assert member.is_staff is is_staff


async def test_production_is_never_seeded(
    database: db.Database, settings: config.Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    production = settings.model_copy(update={"sentineliq_env": config.Environment.PRODUCTION})
    monkeypatch.setattr(seed, "get_settings", lambda: production)
    assert await seed.seed_demo() is False
    async with db.reading() as session:
        assert (await session.exec(select(User))).all() == []
