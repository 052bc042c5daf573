"""Changing, cancelling and resuming a plan without leaving the product."""

import re
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.e2e import steps
from tests.servers import Server, running_server

OF_OWNER = "(select workspace_id from memberships join users on id = user_id where email = ?)"
ASKS_ALWAYS = "4000 0027 6000 3184"
ASKS_ITS_HOLDER = "4000 0025 0000 3155"


def subscribed(page: Page, plan: str = "hobby") -> None:
    steps.signed_up(page.context)
    steps.buy(page, plan)
    page.goto("/workspace/billing")
    steps.expect_billing(page, plan=plan.capitalize(), status="Active")


def open_plan_page(page: Page) -> None:
    page.goto("/workspace/billing")
    page.get_by_role("link", name="Change plan").click()
    page.wait_for_url("**/workspace/billing/plan")


def test_an_upgrade_from_pricing_charges_what_was_shown(page: Page) -> None:
    subscribed(page)
    page.goto("/pricing")
    expect(page.locator("#buy-pro")).to_have_text("Switch to Pro")
    page.locator("#buy-pro").click()
    page.wait_for_url("**/workspace/billing/plan?plan=pro*")
    due = page.locator("#due-now")
    expect(due).to_have_text(re.compile(r"^\$\d+\.\d\d$"))
    expect(page.locator("#next-renewal")).to_have_text("$19.99 per month")
    shown = due.inner_text()
    page.get_by_role("button", name="Confirm change to Pro").click()
    expect(page.get_by_role("status").filter(has_text="The plan is now Pro.")).to_be_visible()
    expect(page.locator("#standing-plan")).to_have_text("Pro, paid by the month")
    page.get_by_role("link", name="Back to billing").click()
    steps.expect_billing(page, plan="Pro", status="Active")
    expect(page.locator("#invoice-list")).to_contain_text(shown)
    expect(page.locator("#audit-list")).to_contain_text("Asked to change from Hobby to Pro")


def test_a_downgrade_waits_for_the_end_of_the_period_and_can_be_taken_back(page: Page) -> None:
    subscribed(page)
    open_plan_page(page)
    page.get_by_role("button", name="Choose Pro").click()
    page.get_by_role("button", name="Confirm change to Pro").click()
    page.get_by_role("button", name="Choose Hobby").click()
    page.get_by_role("radio", name=re.compile("^On ")).check()
    expect(page.locator("#due-now")).to_have_count(0)
    page.get_by_role("button", name="Confirm change to Hobby").click()
    expect(page.locator("#planned-change")).to_contain_text("Changes to Hobby on")
    page.get_by_role("link", name="Back to billing").click()
    expect(page.locator("#next-invoice")).to_contain_text("Changes to Hobby on")
    expect(page.locator("#next-invoice")).to_contain_text("Next invoice")
    steps.expect_billing(page, plan="Pro", status="Active")
    page.get_by_role("link", name="Change plan").click()
    page.get_by_role("button", name="Keep the present plan").click()
    expect(page.locator("#planned-change")).to_have_count(0)
    expect(page.locator("#standing-plan")).to_contain_text("Pro")


def test_a_downgrade_that_no_longer_fits_says_what_must_go_first(page: Page, server: Server) -> None:
    address = steps.signed_up(page.context)
    steps.buy(page, "pro")
    stored = f"insert into usage_counters values ({OF_OWNER}, 'storage', 'all', 12500000000)"
    steps.write(server, stored, address)
    page.goto("/workspace/billing/plan")
    page.get_by_role("button", name="Choose Hobby").click()
    expect(page.locator("#must-go")).to_contain_text("Delete 2.5 GB before you can store more.")
    expect(page.locator("#must-go")).to_contain_text("Nothing is deleted.")


def test_leaving_with_a_reason_and_coming_back(page: Page) -> None:
    subscribed(page)
    open_plan_page(page)
    page.get_by_role("button", name="Cancel subscription").click()
    page.get_by_role("button", name="Keep the subscription").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.get_by_role("button", name="Cancel subscription").click()
    page.get_by_label("Why are you leaving?").select_option("It is too expensive")
    page.get_by_label("Anything that we should know?").fill("Back in spring.")
    page.get_by_role("button", name="Confirm cancellation").click()
    expect(page.locator("#set-to-end")).to_contain_text("Set to end on")
    expect(page.get_by_role("button", name="Choose Pro")).to_be_disabled()
    page.get_by_role("button", name="Resume subscription").click()
    expect(page.locator("#set-to-end")).to_have_count(0)
    page.goto("/workspace/billing")
    steps.expect_billing(page, plan="Hobby", status="Active")
    expect(page.locator("#audit-list")).to_contain_text("Asked to cancel the subscription (too expensive)")


def test_a_cancellation_is_resumed_from_the_banner(page: Page) -> None:
    subscribed(page)
    open_plan_page(page)
    page.get_by_role("button", name="Cancel subscription").click()
    page.get_by_role("button", name="Confirm cancellation").click()
    expect(page.locator("#set-to-end")).to_be_visible()
    page.goto("/workspace/billing")
    page.locator("#billing-alert").get_by_role("button", name="Resume subscription").click()
    steps.expect_billing(page, plan="Hobby", status="Active")


def test_a_bank_that_asks_is_answered_on_the_invoice_and_the_plan_follows(page: Page) -> None:
    subscribed(page)
    steps.open_portal(page)
    page.get_by_role("link", name=re.compile("payment method|card", re.I)).first.click()
    page.get_by_label("Card number").fill(ASKS_ALWAYS)
    page.get_by_label("Expiry").fill("12 / 34")
    page.get_by_label("CVC").fill("123")
    page.get_by_role("button", name=re.compile("^(Save|Update|Add)")).click()
    page.get_by_role("button", name=re.compile("^Complete")).click()
    open_plan_page(page)
    page.get_by_role("button", name="Choose Pro").click()
    page.get_by_role("button", name="Confirm change to Pro").click()
    page.wait_for_url("**/sandbox/invoices/**")
    page.get_by_role("button", name=re.compile("^Pay")).click()
    page.get_by_role("button", name=re.compile("^Complete")).click()
    expect(page.get_by_text("Paid").first).to_be_visible()
    page.goto("/workspace/billing/plan")
    expect(page.locator("#standing-plan")).to_have_text("Pro, paid by the month")


def test_plans_are_sold_by_the_year_where_they_have_such_prices(page: Page, tmp_path: Path) -> None:
    annual = {
        f"PAYMENTS_{plan.upper()}_ANNUAL_PLAN_ID": f"price_sandbox_{plan}_annual" for plan in ("hobby", "pro")
    }
    with running_server(tmp_path, **annual) as server:
        context = page.context.browser.new_context(base_url=server.url)  # pyright: ignore[reportOptionalMemberAccess]
        tab = context.new_page()
        steps.signed_up(context)
        tab.goto("/pricing")
        tab.get_by_role("button", name="Yearly").click()
        expect(tab.locator("#plan-hobby")).to_contain_text("$99.00per year")
        tab.locator("#buy-hobby").click()
        tab.wait_for_url("**/sandbox/checkout/**")
        steps.pay(tab)
        tab.wait_for_url("**/checkout?success=true*")
        expect(tab.locator("#checkout-status")).to_have_text("Payment successful")
        tab.goto("/workspace/billing/plan")
        expect(tab.locator("#standing-plan")).to_have_text("Hobby, paid by the year")
        tab.get_by_role("button", name="Choose Pro").click()
        expect(tab.locator("#next-renewal")).to_have_text("$199.00 per year")
        context.close()


def test_a_downgrade_at_once_becomes_credit(page: Page) -> None:
    subscribed(page)
    open_plan_page(page)
    page.get_by_role("button", name="Choose Pro").click()
    page.get_by_role("button", name="Confirm change to Pro").click()
    expect(page.locator("#standing-plan")).to_have_text("Pro, paid by the month")
    page.get_by_role("button", name="Choose Hobby").click()
    expect(page.get_by_role("radio", name="At once")).to_be_checked()
    expect(page.locator("#due-now")).to_have_text("$0.00")
    expect(page.locator("#plan-preview")).to_contain_text("becomes credit for the next invoices")
    page.get_by_role("button", name="Confirm change to Hobby").click()
    expect(page.locator("#standing-plan")).to_have_text("Hobby, paid by the month")
    page.goto("/workspace/billing")
    steps.expect_billing(page, plan="Hobby", status="Active")
    expect(page.get_by_text("credit used")).to_be_visible()


def test_a_card_that_asked_at_checkout_asks_at_an_upgrade_too(page: Page) -> None:
    steps.signed_up(page.context)
    steps.start_checkout(page, "hobby")
    steps.pay(page, card=ASKS_ITS_HOLDER)
    page.get_by_role("button", name=re.compile("^Complete")).click()
    expect(page.locator("#checkout-status")).to_have_text("Payment successful")
    open_plan_page(page)
    page.get_by_role("button", name="Choose Pro").click()
    page.get_by_role("button", name="Confirm change to Pro").click()
    page.wait_for_url("**/sandbox/invoices/**")
    page.goto("/workspace/billing/plan")
    expect(page.locator("#standing-plan")).to_have_text("Hobby, paid by the month")
    page.go_back()
    page.get_by_role("button", name=re.compile("^Pay")).click()
    page.get_by_role("button", name=re.compile("^Complete")).click()
    expect(page.get_by_text("Paid").first).to_be_visible()
    page.goto("/workspace/billing/plan")
    expect(page.locator("#standing-plan")).to_have_text("Pro, paid by the month")


def test_what_is_done_in_the_portal_is_seen_on_the_plan_page(page: Page) -> None:
    subscribed(page)
    steps.open_portal(page)
    page.get_by_role("link", name="Cancel plan").click()
    page.get_by_role("button", name="Cancel plan").click()
    steps.return_from_portal(page)
    steps.expect_billing(page, plan="Hobby", status="Canceling")
    open_plan_page(page)
    expect(page.locator("#set-to-end")).to_contain_text("Set to end on")
    page.goto("/workspace/billing")
    steps.open_portal(page)
    page.get_by_role("button", name="Resume plan").click()
    steps.return_from_portal(page)
    steps.expect_billing(page, plan="Hobby", status="Active")
    open_plan_page(page)
    expect(page.locator("#set-to-end")).to_have_count(0)
    expect(page.get_by_role("button", name="Choose Pro")).to_be_enabled()
