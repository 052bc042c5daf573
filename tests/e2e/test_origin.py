"""Every page works under the strict policy, and asks nobody but us."""

from urllib.parse import urlsplit

import pytest
from playwright.sync_api import ConsoleMessage, Page, Request, expect

from tests.servers import Server

PUBLIC_PAGES = ["/", "/pricing", "/login", "/signup", "/forgot-password", "/no/such/page"]


@pytest.mark.parametrize("path", PUBLIC_PAGES)
def test_a_page_asks_no_other_host_and_breaks_no_policy(page: Page, server: Server, path: str) -> None:
    hosts: set[str] = set()
    complaints: list[str] = []

    def note_request(request: Request) -> None:
        hosts.add(urlsplit(request.url).netloc)

    def note_complaint(message: ConsoleMessage) -> None:
        if message.type == "error" and "404 (Not Found)" not in message.text:
            complaints.append(message.text)

    page.on("request", note_request)
    page.on("console", note_complaint)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    with page.expect_websocket() as opened:
        page.goto(path)
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    assert urlsplit(opened.value.url).netloc == urlsplit(server.url).netloc
    assert hosts == {urlsplit(server.url).netloc}
    assert complaints == []
