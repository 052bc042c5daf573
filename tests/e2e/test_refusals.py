"""What was typed is refused: it stays, the message is beside its field, and the focus is there."""

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e import steps
from tests.e2e.screens import settle


def expect_fault(field: Locator, *, typed: str, words: str) -> None:
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(field).to_have_value(typed)
    expect(field).to_be_focused()
    expect(field).to_have_accessible_description(words)


def test_a_dialog_stays_open_until_its_form_is_taken(page: Page) -> None:
    owner = steps.signed_up(page.context)
    page.goto("/workspaces")
    settle(page)
    opener = page.get_by_role("button", name="Delete workspace")
    opener.click()
    dialog = page.get_by_role("dialog")
    field = dialog.get_by_label("Type the workspace's name to confirm")
    for typed in ("Acne", "Acme?"):
        field.fill(typed)
        page.keyboard.press("Enter")
        expect_fault(field, typed=typed, words="That is not the name of this workspace. Nothing was changed.")
    page.keyboard.press("Escape")
    expect(opener).to_be_focused()
    opener.click()
    expect(field).to_have_attribute("aria-invalid", "false")
    field.fill(f"{owner.partition('@')[0]}'s workspace")
    page.keyboard.press("Enter")
    expect(page.get_by_text("You belong to no workspace")).to_be_visible()
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_a_form_on_the_page_leads_to_its_fault_and_is_empty_once_it_is_taken(page: Page) -> None:
    steps.signed_up(page.context)
    page.goto("/workspace/members")
    field, send = page.get_by_label("Email"), page.get_by_role("button", name="Send invitation")
    field.fill("ada@example")  # the browser would take it
    send.click()
    expect_fault(field, typed="ada@example", words="Please enter a valid email address.")
    guest = steps.new_address()
    field.fill(guest)
    send.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#invitation-list")).to_contain_text(guest)
    expect(field).to_have_value("")
    expect(send).to_be_focused()


@pytest.mark.parametrize(
    ("path", "button", "words"),
    [
        ("/login", "Log in", "The email or the password is not right."),
        ("/signup", "Create account", "Please use at least 10 characters."),
    ],
)
def test_a_form_that_the_browser_posted_comes_back_with_the_focus_on_its_fault(
    page: Page, path: str, button: str, words: str
) -> None:
    address = steps.new_address()
    page.goto(path)
    settle(page)
    page.get_by_label("Email").fill(address)
    page.get_by_label("Password").fill("short")
    page.get_by_role("button", name=button, exact=True).click()
    expect_fault(page.get_by_label("Password"), typed="", words=words)
    expect(page.get_by_label("Email")).to_have_value(address)
