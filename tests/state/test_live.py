"""One event brings any page up to date."""

import pytest

from sentineliq.billing import operations
from sentineliq.identity import sessions
from sentineliq.state.billing import BillingState
from sentineliq.state.live import LiveState
from tests.state.conftest import Team
from tests.state.tab import open_tab, returning, send, target


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


async def test_a_refresh_that_fails_says_nothing(team: Team, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(operations, "get_billing_overview", returning(RuntimeError("down")))
    live = open_tab(LiveState, url="/workspace/billing", cookie=team.owner)
    assert await send(live, LiveState.refresh) == []
    assert live.problem == ""
