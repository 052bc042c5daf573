"""A narrowed list has an address of its own."""

from playwright.sync_api import Page, expect

from tests.e2e import steps


def test_a_narrowed_list_is_there_again_by_its_address(page: Page) -> None:
    steps.signed_up(page.context)
    page.goto("/workspace/audit")
    who, search = page.get_by_label("Who"), page.get_by_label("Search")
    expect(page.locator("main .skeleton:visible")).to_have_count(0)
    who.select_option("people")
    page.wait_for_url("**/workspace/audit?actor=people")
    search.press_sequentially("acme")
    page.wait_for_url("**/workspace/audit?actor=people&text=acme")
    expect(search).to_be_focused()
    page.reload()
    expect(who).to_have_value("people")
    expect(search).to_have_value("acme")
    page.get_by_role("banner").get_by_role("link", name="Pricing").click()
    page.wait_for_url("**/pricing")
    page.go_back()
    page.wait_for_url("**/workspace/audit?actor=people&text=acme")
    expect(who).to_have_value("people")
    page.goto("/workspace/audit?actor=%3Cscript%3E&since=soon")
    expect(page.get_by_text("Nothing is ever rewritten.")).to_be_visible()
    expect(who).to_have_value("")
    expect(page.get_by_role("alert")).to_be_empty()
