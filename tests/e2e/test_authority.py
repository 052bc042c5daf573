"""Every event is open to whoever can reach the websocket: the services decide, not the buttons."""

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from sentineliq.config import SANDBOX_API_KEY
from sentineliq.state.billing import BillingState
from sentineliq.state.pricing import PricingState
from sentineliq.state.session import SessionState
from tests.e2e import steps
from tests.e2e.wire import Wire
from tests.servers import Server

OWNERS_EVENTS = [
    (PricingState, "choose", {"plan_id": "hobby"}),
    (PricingState, "choose", {"plan_id": "credits10"}),
    (BillingState, "manage_subscription", {}),
    (BillingState, "answer_alert", {}),
]


def at_stripe(server: Server) -> dict[str, list[str]]:
    """What the sandbox knows, by its API: the newest of each kind."""
    with httpx.Client(base_url=f"{server.url}/sandbox/api/v1/", auth=(SANDBOX_API_KEY, "")) as stripe:
        kinds = ("customers", "checkout/sessions", "subscriptions", "events")
        answers = {kind: stripe.get(kind, params={"limit": 100}).raise_for_status() for kind in kinds}
    return {kind: [one["id"] for one in answer.json()["data"]] for kind, answer in answers.items()}


@pytest.fixture
def members_page(context: BrowserContext, browser: Browser, server: Server) -> Page:
    """A page of a plain member, whose workspace has a running subscription."""
    with browser.new_context(base_url=server.url) as owners:
        owner = steps.signed_up(owners)
        steps.buy(owners.new_page(), "hobby")
    steps.join(server, steps.signed_up(context), workspace_of=owner)
    return context.new_page()


@pytest.mark.parametrize(("state", "handler", "payload"), OWNERS_EVENTS)
def test_a_stranger_can_neither_buy_nor_manage(
    page: Page, server: Server, state: type[SessionState], handler: str, payload: dict[str, str]
) -> None:
    before = at_stripe(server)
    wire = Wire(page)
    page.goto("/pricing")
    expect(page.locator("#buy-hobby")).to_have_text("Log in to buy plan")
    wire.send(state, handler, **payload)
    if state is PricingState:
        page.wait_for_url("**/login?next=/pricing")
    else:
        expect(page.get_by_role("alert")).to_contain_text("Please log in")
    assert at_stripe(server) == before


def test_a_member_reads_billing_but_can_neither_buy_nor_manage(members_page: Page, server: Server) -> None:
    page, wire = members_page, Wire(members_page)
    page.goto("/pricing")
    for plan in ("hobby", "pro", "credits10"):
        expect(page.locator(f"#buy-{plan}")).to_have_text("Only the owner can buy")
        expect(page.locator(f"#buy-{plan}")).to_be_disabled()
    page.goto("/workspace/billing")
    steps.expect_billing(page, plan="Hobby", status="Active")
    expect(page.locator("#manage-subscription")).to_be_disabled()
    before = at_stripe(server)
    for state, handler, payload in OWNERS_EVENTS:
        wire.send(state, handler, **payload)
        expect(page.get_by_role("alert")).to_contain_text("Only the owner of this workspace can do this.")
        page.get_by_role("button", name="Dismiss").click()
        expect(page.get_by_role("button", name="Dismiss")).to_have_count(0)
    assert at_stripe(server) == before


def test_a_members_open_page_follows_what_the_owner_does(
    context: BrowserContext, browser: Browser, server: Server
) -> None:
    with browser.new_context(base_url=server.url) as owners:
        owner = steps.signed_up(owners)
        steps.join(server, steps.signed_up(context), workspace_of=owner)
        page = context.new_page()
        page.goto("/workspace/billing")
        steps.expect_billing(page, plan="Free", status="Free")
        news = context.new_page()
        news.goto("/notifications")
        expect(news.get_by_text("Nothing new")).to_be_visible()
        steps.buy(owners.new_page(), "hobby")
        steps.expect_billing(page, plan="Hobby", status="Active")
        expect(page.locator("#unread-count")).not_to_have_text("0")
        expect(news.locator("#notification-list > li").first).to_be_visible()


def test_a_subscribed_owner_cannot_have_a_second_subscription(page: Page, server: Server) -> None:
    steps.signed_up(page.context)
    steps.buy(page, "hobby")
    before = at_stripe(server)
    wire = Wire(page)
    page.goto("/workspace/billing")  # here the server has no offers at hand that would lead to the portal
    steps.expect_billing(page, plan="Hobby", status="Active")
    for plan in ("hobby", "pro"):
        wire.send(PricingState, "choose", plan_id=plan)
        expect(page.get_by_role("alert")).to_contain_text("already has a subscription")
        page.get_by_role("button", name="Dismiss").click()
        expect(page.get_by_role("button", name="Dismiss")).to_have_count(0)
    assert at_stripe(server) == before


def test_a_plan_that_does_not_exist_is_refused(page: Page, server: Server) -> None:
    steps.signed_up(page.context)
    before = at_stripe(server)
    wire = Wire(page)
    page.goto("/pricing")
    expect(page.locator("#buy-hobby")).to_have_text("Buy plan")
    wire.send(PricingState, "choose", plan_id="enterprise")
    expect(page.get_by_role("alert")).to_contain_text("This plan does not exist.")
    assert at_stripe(server) == before
