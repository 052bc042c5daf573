"""An address is verified by the mailed link, which can be asked for again."""

from playwright.sync_api import Page, expect

from tests.e2e import steps

TITLE = "Your email is verified"


def test_a_mailed_link_verifies_the_address_also_in_the_open_account_page(page: Page) -> None:
    address = steps.signed_up(page.context)
    page.goto("/account")
    page.get_by_role("button", name="Send a new link").click()
    expect(page.get_by_role("status").filter(has_text="A new link is on its way")).to_be_visible()
    mailed = page.context.new_page()
    link = steps.mail_to(mailed, address, "Verify your email").get_by_role("link", name="verify-email")
    mailed.goto(str(link.get_attribute("href")))
    expect(mailed.get_by_role("heading", name=TITLE)).to_be_visible()
    expect(page.locator("#resend-verification")).to_have_count(0)


def test_a_link_that_does_not_work_leads_to_a_new_one(page: Page) -> None:
    steps.signed_up(page.context)
    page.goto("/verify-email?token=none")
    page.get_by_role("link", name="Go to your account").click()
    expect(page.get_by_role("button", name="Send a new link")).to_be_visible()
