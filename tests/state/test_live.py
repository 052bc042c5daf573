"""One event brings any page up to date, and those who are told together read together."""

from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest
from reflex.event import EventHandler
from sqlmodel import update

from sentineliq import changes, db, live, startup
from sentineliq.billing import operations
from sentineliq.identity import sessions
from sentineliq.identity import team as people
from sentineliq.pages import PAGES, Page
from sentineliq.state.billing import BillingState
from sentineliq.state.live import PAGE_STATES, LiveState
from sentineliq.state.session import SessionState
from sentineliq.workspaces.models import Workspace
from tests.state.conftest import Team
from tests.state.tab import open_tab, returning, send, target
from tests.statements import asked_meanwhile


@pytest.mark.parametrize("url", ["/workspace/billing", "/workspace/billing/"])
async def test_the_open_page_is_refreshed(team: Team, url: str) -> None:
    live = open_tab(LiveState, url=url, cookie=team.owner)
    await send(live, LiveState.refresh)
    billing = await live.get_state(BillingState)
    assert billing.loaded
    assert billing.workspace_name == "Acme"


async def test_a_page_without_a_part_of_its_own_refreshes_its_header(team: Team) -> None:
    live = open_tab(LiveState, url="/", cookie=team.owner)
    assert await send(live, LiveState.refresh) == []
    assert live.workspace_name == "Acme"


async def test_whoever_has_logged_out_elsewhere_leaves_the_page(team: Team) -> None:
    live = open_tab(LiveState, url="/workspace/billing", cookie=team.owner)
    await sessions.revoke_session(team.owner)
    [sent] = await send(live, LiveState.refresh)
    assert target(sent) == "/login?next=%2Fworkspace%2Fbilling"


@pytest.mark.parametrize("shown", PAGES, ids=lambda shown: shown.path)
def test_every_page_that_can_be_brought_up_to_date_is(shown: Page) -> None:
    assert isinstance(shown.on_load, EventHandler)
    by_name = {each.get_full_name(): each for each in states(SessionState)}
    state = by_name[shown.on_load.state_full_name]
    has_a_part_of_its_own = state._refresh is not SessionState._refresh
    assert PAGE_STATES.get(shown.path, SessionState) is (state if has_a_part_of_its_own else SessionState)


def states(of: type[SessionState]) -> Iterator[type[SessionState]]:
    yield of
    for below in of.get_substates():
        yield from states(below)  # pyright: ignore[reportArgumentType]


async def test_a_refresh_that_fails_says_nothing(team: Team, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(operations, "get_billing_overview", returning(RuntimeError("down")))
    live = open_tab(LiveState, url="/workspace/billing", cookie=team.owner)
    assert await send(live, LiveState.refresh) == []
    assert live.problem == ""


class OpenPages:
    """Billing pages, told by the event that a server would send; `then` is done once a page is told."""

    def __init__(self, cookies: dict[str, str]) -> None:
        self.tabs = {
            token: open_tab(LiveState, url="/workspace/billing", cookie=cookie)
            for token, cookie in cookies.items()
        }
        self.then: dict[str, Callable[[], Awaitable[object]]] = {}
        self.sent: dict[str, list[Any]] = {}

    def socket_of(self, client_token: str) -> str | None:
        return "socket" if client_token in self.tabs else None

    async def refresh(self, client_token: str, _router_data: dict[str, Any]) -> None:
        self.sent[client_token] = await send(self.tabs[client_token], LiveState.refresh)
        if then := self.then.get(client_token):
            await then()

    async def address_at(self, client_token: str) -> str:
        return (await self.tabs[client_token].get_state(BillingState)).billing_email


@pytest.fixture
def pages(team: Team, monkeypatch: pytest.MonkeyPatch) -> OpenPages:
    """Three open pages of the workspace, told one after the other in one turn."""
    pages = OpenPages({"first": team.owner, "second": team.member, "third": team.owner})
    feed = live.Feed(pages=pages)
    monkeypatch.setattr(live, "feed", feed)
    monkeypatch.setattr(live, "AT_ONCE", 1)
    monkeypatch.setattr(live, "PATIENCE", 60)
    monkeypatch.setattr(changes, "_subscribers", [startup._refresh_pages])
    for token, tab in pages.tabs.items():
        tab.router_data = {**tab.router_data, "token": token}
        tab.router = type(tab.router).from_router_data(tab.router_data)
        feed.watch(token, team.workspace.id, tab.router_data)
    return pages


async def change_address(team: Team, address: str) -> None:
    async with db.transaction() as session:
        await session.exec(update(Workspace).values(billing_email=address))
    changes.announce(team.workspace.id)


async def test_pages_that_are_told_together_ask_as_often_as_one_of_each_role(
    team: Team, pages: OpenPages
) -> None:
    with asked_meanwhile() as asked:
        assert await live.feed.refresh(team.workspace.id) == 3
    assert len(asked) == 1 + 2 + 2, "who they all are, and the page as the owner and as members see it"
    assert all([(await tab.get_state(BillingState)).loaded for tab in pages.tabs.values()])
    owner, member = [await pages.tabs[each].get_state(BillingState) for each in ("third", "second")]
    assert (owner.can_manage, member.can_manage) == (True, False)
    assert (owner.email, member.email) == ("owner@example.com", member.email)
    assert owner.usage is not (await pages.tabs["first"].get_state(BillingState)).usage


async def test_a_member_removed_just_before_the_change_is_told_nothing_of_it(
    team: Team, pages: OpenPages
) -> None:
    """Though their page is in a turn whose cookies were read while they were a member."""

    async def removed_and_changed() -> None:
        owner, member = [await sessions.current_member(cookie) for cookie in (team.owner, team.member)]
        assert owner
        assert member
        await people.remove_member(member=owner, user_id=member.user_id)
        await change_address(team, "secret@example.com")

    pages.then["first"] = removed_and_changed
    async with live.feed.running(None):
        await live.feed.refresh(team.workspace.id)
    assert await pages.address_at("third") == "secret@example.com"
    assert await pages.address_at("second") == ""
    assert target(pages.sent["second"][0]) == "/login?next=%2Fworkspace%2Fbilling"


async def test_a_session_that_was_ended_just_before_the_change_is_told_nothing_of_it(
    team: Team, pages: OpenPages
) -> None:
    async def ended_and_changed() -> None:
        await sessions.revoke_session(team.member)
        await change_address(team, "secret@example.com")

    pages.then["first"] = ended_and_changed
    async with live.feed.running(None):
        await live.feed.refresh(team.workspace.id)
    assert await pages.address_at("second") == ""
    assert await pages.address_at("third") == "secret@example.com"
