import asyncio
from collections.abc import Sequence

from sentineliq import db
from sentineliq.activity import notifications
from sentineliq.activity.models import NotificationKind
from sentineliq.identity.models import User
from sentineliq.workspaces.models import Workspace
from tests.factories import make_member, make_user, make_workspace


async def _notify(workspace: Workspace, users: Sequence[User], about: str, title: str = "Paid") -> None:
    async with db.transaction() as session:
        await notifications.notify(
            session,
            user_ids=[user.id for user in users],
            workspace_id=workspace.id,
            kind=NotificationKind.PAYMENT_RECEIVED,
            about=about,
            title=title,
        )


async def _titles(workspace: Workspace, user: User) -> list[str]:
    told = await notifications.list_notifications(user_id=user.id, workspace_id=workspace.id)
    return [notification.title for notification in told]


async def _unread(workspace: Workspace, user: User) -> int:
    told = await notifications.list_notifications(user_id=user.id, workspace_id=workspace.id)
    return sum(notification.read_at is None for notification in told)


async def test_each_member_is_told_once_of_each_fact(database: db.Database) -> None:
    owner = await make_user()
    workspace = await make_workspace(owner=owner)
    member = await make_member(workspace)
    await _notify(workspace, [owner, member, owner], "payment_received:in_1", "First")
    await _notify(workspace, [member, owner], "payment_received:in_1", "Again")
    await _notify(workspace, [owner], "payment_received:in_2", "Second")
    await _notify(workspace, [], "payment_received:in_3")
    assert await _titles(workspace, owner) == ["Second", "First"]
    assert await _titles(workspace, member) == ["First"]


async def test_the_same_fact_in_another_workspace_is_told_there_too(database: db.Database) -> None:
    owner = await make_user()
    first, second = await make_workspace(owner=owner), await make_workspace(owner=owner)
    await _notify(first, [owner], "plan_changed:sub_1")
    await _notify(second, [owner], "plan_changed:sub_1")
    assert (await _unread(first, owner), await _unread(second, owner)) == (1, 1)


async def test_concurrent_tellings_of_one_fact_make_one_notification(database: db.Database) -> None:
    owner = await make_user()
    workspace = await make_workspace(owner=owner)
    members = [owner, *[await make_member(workspace) for _ in range(3)]]
    orders = [members, members[::-1]] * 5
    await asyncio.gather(*(_notify(workspace, users, "payment_received:in_1") for users in orders))
    assert [await _unread(workspace, user) for user in members] == [1, 1, 1, 1]


async def test_a_workspace_made_in_the_same_transaction_can_be_told_of(database: db.Database) -> None:
    owner = await make_user()
    workspace = Workspace(name="New")
    async with db.transaction() as session:
        session.add(workspace)
        await notifications.notify(
            session,
            user_ids=[owner.id],
            workspace_id=workspace.id,
            kind=NotificationKind.PLAN_CHANGED,
            about="plan_changed:sub_1",
            title="x" * 300,
            body="y" * 2000,
        )
    [told] = await notifications.list_notifications(user_id=owner.id, workspace_id=workspace.id)
    assert (len(told.title), len(told.body)) == (200, 1000)


async def test_reading_all_leaves_nothing_unread_and_keeps_the_first_time(database: db.Database) -> None:
    owner = await make_user()
    workspace = await make_workspace(owner=owner)
    other = await make_member(workspace)
    for about in ("a", "b"):
        await _notify(workspace, [owner, other], about)
    newest, oldest = await notifications.list_notifications(user_id=owner.id, workspace_id=workspace.id)
    assert oldest.id and newest.id
    await notifications.mark_read(user_id=owner.id, workspace_id=workspace.id, notification_id=oldest.id)
    assert await _unread(workspace, owner) == 1
    [first_time] = [
        told.read_at
        for told in await notifications.list_notifications(user_id=owner.id, workspace_id=workspace.id)
        if told.id == oldest.id
    ]
    await notifications.mark_all_read(user_id=owner.id, workspace_id=workspace.id)
    told = await notifications.list_notifications(user_id=owner.id, workspace_id=workspace.id)
    assert all(each.read_at for each in told) and told[1].read_at == first_time
    assert (await _unread(workspace, owner), await _unread(workspace, other)) == (0, 2)


async def test_nobody_can_mark_anothers_notification_read(database: db.Database) -> None:
    owner = await make_user()
    workspace = await make_workspace(owner=owner)
    stranger = await make_user()
    await _notify(workspace, [owner], "a")
    [told] = await notifications.list_notifications(user_id=owner.id, workspace_id=workspace.id)
    assert told.id
    await notifications.mark_read(user_id=stranger.id, workspace_id=workspace.id, notification_id=told.id)
    assert await _unread(workspace, owner) == 1
