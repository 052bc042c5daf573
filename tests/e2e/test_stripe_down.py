"""Stripe cannot be reached: the pages stand, say so where it matters, and show what we know ourselves."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e import steps
from tests.servers import Server, running_server

pytestmark = pytest.mark.xdist_group("stripe-down")  # one server of this kind is enough

UNREACHABLE = {
    "STRIPE_API_KEY": "sk_test_unreachable",
    "STRIPE_API_BASE": "http://127.0.0.1:1",
    "STRIPE_WEBHOOK_SECRET": "whsec_unreachable",
    "PAYMENTS_HOBBY_SUBSCRIPTION_PLAN_ID": "price_hobby",
    "PAYMENTS_PRO_SUBSCRIPTION_PLAN_ID": "price_pro",
    "PAYMENTS_CREDITS_10_PLAN_ID": "price_credits10",
}
SUBSCRIBED = """
update workspaces set subscription_status = 'active', subscription_plan = 'hobby', credits = 7,
    stripe_customer_id = 'cus_known', stripe_subscription_id = 'sub_known'
where id = (select workspace_id from memberships join users on users.id = user_id where email = ?)
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running_server(tmp_path_factory.mktemp("down"), **UNREACHABLE) as server:
        yield server


@pytest.fixture
def page(browser: Browser, server: Server) -> Iterator[Page]:
    """A page of a new owner at that server."""
    with browser.new_context(base_url=server.url) as context:
        yield context.new_page()


def test_pricing_shows_the_plans_without_prices(page: Page) -> None:
    page.goto("/pricing")
    for plan in ("hobby", "pro", "credits10"):
        card = page.locator(f"#plan-{plan}")
        expect(card).to_contain_text("The price cannot be shown right now.")
        expect(card.get_by_role("listitem").first).to_be_visible()
        expect(page.locator(f"#buy-{plan}")).to_have_text("Log in to buy plan")


def test_buying_says_so_and_can_be_tried_again(page: Page) -> None:
    steps.signed_up(page.context)
    page.goto("/pricing")
    expect(page.locator("#buy-hobby")).to_have_text("Buy plan")
    for _ in range(2):
        page.locator("#buy-hobby").click()
        expect(page.get_by_role("alert")).to_contain_text(
            "Stripe cannot be reached right now. Nothing was charged"
        )
        expect(page.locator("#buy-hobby")).to_be_enabled()


def test_billing_shows_what_we_know_ourselves(page: Page, server: Server) -> None:
    address = steps.signed_up(page.context)
    steps.write(server, SUBSCRIBED, address)
    page.goto("/workspace/billing")
    steps.expect_billing(page, plan="Hobby", status="Active")
    expect(page.locator("#credits-balance")).to_have_text("7")
    expect(page.locator("#audit-list")).to_contain_text("Workspace created")
    expect(page.locator("#payment-method")).to_contain_text("Stripe cannot be reached right now.")
    page.locator("#manage-subscription").click()
    expect(page.get_by_role("alert")).to_contain_text("Stripe cannot be reached right now.")
    expect(page.locator("#manage-subscription")).to_be_enabled()


def test_a_checkout_that_nobody_can_vouch_for_is_not_successful(page: Page) -> None:
    steps.signed_up(page.context)
    page.goto("/checkout?success=true&session_id=cs_test_made_up")
    expect(page.locator("#checkout-status")).to_have_text("No such checkout")
