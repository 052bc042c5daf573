"""Nothing that one sees moves while a page loads on a phone."""

import pytest
from playwright.sync_api import Page, expect

from tests.e2e import steps
from tests.e2e.screens import settle
from tests.servers import Server

MOST = 0.05
"""https://web.dev/articles/cls calls up to 0.1 good."""
_OBSERVE = """
    window.shifts = 0;
    const add = (entries) => entries.forEach((entry) => { window.shifts += entry.value; });
    window.observer = new PerformanceObserver((list) => add(list.getEntries()));
    window.observer.observe({ type: 'layout-shift', buffered: true });
    window.allShifts = () => { add(window.observer.takeRecords()); return window.shifts; };
"""
_TWO_FRAMES_ON = """() => new Promise((resolve) => requestAnimationFrame(() =>
    requestAnimationFrame(() => resolve(window.allShifts()))))"""
_PAST_DUE = """
    update workspaces set subscription_status = 'past_due', subscription_plan = 'hobby' where id =
    (select workspace_id from memberships join users on users.id = user_id where email = ?)
"""


@pytest.mark.parametrize(
    "path",
    [
        "/workspace/billing",
        "/workspaces",
        "/workspace/members",
        "/workspace/audit",
        "/workspace/credits",
        "/notifications/preferences",
    ],
)
def test_a_page_comes_to_stand_where_it_stays(page: Page, server: Server, path: str) -> None:
    owner = steps.signed_up(page.context)
    steps.write(server, _PAST_DUE, owner)
    page.set_viewport_size({"width": 360, "height": 780})
    page.add_init_script(_OBSERVE)
    page.goto(path)
    settle(page)
    if path == "/workspace/billing":
        expect(page.locator("#billing-alert")).to_be_visible()
    assert page.evaluate(_TWO_FRAMES_ON) < MOST
