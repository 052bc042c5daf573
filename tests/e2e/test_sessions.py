"""Being signed in: in every tab, until log-out, and back in with a new password."""

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e import steps
from tests.servers import Server


def log_in(page: Page, address: str, password: str) -> None:
    page.get_by_label("Email").fill(address)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Log in", exact=True).click()


def test_every_open_tab_follows_when_a_webhook_lands(page: Page) -> None:
    steps.signed_up(page.context)
    tabs = [page, page.context.new_page()]
    for tab in tabs:
        tab.goto("/workspace/billing")
        steps.expect_billing(tab, plan="Free", status="Free")
        tab.evaluate("window.isStillThisDocument = true")
    steps.buy(page.context.new_page(), "hobby")
    for tab in tabs:
        steps.expect_billing(tab, plan="Hobby", status="Active")
        expect(tab.locator("#unread-count")).not_to_have_text("0")
        assert tab.evaluate("window.isStillThisDocument")


def test_another_workspace_hears_nothing_of_it(page: Page, browser: Browser, server: Server) -> None:
    with browser.new_context(base_url=server.url) as other:
        steps.signed_up(other)
        stranger = other.new_page()
        frames: list[str | bytes] = []
        stranger.on(
            "websocket", lambda socket: socket.on("framereceived", lambda frame: frames.append(frame))
        )
        stranger.goto("/workspace/billing")
        steps.expect_billing(stranger, plan="Free", status="Free")
        expect(stranger.locator("#payment-method")).to_contain_text("No card yet")
        heard = len(frames)
        assert heard > 0
        steps.signed_up(page.context)
        steps.buy(page, "hobby")
        assert [frame for frame in frames[heard:] if "event" in str(frame)] == []
        steps.expect_billing(stranger, plan="Free", status="Free")


def test_log_out_ends_the_session_in_every_tab(page: Page) -> None:
    address = steps.signed_up(page.context)
    forgotten = page.context.new_page()
    for tab in (page, forgotten):
        tab.goto("/workspace/billing")
        steps.expect_billing(tab, plan="Free", status="Free")
    [cookie] = page.context.cookies()
    page.get_by_role("button", name="Log out").click()
    page.wait_for_url("**/login?notice=logged_out")
    expect(page.get_by_text("You are logged out.")).to_be_visible()
    forgotten.wait_for_url("**/login?next=%2Fworkspace%2Fbilling")  # by itself
    page.context.add_cookies([cookie])  # a copy of it is worthless too
    forgotten.goto("/workspace/billing")
    forgotten.wait_for_url("**/login?next=%2Fworkspace%2Fbilling")
    expect(forgotten.get_by_role("heading", name="Log in")).to_be_visible()
    expect(forgotten.get_by_text(address.partition("@")[0])).to_have_count(0)


def test_a_tab_of_an_ended_session_cannot_act(page: Page) -> None:
    steps.signed_up(page.context)
    forgotten = page.context.new_page()
    forgotten.goto("/pricing")
    expect(forgotten.locator("#buy-hobby")).to_have_text("Buy plan")
    steps.post(page.context, "/auth/logout")
    forgotten.locator("#buy-hobby").click()
    forgotten.wait_for_url("**/login?next=/pricing")


def test_a_forgotten_password_is_replaced_over_a_mailed_link_that_works_once(page: Page) -> None:
    address = steps.signed_up(page.context)
    steps.post(page.context, "/auth/logout")
    link = _ask_for_a_link(page, address)
    _choose_password(page, link, "a wholly new password")
    page.wait_for_url("**/login?notice=password_changed")
    expect(page.get_by_text("Your password is changed. Please log in.")).to_be_visible()
    log_in(page, address, steps.PASSWORD)
    expect(page.get_by_text("The email or the password is not right.")).to_be_visible()
    log_in(page, address, "a wholly new password")
    page.wait_for_url("**/workspace/billing")
    _choose_password(page, link, "one more password")
    expect(page.get_by_text("This link has expired or was already used.")).to_be_visible()


def test_a_new_password_ends_every_session(page: Page, browser: Browser, server: Server) -> None:
    address = steps.signed_up(page.context)
    with browser.new_context(base_url=server.url) as elsewhere:
        link = _ask_for_a_link(elsewhere.new_page(), address)
        _choose_password(elsewhere.pages[0], link, "a wholly new password")
        elsewhere.pages[0].wait_for_url("**/login?notice=password_changed")
    page.goto("/workspace/billing")
    page.wait_for_url("**/login?next=%2Fworkspace%2Fbilling")


def _ask_for_a_link(page: Page, address: str) -> str:
    """The link that the mail holds."""
    page.goto("/forgot-password")
    page.get_by_label("Email").fill(address)
    page.get_by_role("button", name="Send link").click()
    expect(page.get_by_text("a mail with a link is on its way")).to_be_visible()
    mail = steps.mail_to(page, address, "Choose a new password")
    return mail.get_by_role("link").get_attribute("href") or ""


def _choose_password(page: Page, link: str, password: str) -> None:
    page.goto(link)
    page.get_by_label("New password").fill(password)
    page.get_by_role("button", name="Change password").click()


@pytest.mark.parametrize(
    ("path", "password", "message"),
    [
        ("/login", "not the password", "The email or the password is not right."),
        ("/signup", "short", "Please use at least 10 characters."),
    ],
)
def test_a_refused_form_keeps_what_was_typed_but_not_the_password(
    page: Page, path: str, password: str, message: str
) -> None:
    address = steps.new_address()
    page.goto(path)
    page.get_by_label("Email").fill(address)
    page.get_by_label("Password").fill(password)
    page.locator("form[action^='/auth/']").get_by_role("button").click()
    expect(page.get_by_text(message)).to_be_visible()
    expect(page.get_by_label("Email")).to_have_value(address)
    expect(page.get_by_label("Password")).to_have_value("")
