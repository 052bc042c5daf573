"""Choosing what to hear of."""

from sentineliq.state.notification_preferences import NotificationPreferencesState as State
from tests.state.conftest import Team
from tests.state.tab import open_tab, send

URL = "/notifications/preferences"


async def test_a_choice_is_this_persons_alone(team: Team) -> None:
    tab = open_tab(State, url=URL, cookie=team.owner)
    await send(tab, State.load)
    await send(tab, State.choose, "credits_added", "in_app", False)
    other = open_tab(State, url=URL, cookie=team.member)
    await send(other, State.load)
    chosen = [next(row.in_app for row in each.rows if row.kind == "credits_added") for each in (tab, other)]
    assert chosen == [False, True]


async def test_what_is_always_on_stays_on(team: Team) -> None:
    tab = open_tab(State, url=URL, cookie=team.owner)
    await send(tab, State.choose, "payment_failed", "by_mail", False)
    assert tab.problem == "Notifications about failing payments cannot be switched off."
    await send(tab, State.choose, "anything", "by_pigeon", True)
    assert tab.problem == "There is nothing here."


async def test_without_a_session_nothing_is_chosen(team: Team) -> None:
    tab = open_tab(State, url=URL)
    await send(tab, State.choose, "credits_added", "in_app", False)
    assert (tab.problem != "", tab.rows) == (True, [])
