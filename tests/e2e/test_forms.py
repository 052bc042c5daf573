"""Forms that the browser posts itself, by people who are quicker than the page."""

import re
from urllib.parse import parse_qs

import pytest
from playwright.sync_api import Page, WebSocketRoute, expect

from tests.e2e import steps


@pytest.mark.parametrize("path", ["/login", "/signup", "/reset-password"])
def test_nothing_is_posted_before_the_page_is_ready(page: Page, path: str) -> None:
    page.route_web_socket(re.compile("/_event/"), _never_answered)
    page.goto(f"{path}?next=%2Fpricing&token=some.token")
    expect(page.locator("form[action^='/auth/'] [type=submit]").last).to_be_disabled()


def _never_answered(_socket: WebSocketRoute) -> None:
    """Open, and silent."""


def _silent_once_it_has_led_to_the_form(socket: WebSocketRoute) -> None:
    server = socket.connect_to_server()
    has_led = False

    def tell(message: str | bytes) -> None:
        nonlocal has_led
        if not has_led:
            socket.send(message)
        has_led = has_led or "/login?next=" in str(message)

    server.on_message(tell)


def test_the_way_on_is_posted_though_the_page_s_state_is_late(page: Page) -> None:
    """The page was ready before it was this one: its state still knows nothing of where it leads."""
    address = steps.signed_up(page.context)
    page.context.clear_cookies()
    page.route_web_socket(re.compile("/_event/"), _silent_once_it_has_led_to_the_form)
    page.goto("/pricing")
    buy = page.locator("#buy-pro")
    expect(buy).to_have_text("Log in to buy plan")
    buy.click()
    page.wait_for_url("**/login?next=**")
    page.get_by_label("Email").fill(address)
    page.get_by_label("Password").fill(steps.PASSWORD)
    with page.expect_request("**/auth/login") as posted:
        page.get_by_role("button", name="Log in", exact=True).click()
    assert parse_qs(posted.value.post_data or "")["next"] == ["/pricing"]
    page.wait_for_url("**/pricing")  # Chromium does not always close in the midst of a form's post


def test_a_form_that_is_being_posted_keeps_the_focus_and_is_not_posted_again(page: Page) -> None:
    posted: list[str] = []
    page.on("request", lambda request: posted.append(request.url) if request.method == "POST" else None)
    page.route("**/auth/login", lambda route: route.fulfill(status=204))  # the browser stays on the page
    page.goto("/login")
    submit = page.get_by_role("button", name="Log in", exact=True)
    expect(submit).to_be_enabled()
    page.get_by_label("Email").fill(steps.new_address())
    page.get_by_label("Password").fill(steps.PASSWORD)
    submit.focus()
    page.keyboard.press("Enter")
    expect(submit).to_have_attribute("aria-busy", "true")
    expect(submit).to_be_focused()
    page.keyboard.press("Enter")
    page.get_by_label("Password").press("Enter")
    assert len([url for url in posted if url.endswith("/auth/login")]) == 1


def test_the_header_leads_from_one_way_in_to_the_other_and_on(page: Page) -> None:
    page.goto("/workspace/audit")
    page.wait_for_url("**/login?next=**")
    sign_up = page.get_by_role("banner").get_by_role("link", name="Sign up")
    expect(sign_up).to_have_attribute("href", "/signup?next=%2Fworkspace%2Faudit")
    sign_up.click()
    page.wait_for_url("**/signup?next=**")
    page.get_by_label("Email").fill(steps.new_address())
    page.get_by_label("Password").fill(steps.PASSWORD)
    page.get_by_role("button", name="Create account").click()
    page.wait_for_url("**/workspace/audit")
