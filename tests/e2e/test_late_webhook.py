"""The webhook does not come: the page that waits for it asks Stripe itself."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e import steps
from tests.servers import running_server

pytestmark = pytest.mark.xdist_group("late-webhook")  # one server of this kind is enough


@pytest.fixture(scope="module")
def page(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """A page of a server that believes no event: its signing secret is another one."""
    folder = tmp_path_factory.mktemp("deaf")
    with (
        running_server(folder, STRIPE_WEBHOOK_SECRET="whsec_of_another_endpoint") as server,
        browser.new_context(base_url=server.url) as context,
    ):
        yield context.new_page()


@pytest.mark.parametrize("plan", ["hobby", "credits10"])
def test_a_payment_is_confirmed_without_the_webhook(page: Page, plan: str) -> None:
    steps.signed_up(page.context)
    steps.start_checkout(page, plan)
    steps.pay(page)
    expect(page.locator("#checkout-status")).to_have_text("Confirming your payment…")
    expect(page.locator("#checkout-status")).to_have_text("Payment successful")
    page.goto("/workspace/billing")
    expect(page.locator("#plan-name")).to_have_text("Hobby" if plan == "hobby" else "Free")
    expect(page.locator("#credits-balance")).to_have_text("0" if plan == "hobby" else "10")
