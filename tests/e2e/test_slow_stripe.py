"""Stripe is slow, then silent: pages stand at once, and show what they know with its age.

Stripe is another server's sandbox, behind a gate.
"""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from sentineliq.config import SANDBOX_API_KEY
from tests.e2e import steps
from tests.e2e.gate import Gate
from tests.e2e.screens import look_on_every_screen
from tests.servers import Server, running_server

pytestmark = pytest.mark.xdist_group("slow-stripe")  # one server of this kind is enough

SUBSCRIBED = """
update workspaces set subscription_status = 'active', subscription_plan = 'hobby', stripe_customer_id = ?,
    stripe_subscription_id = ?, subscription_as_of = '2026-11-22 10:42:00.000000',
    current_period_end = '2030-01-01 00:00:00.000000'
where id = (select workspace_id from memberships join users on users.id = user_id where email = ?)
"""


@pytest.fixture(scope="module")
def gate(server: Server) -> Iterator[Gate]:
    with Gate(server.port).running() as gate:
        yield gate


@pytest.fixture(scope="module")
def distant(gate: Gate, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The server whose Stripe is behind the gate."""
    stripe = {
        "STRIPE_API_KEY": SANDBOX_API_KEY,
        "STRIPE_API_BASE": f"http://127.0.0.1:{gate.port}/sandbox/api",
        "STRIPE_WEBHOOK_SECRET": "whsec_of_nobody",
        "PAYMENTS_HOBBY_SUBSCRIPTION_PLAN_ID": "price_sandbox_hobby",
        "PAYMENTS_PRO_SUBSCRIPTION_PLAN_ID": "price_sandbox_pro",
        "PAYMENTS_CREDITS_10_PLAN_ID": "price_sandbox_credits10",
    }
    with running_server(tmp_path_factory.mktemp("distant"), **stripe) as distant:
        yield distant


@pytest.fixture(autouse=True)
def _open(gate: Gate) -> Iterator[None]:
    yield
    gate.open()


@pytest.fixture
def context(browser: Browser, distant: Server) -> Iterator[BrowserContext]:
    with browser.new_context(base_url=distant.url, reduced_motion="reduce", bypass_csp=True) as context:
        yield context


_PRESSES_HEARD = """button => {
    let heard = 0;
    button.addEventListener('click', () => { heard += 1; });
    button.click();
    return heard;
}"""


@pytest.fixture
def page(context: BrowserContext) -> Page:
    steps.signed_up(context)
    return context.new_page()


@pytest.fixture
def subscribed(browser: Browser, server: Server, distant: Server, context: BrowserContext) -> Page:
    """A page of an owner who has subscribed: at the sandbox by buying, here by what its events would say."""
    with browser.new_context(base_url=server.url) as there:
        buyer = steps.signed_up(there)
        steps.buy(there.new_page(), "hobby")
    with closing(sqlite3.connect(server.data_dir / "sentineliq.db", timeout=10)) as database:
        [ids] = database.execute(
            "select stripe_customer_id, stripe_subscription_id from workspaces join memberships on "
            "workspaces.id = workspace_id join users on users.id = user_id where email = ?",
            (buyer,),
        ).fetchall()
    steps.write(distant, SUBSCRIBED, *ids, steps.signed_up(context))
    return context.new_page()


def test_pricing_shows_plans_and_buttons_while_the_first_prices_are_asked_for(gate: Gate, page: Page) -> None:
    gate.slow()
    page.goto("/pricing")
    expect(page.locator("#buy-hobby")).to_have_text("Buy plan")
    expect(page.locator("#buy-hobby")).to_be_enabled()
    expect(page.locator("#plan-hobby .skeleton")).to_be_visible()
    gate.open()
    expect(page.locator("#plan-hobby")).to_contain_text("$9.99per month")
    gate.slow()
    page.reload()
    expect(page.locator("#plan-pro")).to_contain_text("$19.99per month")


def test_a_slow_checkout_shows_that_it_is_at_work_and_leads_on(gate: Gate, page: Page) -> None:
    page.goto("/pricing")
    buy = page.locator("#buy-hobby")
    expect(buy).to_have_text("Buy plan")
    gate.slow()
    buy.click()
    expect(buy).to_have_attribute("aria-busy", "true")
    expect(buy).to_be_disabled()
    expect(buy).to_be_focused()
    assert buy.evaluate(_PRESSES_HEARD) == 0
    gate.open()
    page.wait_for_url("**/sandbox/checkout/**")


def test_billing_stands_while_stripe_is_slow_and_keeps_what_it_told_when_it_is_gone(
    gate: Gate, subscribed: Page
) -> None:
    page = subscribed
    gate.slow()
    page.goto("/workspace/billing")
    steps.expect_billing(page, plan="Hobby", status="Active")
    expect(page.locator("#payment-method .skeleton").first).to_be_visible()
    expect(page.locator("#stripe-down")).to_have_count(0)
    gate.open()
    expect(page.locator("#payment-method")).to_contain_text("Visa ending in 4242")
    expect(page.locator("#next-invoice")).to_contain_text("$9.99 on")
    gate.shut()
    page.reload()
    expect(page.locator("#stripe-down")).to_contain_text("as of 22 Nov 2026, 10:42 UTC")
    expect(page.locator("#payment-method")).to_contain_text("Visa ending in 4242")
    expect(page.locator("#payment-method")).to_contain_text(re.compile(r"As of \d+ \w+ \d{4}, \d\d:\d\d UTC"))
    expect(page.locator("#next-invoice")).to_contain_text(re.compile(r"\$9.99 on .+, as of .+ UTC"))
    assert look_on_every_screen(page, "billing-stripe-down") == []
    gate.open()
    page.reload()
    expect(page.locator("#stripe-down")).to_have_count(0)


def test_a_plan_change_shows_bars_while_stripe_is_slow_and_says_when_it_is_gone(
    gate: Gate, subscribed: Page
) -> None:
    page = subscribed
    gate.slow()
    page.goto("/workspace/billing/plan")
    expect(page.get_by_role("heading", level=1)).to_have_text("Change your plan")
    expect(page.locator("main .skeleton").first).to_be_visible()
    gate.open()
    expect(page.locator("#standing-plan")).to_have_text("Hobby, paid by the month")
    gate.slow()
    page.get_by_role("button", name="Choose Pro").click()
    expect(page.locator("#choose-pro")).to_have_attribute("aria-busy", "true")
    gate.shut()
    expect(page.get_by_role("alert")).to_contain_text("Stripe cannot be reached right now.")
    expect(page.locator("#choose-pro")).to_be_enabled()
    expect(page.locator("#choose-pro")).to_be_focused()
    page.reload()
    expect(page.locator("#plan-unavailable")).to_contain_text("Stripe cannot be reached right now.")
