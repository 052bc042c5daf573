"""What a checkout may do, and what no address typed by hand can."""

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e import steps
from tests.servers import Server


def expect_nothing_changed(page: Page) -> None:
    page.goto("/workspace/billing")
    steps.expect_billing(page, plan="Free", status="Free")
    expect(page.locator("#credits-balance")).to_have_text("0")
    expect(page.locator("#invoice-list")).to_contain_text("No invoices yet")
    expect(page.locator("#unread-count")).to_have_text("0")


def test_a_declined_card_says_so_and_changes_nothing(page: Page) -> None:
    steps.signed_up(page.context)
    steps.start_checkout(page, "hobby")
    steps.pay(page, card=steps.DECLINED_CARD)
    expect(page.get_by_role("alert")).to_contain_text("Your card was declined")
    expect_nothing_changed(page)


def test_another_card_after_a_declined_one_pays(page: Page) -> None:
    steps.signed_up(page.context)
    steps.start_checkout(page, "credits10")
    steps.pay(page, card=steps.DECLINED_CARD)
    expect(page.get_by_role("alert")).to_contain_text("Your card was declined")
    steps.pay(page)
    expect(page.locator("#checkout-status")).to_have_text("Payment successful")
    page.goto("/workspace/billing")
    expect(page.locator("#credits-balance")).to_have_text("10")


@pytest.mark.parametrize("query", ["success=true", "success=true&session_id=cs_test_made_up"])
def test_an_address_typed_by_hand_changes_nothing(page: Page, query: str) -> None:
    steps.signed_up(page.context)
    page.goto(f"/checkout?{query}")
    expect(page.locator("#checkout-status")).to_have_text("No such checkout")
    expect_nothing_changed(page)


def test_the_paid_session_of_another_workspace_changes_nothing(
    page: Page, browser: Browser, server: Server
) -> None:
    steps.signed_up(page.context)
    session_id = steps.start_checkout(page, "hobby")
    steps.pay(page)
    expect(page.locator("#checkout-status")).to_have_text("Payment successful")
    with browser.new_context(base_url=server.url) as other:
        steps.signed_up(other)
        stranger = other.new_page()
        stranger.goto(f"/checkout?success=true&session_id={session_id}")
        expect(stranger.locator("#checkout-status")).to_have_text("No such checkout")
        expect_nothing_changed(stranger)


def test_the_way_back_from_the_checkout_says_that_nothing_was_charged(page: Page) -> None:
    steps.signed_up(page.context)
    steps.start_checkout(page, "pro")
    page.get_by_role("link", name="Back").click()
    expect(page.locator("#checkout-status")).to_have_text("Payment canceled")
    expect_nothing_changed(page)


@pytest.mark.parametrize(
    ("answer", "said", "balance"), [("Settle", "Payment successful", "10"), ("Fail", "Payment failed", "0")]
)
def test_a_bank_debit_is_waited_for_and_its_end_is_said_on_the_open_page(
    page: Page, answer: str, said: str, balance: str
) -> None:
    address = steps.signed_up(page.context)
    steps.start_checkout(page, "credits10")
    page.get_by_text("Pay by bank").click()
    page.get_by_role("button", name="Debit account").click()
    expect(page.locator("#checkout-status")).to_have_text("Waiting for your bank")
    steps.press_on_dashboard(page.context.new_page(), "Payments", address, answer)
    expect(page.locator("#checkout-status")).to_have_text(said)
    if answer == "Fail":
        page.get_by_role("link", name="Try again").click()
        expect(page.locator("#buy-credits10")).to_have_text("Buy plan")
    page.goto("/workspace/billing")
    expect(page.locator("#credits-balance")).to_have_text(balance)


def test_an_unpaid_checkout_is_not_successful(page: Page) -> None:
    steps.signed_up(page.context)
    session_id = steps.start_checkout(page, "hobby")
    page.goto(f"/checkout?success=true&session_id={session_id}")
    expect(page.locator("#checkout-status")).to_have_text("Confirming your payment…")
    expect_nothing_changed(page)
