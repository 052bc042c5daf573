"""Every page at both widths, light and dark: accessible, within the screen, quiet, and from one origin."""

from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Response, expect

from tests.e2e import steps
from tests.e2e.screens import look_on_every_screen, settle
from tests.servers import Server

STRANGERS_PAGES = (
    "/",
    "/pricing",
    "/signup",
    "/login?error=wrong_login&field=password&email=maya%40example.com",
    "/forgot-password?notice=reset_sent",
    "/reset-password?token=stale&error=weak_password&field=password",
    "/verify-email?token=stale",
    "/no-such-page",
)
MEMBERS_PAGES = (
    "/",
    "/pricing",
    "/checkout?canceled=true",
    "/checkout?success=true",
    "/workspace/billing",
    "/workspace/audit",
    "/workspace/audit?text=nothing-like-it",
    "/workspace/credits",
    "/notifications",
    "/notifications/preferences",
    "/account",
)
STAFFS_PAGES = (
    "/admin/billing",
    "/admin/billing?text=nothing-like-it",
    "/admin/billing/revenue",
    "/admin/billing/failed",
    "/admin/billing/events",
)


@pytest.fixture(scope="module")
def owners_session(browser: Browser, server: Server) -> Iterator[list]:
    """The cookies of the demo owner, logged in once."""
    context = browser.new_context(base_url=server.url)
    page = context.new_page()
    page.goto("/login")
    page.get_by_label("Email").fill("owner@example.com")
    page.get_by_label("Password").fill("sentineliq-demo")
    page.get_by_role("button", name="Log in", exact=True).click()
    page.wait_for_url("**/workspace/billing")
    yield context.cookies()
    context.close()


@pytest.fixture
def visitor(browser: Browser, server: Server) -> Iterator[BrowserContext]:
    """A browser in which axe, a script of another origin, may run."""
    context = browser.new_context(base_url=server.url, reduced_motion="reduce", bypass_csp=True)
    yield context
    context.close()


def look_at(context: BrowserContext, path: str, *, who: str) -> list[str]:
    """Open the page, look at it on every screen, and say all that is wrong with it."""
    page = context.new_page()
    faults: list[str] = []
    name = f"{path.partition('?')[0].strip('/').replace('/', '-') or 'home'}-{who}"
    page.on("console", lambda message: faults.extend(_told(message)))
    page.on("pageerror", lambda error: faults.append(f"script error: {error}"))
    page.on("request", lambda request: faults.extend(_strayed(request.url, path)))
    page.on("requestfailed", lambda request: faults.append(f"request failed: {request.url}"))
    page.on("response", lambda response: faults.extend(_refused(response)))
    page.goto(path)
    settle(page)
    faults += look_on_every_screen(page, name)
    page.close()
    return faults


def _strayed(url: str, path: str) -> list[str]:
    return [] if urlsplit(url).hostname == "localhost" else [f"{path} asks another host: {url}"]


def _refused(response: Response) -> list[str]:
    """The page itself may be the 404; nothing that it loads may be."""
    is_page = response.request.is_navigation_request()
    return [f"{response.status} for {response.url}"] if response.status >= 400 and not is_page else []


def _told(message: ConsoleMessage) -> list[str]:
    is_the_404 = "404 (Not Found)" in message.text
    return [f"console: {message.text}"] if message.type in ("error", "warning") and not is_the_404 else []


@pytest.mark.parametrize("path", STRANGERS_PAGES)
def test_a_strangers_page_is_sound(visitor: BrowserContext, path: str) -> None:
    assert look_at(visitor, path, who="stranger") == []


@pytest.mark.parametrize("path", MEMBERS_PAGES)
def test_a_members_page_is_sound(visitor: BrowserContext, owners_session: list, path: str) -> None:
    visitor.add_cookies(owners_session)
    assert look_at(visitor, path, who="member") == []


@pytest.mark.parametrize("path", STAFFS_PAGES)
def test_a_page_of_the_staff_is_sound(visitor: BrowserContext, path: str) -> None:
    steps.post(visitor, "/auth/login", email="staff@example.com", password="sentineliq-demo")
    assert look_at(visitor, path, who="staff") == []


def test_a_workspace_that_is_past_due_is_sound_as_staff_see_it(
    visitor: BrowserContext, browser: Browser, server: Server
) -> None:
    """Every list of the page has rows."""
    with browser.new_context(base_url=server.url) as owners:
        address, page = steps.signed_up(owners), owners.new_page()
        steps.buy(page, "credits10")
        steps.buy(page, "hobby")
        steps.press_on_dashboard(page, "Customers", address, "Fail next payment")
        steps.press_on_dashboard(page, "Subscriptions", address, "Renew now")
    steps.post(visitor, "/auth/login", email="staff@example.com", password="sentineliq-demo")
    page = visitor.new_page()
    page.goto(f"/admin/billing?text={address}")
    expect(page.locator("#staff-workspaces")).to_contain_text("Past due")
    found = page.locator("#staff-workspaces").get_by_role("link").first.get_attribute("href")
    assert found is not None
    assert look_at(visitor, found, who="staff") == []
    for path in ("/admin/billing/failed", "/admin/billing/revenue", "/admin/billing"):
        assert look_at(visitor, path, who="staff-past-due") == []


def test_the_pages_of_a_workspace_that_is_past_due_are_sound(visitor: BrowserContext) -> None:
    """Every list has rows, and the banner shows."""
    address = steps.signed_up(visitor)
    page = visitor.new_page()
    steps.buy(page, "hobby")
    steps.press_on_dashboard(page, "Customers", address, "Fail next payment")
    steps.press_on_dashboard(page, "Subscriptions", address, "Renew now")
    page.goto("/workspace/billing")
    steps.expect_billing(page, plan="Hobby", status="Past due")
    for path in ("/workspace/billing", "/notifications", "/pricing"):
        assert look_at(visitor, path, who="past-due") == []


def test_the_chosen_colours_stay_from_the_first_paint_on(page: Page, server: Server) -> None:
    page.emulate_media(color_scheme="light")
    page.goto("/login")
    switch = page.get_by_role("button", name="Switch between light and dark")
    settle(page)
    switch.click()
    expect(page.locator("html")).to_have_class("dark")
    page.goto("/pricing", wait_until="commit")
    page.wait_for_selector("h1")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(10, 11, 14)"
    switch.click()
    expect(page.locator("html")).to_have_class("light")


def test_the_pages_work_by_keyboard_alone(page: Page) -> None:
    page.goto("/login")
    settle(page)
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.get_by_label("Email")).to_be_focused()
    page.keyboard.type("owner@example.com")
    page.keyboard.press("Tab")  # the link beside the password
    page.keyboard.press("Tab")
    page.keyboard.type("sentineliq-demo")
    page.keyboard.press("Enter")
    page.wait_for_url("**/workspace/billing")


def test_a_narrow_screen_has_the_same_places_in_a_menu(page: Page) -> None:
    page.set_viewport_size({"width": 360, "height": 800})
    page.goto("/")
    settle(page)
    page.locator("summary").click()
    page.get_by_role("navigation", name="Menu").get_by_role("link", name="Pricing").click()
    page.wait_for_url("**/pricing")
    expect(page.locator("#buy-hobby")).to_have_text("Log in to buy plan")
    page.locator("#buy-hobby").click()
    page.wait_for_url("**/login?next=/pricing")
