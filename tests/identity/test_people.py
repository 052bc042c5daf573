from sentineliq import db
from sentineliq.identity.people import Person, owner_of
from sentineliq.workspaces.models import Role
from tests.factories import make_member, make_user, make_workspace


async def test_the_owner_is_the_one_with_that_role(database: db.Database) -> None:
    admin = await make_user()
    owner = await make_user(email="owner@example.org", verified=True)
    workspace = await make_workspace(owner=owner)
    await make_member(workspace, user=admin, role=Role.ADMIN)
    async with db.reading() as session:
        assert await owner_of(session, workspace.id) == Person(owner.id, "owner@example.org", True, None)
        assert await owner_of(session, "no-such-workspace") is None
