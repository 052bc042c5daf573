"""Without a mouse, without motion, without colours, and large."""

from playwright.sync_api import BrowserContext, Page, expect

from tests.e2e import steps
from tests.e2e.screens import settle


def tab_to(page: Page, name: str, *, back: bool = False) -> None:
    """Press Tab until whatever has that accessible name, or id, has the focus."""
    key = "Shift+Tab" if back else "Tab"
    for _ in range(60):
        page.keyboard.press(key)
        if name in page.evaluate(_FOCUSED):
            return
    raise AssertionError(f"{name} is not reached by {key}; the focus is on {page.evaluate(_FOCUSED)}")


_FOCUSED = """() => {
    const focused = document.activeElement;
    const label = focused.labels?.[0]?.textContent ?? focused.getAttribute('aria-label');
    return [focused.id && '#' + focused.id, (label ?? focused.textContent).trim()];
}"""


def expect_arrival(page: Page, title: str) -> None:
    """The focus is on the content, and a screen reader says where one is."""
    expect(page.locator("#content")).to_be_focused()
    expect(page.locator("#page-announcement")).to_have_text(f"{title} · SentinelIQ")


def test_a_plan_is_bought_by_keyboard_alone(page: Page) -> None:
    page.goto("/signup")
    settle(page)
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    page.keyboard.press("Enter")
    tab_to(page, "Email")
    page.keyboard.type(steps.new_address())
    tab_to(page, "Password")
    page.keyboard.type(steps.PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/workspace/billing")
    steps.expect_billing(page, plan="Free", status="Free")
    tab_to(page, "Choose a plan")
    page.keyboard.press("Enter")
    page.wait_for_url("**/pricing")
    expect_arrival(page, "Pricing")
    expect(page.locator("#buy-hobby")).to_have_text("Buy plan")
    tab_to(page, "#buy-hobby")
    page.keyboard.press("Enter")
    page.wait_for_url("**/sandbox/checkout/**")
    for label, value in (
        ("Card number", "4242424242424242"),
        ("Expiry", "1234"),
        ("CVC", "123"),
        ("Name on card", "Ada Lovelace"),
    ):
        tab_to(page, label)
        page.keyboard.type(value)
    page.keyboard.press("Enter")
    page.wait_for_url("**/checkout?success=true*")
    expect(page.locator("#checkout-status")).to_have_text("Payment successful")
    tab_to(page, "Go to billing")
    page.keyboard.press("Enter")
    page.wait_for_url("**/workspace/billing")
    expect_arrival(page, "Billing")
    steps.expect_billing(page, plan="Hobby", status="Active")


def test_a_dialog_keeps_the_focus_and_gives_it_back(page: Page) -> None:
    steps.signed_up(page.context)
    page.goto("/workspaces")
    settle(page)
    opener = page.get_by_role("button", name="Delete workspace")
    opener.focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    for _ in range(8):
        page.keyboard.press("Tab")
        inside = "document.activeElement === document.body || !!document.activeElement.closest('dialog')"
        assert page.evaluate(inside)
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(opener).to_be_focused()


def test_the_focus_outlives_what_had_it(page: Page) -> None:
    """An invitation's row goes with its revocation, and with it the button that was pressed."""
    steps.signed_up(page.context)
    page.goto("/workspace/members")
    page.get_by_label("Email").fill(steps.new_address())
    page.keyboard.press("Enter")
    revoke = page.get_by_role("button", name="Revoke")
    revoke.focus()
    page.keyboard.press("Enter")
    expect(revoke).to_have_count(0)
    expect(page.locator("#content")).to_be_focused()


def test_a_dialog_closes_by_a_press_beside_it_and_not_by_a_selection_that_ends_there(page: Page) -> None:
    steps.signed_up(page.context)
    page.goto("/workspaces")
    settle(page)
    page.get_by_role("button", name="Delete workspace").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Type the workspace's name").hover()
    page.mouse.down()
    page.mouse.move(5, 5)
    page.mouse.up()
    expect(dialog).to_be_visible()
    page.mouse.click(5, 5)
    expect(dialog).to_be_hidden()


def test_menus_close_by_escape_by_leaving_and_by_a_press_elsewhere(page: Page) -> None:
    steps.signed_up(page.context)
    page.goto("/workspaces")
    settle(page)
    menu = page.locator("details:has(#workspace-switcher)")
    switcher = page.locator("#workspace-switcher")
    switcher.focus()
    page.keyboard.press("Enter")
    expect(menu).to_have_attribute("open", "")
    page.keyboard.press("Escape")
    expect(menu).not_to_have_attribute("open", "")
    expect(switcher).to_be_focused()
    page.keyboard.press("Enter")
    tab_to(page, "Billing")
    expect(menu).not_to_have_attribute("open", "")
    switcher.click()
    expect(menu).to_have_attribute("open", "")
    page.get_by_role("contentinfo").click()
    expect(menu).not_to_have_attribute("open", "")
    page.set_viewport_size({"width": 360, "height": 700})
    narrow = page.locator("details").filter(has=page.get_by_text("Menu", exact=True))
    narrow.locator("summary").click()
    expect(narrow).to_have_attribute("open", "")
    page.keyboard.press("Escape")
    expect(narrow).not_to_have_attribute("open", "")


def test_whatever_has_the_focus_shows_it(page: Page) -> None:
    steps.signed_up(page.context)
    page.goto("/workspace/billing")
    steps.expect_billing(page, plan="Free", status="Free")
    unseen: list[str] = []
    for _ in range(25):
        page.keyboard.press("Tab")
        outlined = "getComputedStyle(document.activeElement).outlineStyle"
        if page.evaluate(f"document.activeElement !== document.body && {outlined} === 'none'"):
            unseen.append(page.evaluate("document.activeElement.outerHTML"))
    assert unseen == []


def test_without_colours_of_our_own_bars_and_switches_can_be_told_apart(page: Page) -> None:
    steps.signed_up(page.context)
    page.emulate_media(forced_colors="active")
    page.goto("/workspace/billing")
    meter = page.get_by_role("meter").first
    expect(meter).to_be_visible()
    colours = "bar => [bar, bar.firstElementChild].map(part => getComputedStyle(part).backgroundColor)"
    track, bar = meter.evaluate(colours)
    assert track != bar
    page.goto("/notifications/preferences")
    switch = page.get_by_role("switch", name="A payment was received, in the app")
    on = switch.evaluate("part => getComputedStyle(part).backgroundColor")
    switch.click()
    expect(switch).not_to_be_checked()
    expect(switch).not_to_have_css("background-color", on)  # it may fade


def test_nothing_moves_for_whoever_asks_for_stillness(page: Page) -> None:
    page.emulate_media(reduced_motion="reduce")
    page.goto("/")
    settle(page)
    moving = page.evaluate(
        "[...document.querySelectorAll('*')].filter(part => {"
        "const style = getComputedStyle(part);"
        "return parseFloat(style.transitionDuration) > 0.01 || (style.animationName !== 'none' && "
        "parseFloat(style.animationDuration) > 0.01 && style.animationName !== 'breathe'); })"
        ".map(part => part.outerHTML.slice(0, 120))"
    )
    assert moving == []


def test_at_twice_the_size_everything_is_still_there(context: BrowserContext, page: Page) -> None:
    """Zoomed, which halves the screen; and with letters twice as large."""
    steps.signed_up(context)
    for path in ("/workspace/billing", "/workspace/members", "/pricing", "/workspace/audit"):
        page.set_viewport_size({"width": 640, "height": 400})
        page.goto(path)
        settle(page)
        too_wide = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
        assert not page.evaluate(too_wide), path
        page.set_viewport_size({"width": 1280, "height": 800})
        page.add_style_tag(content="html { font-size: 200% }")
        assert not page.evaluate(too_wide), path
