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
