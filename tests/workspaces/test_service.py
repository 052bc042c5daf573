import pytest
from sqlalchemy.exc import IntegrityError

from sentineliq import db
from sentineliq.activity import audit
from sentineliq.activity.models import AuditAction
from sentineliq.workspaces import service
from sentineliq.workspaces.models import Role
from tests.factories import make_member, make_user, make_workspace


async def test_a_new_workspace_has_its_owner_and_an_audit_row(database: db.Database) -> None:
    owner = await make_user()
    workspace = await make_workspace(name="  Acme  ", owner=owner)
    async with db.reading() as session:
        assert await service.member_ids(session, workspace.id) == [owner.id]
        [entry] = await audit.list_entries(session, workspace_id=workspace.id)
    assert (entry.action, entry.actor) == (AuditAction.WORKSPACE_CREATED, owner.id)
    assert entry.after == {"name": "Acme", "owner": owner.id}
    assert (workspace.credits, workspace.subscription_status, workspace.stripe_customer_id) == (0, None, None)


@pytest.mark.parametrize("name", ["", "   ", "x" * 81, "a\nb", "a\r\nBcc: x@example.com", "a\x00b", "‮abc"])
async def test_a_name_that_cannot_be_shown_is_refused(database: db.Database, name: str) -> None:
    owner = await make_user()
    with pytest.raises(service.InvalidWorkspaceName):
        await make_workspace(name=name, owner=owner)
    assert await service.list_workspaces(owner.id) == []


async def test_a_workspace_cannot_have_two_owners(database: db.Database) -> None:
    workspace = await make_workspace()
    with pytest.raises(IntegrityError):
        await make_member(workspace, role=Role.OWNER)


async def test_members_are_all_who_belong_whatever_their_role(database: db.Database) -> None:
    owner = await make_user()
    workspace = await make_workspace(owner=owner)
    admin = await make_member(workspace, role=Role.ADMIN)
    member = await make_member(workspace)
    await make_workspace()
    async with db.reading() as session:
        assert set(await service.member_ids(session, workspace.id)) == {owner.id, admin.id, member.id}
        assert await service.member_ids(session, "no-such-workspace") == []


async def test_a_persons_workspaces_come_with_their_role_oldest_first(database: db.Database) -> None:
    person = await make_user()
    own = await make_workspace(name="Own", owner=person)
    joined = await make_workspace(name="Joined")
    await make_member(joined, user=person, role=Role.ADMIN)
    await make_workspace(name="Foreign")
    assert await service.list_workspaces(person.id) == [
        service.WorkspaceEntry(own.id, "Own", Role.OWNER),
        service.WorkspaceEntry(joined.id, "Joined", Role.ADMIN),
    ]
