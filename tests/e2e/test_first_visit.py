"""A first visit: what it loads, and what it shows before it has loaded all."""

import re
from typing import Any

from playwright.sync_api import Browser, Page, Route, expect

from tests.servers import Server

LIMIT = 170_000
"""Bytes of all that `/pricing` loads, by gzip, the headers of the answers included."""


def test_pricing_weighs_little(browser: Browser, server: Server) -> None:
    context = browser.new_context(extra_http_headers={"Accept-Encoding": "gzip"})
    page = context.new_page()
    devtools = context.new_cdp_session(page)
    weights: list[float] = []
    encodings: set[str] = set()

    def answered(event: dict[str, Any]) -> None:
        headers = {name.lower(): value for name, value in event["response"]["headers"].items()}
        encodings.add(headers.get("content-encoding", "none"))

    devtools.on("Network.responseReceived", answered)
    devtools.on("Network.loadingFinished", lambda event: weights.append(event["encodedDataLength"]))
    devtools.send("Network.enable")
    page.goto(f"{server.url}/pricing", wait_until="networkidle")
    expect(page.locator("#buy-pro")).to_have_text("Log in to buy plan")
    context.close()
    assert encodings <= {"gzip", "none"}
    assert len(weights) > 5
    assert sum(weights) < LIMIT


def test_a_browser_gets_brotli(page: Page) -> None:
    answers: list[str] = []
    page.on("response", lambda answer: answers.append(answer.headers.get("content-encoding", "none")))
    page.goto("/pricing", wait_until="networkidle")
    assert answers.count("br") > len(answers) / 2
    assert answers[0] == "br"


def test_a_page_is_seen_with_nothing_but_itself(page: Page) -> None:
    page.route(re.compile("/assets/"), _refuse)
    page.goto("/pricing")
    expect(page.get_by_role("heading", name="Pricing", exact=True)).to_have_css("font-size", "40px")
    expect(page.locator("#plan-pro")).to_contain_text("Unlimited members")
    expect(page.locator("#buy-pro")).to_have_css("height", "44px")


def test_a_pages_styles_are_never_fetched_and_stay(page: Page) -> None:
    fetched: list[str] = []
    page.on("request", lambda request: fetched.append(request.url))
    page.goto("/pricing", wait_until="networkidle")
    expect(page.locator("#buy-pro")).to_have_text("Log in to buy plan")
    expect(page.locator("#buy-pro")).to_have_css("height", "44px")
    page.get_by_role("link", name="SentinelIQ").first.click()
    page.wait_for_url(lambda address: not address.endswith("/pricing"))
    expect(page.get_by_role("heading", level=1)).to_have_css("font-weight", "600")
    assert not [address for address in fetched if ".css" in address]


def test_what_is_chosen_dark_is_dark_at_once(browser: Browser, server: Server) -> None:
    context = browser.new_context(base_url=server.url, color_scheme="light")
    context.add_init_script("localStorage.setItem('theme', 'dark')")
    page = context.new_page()
    page.route(re.compile("/assets/"), _refuse)
    page.goto("/pricing")
    expect(page.locator("body")).to_have_css("background-color", "rgb(10, 11, 14)")
    context.close()


def _refuse(route: Route) -> None:
    route.abort()


def test_the_footer_is_not_seen_while_a_page_is_still_short(page: Page) -> None:
    page.route_web_socket(re.compile("/_event/"), lambda _: None)  # never answered: nothing loads
    page.set_viewport_size({"width": 1440, "height": 1000})
    page.goto("/workspace/members")
    expect(page.locator(".skeleton:visible").first).to_be_visible()
    expect(page.get_by_role("contentinfo")).not_to_be_in_viewport()
