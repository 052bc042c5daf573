import pytest

from sentineliq import db
from sentineliq.activity import notifications, preferences
from sentineliq.activity.models import NotificationKind
from sentineliq.activity.preferences import ALWAYS_ON, AlwaysOn, Channel
from tests.factories import make_member, make_user, make_workspace

KIND = NotificationKind.CREDITS_ADDED


async def switch(user_id: str, kind: NotificationKind, channel: Channel, *, on: bool) -> None:
    await preferences.set_preference(user_id=user_id, kind=kind, channel=channel, wanted=on)


async def test_whoever_has_chosen_nothing_hears_of_everything(database: db.Database) -> None:
    user = await make_user()
    chosen = await preferences.list_preferences(user.id)
    assert [each.kind for each in chosen] == list(NotificationKind)
    assert all(each.in_app and each.by_mail for each in chosen)


async def test_a_choice_is_kept_for_its_kind_and_channel_alone(database: db.Database) -> None:
    user = await make_user()
    await switch(user.id, KIND, Channel.BY_MAIL, on=False)
    await switch(user.id, KIND, Channel.IN_APP, on=False)
    await switch(user.id, KIND, Channel.IN_APP, on=True)
    off = [each for each in await preferences.list_preferences(user.id) if not each.by_mail]
    assert [(each.kind, each.in_app) for each in off] == [(KIND, True)]


@pytest.mark.parametrize("kind", ALWAYS_ON)
async def test_failing_payments_are_always_told(database: db.Database, kind: NotificationKind) -> None:
    user = await make_user()
    with pytest.raises(AlwaysOn):
        await switch(user.id, kind, Channel.IN_APP, on=False)


async def test_who_switched_a_kind_off_is_not_told_and_the_others_are(database: db.Database) -> None:
    owner = await make_user()
    workspace = await make_workspace(owner=owner)
    member = await make_member(workspace)
    await switch(owner.id, KIND, Channel.IN_APP, on=False)
    for kind in (KIND, NotificationKind.PLAN_CHANGED):
        async with db.transaction() as session:
            await notifications.notify(
                session,
                user_ids=[owner.id, member.id],
                workspace_id=workspace.id,
                kind=kind,
                about=kind,
                title=kind,
            )
    told = [
        len(await notifications.list_notifications(user_id=user.id, workspace_id=workspace.id))
        for user in (owner, member)
    ]
    assert told == [1, 2]
