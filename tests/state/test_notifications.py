"""The notifications page."""

from sentineliq import db
from sentineliq.activity.models import NotificationKind
from sentineliq.activity.notifications import notify
from sentineliq.state.notifications import NotificationsState
from tests.state.conftest import Team
from tests.state.tab import open_tab, send, target


async def test_a_stranger_is_led_to_log_in_and_back(team: Team) -> None:
    [sent] = await send(open_tab(NotificationsState, url="/notifications"), NotificationsState.load)
    assert target(sent) == "/login?next=%2Fnotifications"


async def test_marking_all_read_empties_the_count(team: Team) -> None:
    async with db.transaction() as tx:
        await notify(
            tx,
            user_ids=[team.owner_id],
            workspace_id=team.workspace.id,
            kind=NotificationKind.PAYMENT_FAILED,
            about="in_1",
            title="Payment failed",
        )
    tab = open_tab(NotificationsState, url="/notifications", cookie=team.owner)
    await send(tab, NotificationsState.load)
    assert [(entry.title, entry.is_unread) for entry in tab.entries] == [("Payment failed", True)]
    await send(tab, NotificationsState.mark_all_read)
    assert (tab.entries[0].is_unread, tab.unread, tab.marking) == (False, 0, False)


async def test_one_is_marked_read_and_only_by_the_one_it_was_told(team: Team) -> None:
    async with db.transaction() as tx:
        for about in ("in_1", "in_2"):
            await notify(
                tx,
                user_ids=[team.owner_id],
                workspace_id=team.workspace.id,
                kind=NotificationKind.PAYMENT_FAILED,
                about=about,
                title=about,
            )
    tab = open_tab(NotificationsState, url="/notifications", cookie=team.owner)
    await send(tab, NotificationsState.load)
    other = open_tab(NotificationsState, url="/notifications", cookie=team.member)
    await send(other, NotificationsState.mark_read, tab.entries[0].id)
    await send(tab, NotificationsState.mark_read, tab.entries[1].id)
    assert ([entry.is_unread for entry in tab.entries], tab.unread) == ([True, False], 1)
