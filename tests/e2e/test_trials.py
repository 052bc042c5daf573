"""A trial from the pricing page to its first payment, and those who have none."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.e2e import steps
from tests.servers import Server, running_server


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Server]:
    """A server on which no card has had a trial yet."""
    with running_server(tmp_path) as server:
        yield server


def owner_at(browser: Browser, server: Server) -> tuple[BrowserContext, str]:
    context = browser.new_context(base_url=server.url)
    return context, steps.signed_up(context)


def expect_trial_offered(page: Page, *, offered: bool) -> None:
    page.goto("/pricing")
    expect(page.locator("#buy-pro")).to_have_text(re.compile("buy plan", re.I))
    expect(page.locator("#trial-pro")).to_have_text("14 days free, one trial per card" if offered else "")
    expect(page.locator("#trial-terms")).to_have_count(1 if offered else 0)


def test_an_owner_has_one_trial_and_a_card_has_one(browser: Browser, fresh: Server) -> None:
    context, address = owner_at(browser, fresh)
    with context:
        page = context.new_page()
        _begin_the_trial(page)
        _second_workspace_begins_without(page)
        with browser.new_context(base_url=fresh.url) as stranger:
            expect_trial_offered(stranger.new_page(), offered=True)
        _the_same_card_of_another_owner_is_charged_at_once(browser, fresh)
        _the_first_trial_becomes_paid(page, address)


def _begin_the_trial(page: Page) -> None:
    expect_trial_offered(page, offered=True)
    steps.start_checkout(page, "pro")
    expect(page.get_by_role("main")).to_contain_text("14 days free, then you are charged $19.99 monthly")
    expect(page.get_by_text("One free trial for each workspace, owner and card.")).to_be_visible()
    steps.pay(page)
    expect(page.locator("#checkout-status")).to_have_text("Payment successful")
    page.goto("/workspace/billing")
    steps.expect_billing(page, plan="Pro", status="Trialing")
    expect(page.locator("#trial-days-left")).to_have_text("14 days left")
    expect(page.get_by_text("Trial ends on")).to_be_visible()
    expect(page.locator("#audit-list")).to_contain_text("Trial started")


def _second_workspace_begins_without(page: Page) -> None:
    page.goto("/workspaces")
    page.get_by_label("Name", exact=True).fill("Second")
    page.get_by_role("button", name="Create workspace").click()
    expect(page.locator("#workspace-switcher")).to_contain_text("Second")
    expect_trial_offered(page, offered=False)
    steps.start_checkout(page, "pro")
    expect(page.get_by_text("$19.99").first).to_be_visible()
    steps.pay(page)
    expect(page.locator("#checkout-status")).to_have_text("Payment successful")
    page.goto("/workspace/billing")
    steps.expect_billing(page, plan="Pro", status="Active")
    expect(page.locator("#trial-days-left")).to_have_count(0)


def _the_same_card_of_another_owner_is_charged_at_once(browser: Browser, server: Server) -> None:
    context, address = owner_at(browser, server)
    with context:
        page = context.new_page()
        expect_trial_offered(page, offered=True)
        steps.buy(page, "pro")
        page.goto("/workspace/billing")
        steps.expect_billing(page, plan="Pro", status="Active")
        expect(page.locator("#invoice-list")).to_contain_text("$19.99")
        expect(page.locator("#audit-list")).to_contain_text("Trial refused")
        page.goto("/notifications")
        expect(page.locator("#notification-list")).to_contain_text("Pro begins without a trial")
        refused = steps.mail_to(page, address, "begins without a trial")
        expect(refused).to_contain_text("This card has had a trial before.")


def _the_first_trial_becomes_paid(page: Page, address: str) -> None:
    """The switcher leads back to the first workspace; its open page follows the clock."""
    page.goto("/workspaces")
    page.get_by_role("button", name=re.compile("^Switch to ")).click()
    expect(page.locator("#workspace-switcher")).not_to_contain_text("Second")
    page.goto("/workspace/billing")
    steps.expect_billing(page, plan="Pro", status="Trialing")
    dashboard = page.context.new_page()
    dashboard.goto("/sandbox/")
    dashboard.get_by_role("button", name="Advance one period").click()
    steps.expect_billing(page, plan="Pro", status="Active")
    expect(page.locator("#trial-days-left")).to_have_count(0)
    expect(page.locator("#invoice-list")).to_contain_text("$19.99")
    expect(steps.mail_to(dashboard, address, "ends soon")).to_contain_text("cancel before to pay nothing")
    paid = steps.mail_to(dashboard, address, re.compile(r"Pro is paid, \$19\.99"))
    expect(paid).to_contain_text("The trial is over and the first payment of $19.99 went through")
