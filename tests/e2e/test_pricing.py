"""What the pricing page offers to whom."""

import pytest
from playwright.sync_api import Page, expect

from tests.e2e import steps


@pytest.mark.parametrize("plan", ["hobby", "pro", "credits10"])
def test_a_stranger_is_led_over_log_in_back_to_pricing(page: Page, plan: str) -> None:
    page.goto("/pricing")
    expect(page.locator(f"#buy-{plan}")).to_have_text("Log in to buy plan")
    page.locator(f"#buy-{plan}").click()
    page.wait_for_url("**/login?next=/pricing")
    page.get_by_label("Email").fill("owner@example.com")
    page.get_by_label("Password").fill("sentineliq-demo")
    page.get_by_role("button", name="Log in", exact=True).click()
    page.wait_for_url("**/pricing")
    expect(page.locator("#buy-credits10")).to_have_text("Buy plan")


def test_a_stranger_without_an_account_is_led_back_to_pricing_too(page: Page) -> None:
    page.goto("/pricing")
    page.locator("#buy-pro").click()
    page.wait_for_url("**/login?next=/pricing")
    page.get_by_role("link", name="Create an account").click()
    page.wait_for_url("**/signup?next=%2Fpricing")
    page.get_by_label("Email").fill(steps.new_address())
    page.get_by_label("Password").fill(steps.PASSWORD)
    page.get_by_role("button", name="Create account", exact=True).click()
    page.wait_for_url("**/pricing")
    expect(page.locator("#buy-pro")).to_have_text("Buy plan")


def test_prices_are_shown_as_stripe_has_them(page: Page) -> None:
    page.goto("/pricing")
    for plan, price, interval in (
        ("hobby", "$9.99", "per month"),
        ("pro", "$19.99", "per month"),
        ("credits10", "$9.99", "one-time"),
    ):
        expect(page.locator(f"#plan-{plan}")).to_contain_text(f"{price}{interval}")


def test_a_subscribed_owner_is_offered_no_second_subscription(page: Page) -> None:
    steps.signed_up(page.context)
    steps.buy(page, "hobby")
    page.goto("/pricing")
    expect(page.locator("#buy-hobby")).to_have_text("Manage subscription")
    expect(page.locator("#buy-pro")).to_have_text("Switch to Pro")
    expect(page.locator("#buy-credits10")).to_have_text("Buy plan")
    expect(page.locator("#plan-hobby")).to_contain_text("Current plan")
    page.locator("#buy-hobby").click()
    page.wait_for_url("**/sandbox/portal/**")


def test_a_switch_in_the_portal_shows_everywhere(page: Page) -> None:
    steps.signed_up(page.context)
    steps.buy(page, "hobby")
    page.goto("/workspace/billing")
    steps.open_portal(page)
    page.get_by_role("link", name="Switch plan").click()
    page.get_by_role("listitem").filter(has_text="Pro").get_by_role("link").click()
    page.get_by_role("button", name="Confirm").click()
    steps.return_from_portal(page)
    steps.expect_billing(page, plan="Pro", status="Active")
    page.goto("/pricing")
    expect(page.locator("#buy-pro")).to_have_text("Manage subscription")
    expect(page.locator("#buy-hobby")).to_have_text("Switch to Hobby")


def test_an_open_pricing_page_follows_a_purchase_in_another_tab(page: Page) -> None:
    steps.signed_up(page.context)
    page.goto("/pricing")
    expect(page.locator("#buy-hobby")).to_have_text("Buy plan")
    other = page.context.new_page()
    steps.buy(other, "hobby")
    expect(page.locator("#buy-hobby")).to_have_text("Manage subscription")
