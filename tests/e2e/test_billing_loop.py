"""The way of a workspace: from sign-up to a paid plan, through a failed payment, and back to Free."""

import os
import re
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.e2e import steps

PICTURE = Path(__file__).parents[2] / "docs" / "billing.png"
ADDRESS = "ada@example.com"
A_DAY = re.compile(r"^\d{1,2} \w{3} \d{4}$")


def test_a_workspace_goes_from_sign_up_to_paid_and_back_to_free(page: Page) -> None:
    page.set_viewport_size({"width": 1440, "height": 1000})
    _sign_up(page)
    steps.buy(page, "hobby")
    _see_everything_of_the_payment(page)
    _buy_credits_once(page)
    _take_the_picture(page)
    _fail_a_payment_and_mend_it(page)
    _cancel_resume_and_reach_the_end(page)


def _sign_up(page: Page) -> None:
    page.goto("/signup")
    page.get_by_label("Email").fill(ADDRESS)
    page.get_by_label("Password").fill(steps.PASSWORD)
    page.get_by_role("button", name="Create account").click()
    page.wait_for_url("**/workspace/billing")
    steps.expect_billing(page, plan="Free", status="Free")
    expect(page.locator("#workspace-name")).not_to_be_empty()
    expect(page.locator("#unread-count")).to_have_text("0")


def _see_everything_of_the_payment(page: Page) -> None:
    page.get_by_role("link", name="Go to billing").click()
    steps.expect_billing(page, plan="Hobby", status="Active")
    expect(page.locator("#renewal-date")).to_have_text(A_DAY)
    expect(page.locator("#payment-method")).to_contain_text("Visa ending in 4242")
    expect(page.locator("#unread-count")).not_to_have_text("0")
    expect(page.locator("#audit-list")).to_contain_text("Plan changed from Free to Hobby")
    expect(page.locator("#audit-list")).to_contain_text("Payment received for invoice")
    _see_the_invoice(page)
    page.get_by_role("link", name="Notifications").click()
    expect(page.locator("#notification-list").get_by_text("Unread:").first).to_be_attached()
    mail = steps.mail_to(page, ADDRESS, re.compile(r"Payment received for .+: \$9\.99"))
    expect(mail).to_contain_text("$9.99")


def _see_the_invoice(page: Page) -> None:
    """Its page and its PDF open, as they do at Stripe."""
    [invoice] = page.locator("#invoice-list").get_by_role("listitem").all()
    expect(invoice).to_contain_text("$9.99")
    expect(invoice).to_contain_text("Paid")
    with page.expect_popup() as opened:
        invoice.get_by_role("link", name="View").click()
    expect(opened.value.get_by_role("heading", level=1)).to_be_visible()
    opened.value.close()
    pdf = page.request.get(invoice.get_by_role("link", name="PDF").get_attribute("href") or "")
    assert pdf.body().startswith(b"%PDF")


def _take_the_picture(page: Page) -> None:
    """The README's, when asked for: `UPDATE_DOCS=1`."""
    if os.environ.get("UPDATE_DOCS"):
        expect(page.locator("#payment-method")).to_contain_text("Visa ending in 4242")
        PICTURE.parent.mkdir(exist_ok=True)
        page.screenshot(path=PICTURE, animations="disabled")


def _buy_credits_once(page: Page) -> None:
    steps.buy(page, "credits10")
    result = page.url
    page.reload()
    expect(page.locator("#checkout-status")).to_have_text("Payment successful")
    page.goto("/workspace/billing")
    expect(page.locator("#credits-balance")).to_have_text("10")
    page.goto(result)
    expect(page.locator("#checkout-status")).to_have_text("Payment successful")
    page.goto("/workspace/billing")
    expect(page.locator("#credits-balance")).to_have_text("10")
    steps.expect_billing(page, plan="Hobby", status="Active")
    expect(page.locator("#audit-list").get_by_text("Credits changed from 0 to 10")).to_have_count(1)


def _fail_a_payment_and_mend_it(page: Page) -> None:
    """The open billing page follows without being loaded again: it still is the document it was."""
    page.evaluate("window.isStillThisDocument = true")
    dashboard = page.context.new_page()
    steps.press_on_dashboard(dashboard, "Customers", ADDRESS, "Fail next payment")
    steps.press_on_dashboard(dashboard, "Subscriptions", ADDRESS, "Renew now")
    steps.expect_billing(page, plan="Hobby", status="Past due")
    expect(page.locator("#billing-alert")).to_contain_text("Your last payment failed")
    expect(page.locator("#audit-list")).to_contain_text("Payment failed for invoice")
    expect(page.locator("#invoice-list")).to_contain_text("Open")
    steps.press_on_dashboard(dashboard, "Invoices", ADDRESS, "Charge again")
    steps.expect_billing(page, plan="Hobby", status="Active")
    expect(page.locator("#billing-alert")).to_have_count(0)
    assert page.evaluate("window.isStillThisDocument")
    expect(steps.mail_to(dashboard, ADDRESS, "Payment failed")).to_contain_text("did not go through")
    dashboard.close()


def _cancel_resume_and_reach_the_end(page: Page) -> None:
    _cancel(page)
    steps.open_portal(page)
    page.get_by_role("button", name="Resume plan").click()
    steps.return_from_portal(page)
    steps.expect_billing(page, plan="Hobby", status="Active")
    _cancel(page)
    dashboard = page.context.new_page()
    dashboard.goto("/sandbox/")
    dashboard.get_by_role("button", name="Advance one period").click()
    steps.expect_billing(page, plan="Free", status="Canceled")
    expect(page.locator("#billing-alert")).to_have_count(0)
    expect(page.locator("#credits-balance")).to_have_text("10")
    dashboard.close()


def _cancel(page: Page) -> None:
    steps.open_portal(page)
    page.get_by_role("link", name="Cancel plan").click()
    page.get_by_role("button", name="Cancel plan").click()
    steps.return_from_portal(page)
    steps.expect_billing(page, plan="Hobby", status="Canceling")
    expect(page.locator("#billing-alert")).to_contain_text("Your subscription ends on")
