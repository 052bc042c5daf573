"""The server goes away under an open page, and comes back."""

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e import steps
from tests.servers import Server, running_server


def is_killed(server: Server) -> None:
    """Nobody says goodbye on the sockets."""
    os.killpg(server.process.pid, signal.SIGKILL)
    server.process.wait(timeout=15)


def sent_from_now_on(page: Page) -> list[str]:
    """What the page sends on each websocket that it opens."""
    sent: list[str] = []
    page.on("websocket", lambda opened: opened.on("framesent", lambda frame: sent.append(str(frame))))
    return sent


@pytest.mark.parametrize("goes_away", [Server.stop, is_killed], ids=["stopped", "killed"])
def test_presses_are_refused_and_the_page_recovers_by_itself_with_fresh_data(
    browser: Browser, tmp_path: Path, goes_away: Callable[[Server], object]
) -> None:
    with running_server(tmp_path) as server:
        context = browser.new_context(base_url=server.url)
        page = context.new_page()
        owner = steps.signed_up(context)
        page.goto("/workspace/billing")
        steps.expect_billing(page, plan="Free", status="Free")
        page.evaluate("window.isStillThisDocument = true")
        goes_away(server)
        expect(page.locator("#connection")).to_contain_text("The connection is interrupted")
        sent = sent_from_now_on(page)
        for _ in range(2):  # impatiently
            page.locator("#manage-subscription").click()
        expect(page.locator("#connection")).to_contain_text("what you pressed was not done")
    workspace = "(select workspace_id from memberships join users on id = user_id where email = ?)"
    steps.write(server, f"update workspaces set credits = 7 where id = {workspace}", owner)
    with running_server(tmp_path, port=server.port):
        expect(page.locator("#credits-balance")).to_have_text("7")
        expect(page.locator("#connection")).to_be_empty()
        assert page.evaluate("window.isStillThisDocument")
        page.locator("#manage-subscription").click()
        expect(page.get_by_role("alert")).to_contain_text("There is no subscription to manage yet")
        assert sum("manage_subscription" in message for message in sent) == 1
        context.close()
