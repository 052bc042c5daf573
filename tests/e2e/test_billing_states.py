"""The billing page in every state of a subscription: what it says, how it looks, that all can read it.

The sandbox brings about what it can in a moment: no plan, a paid plan with credits, a card that lapses and
one that does not. The other states are written into the server's record, as Stripe's events would write them.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from sentineliq.workspaces.models import SubscriptionStatus
from tests.e2e import steps
from tests.e2e.screens import look_on_every_screen, settle
from tests.servers import Server, running_server

OF_OWNER = "(select workspace_id from memberships join users on id = user_id where email = ?)"
NOW = datetime.now(UTC)


def stored(moment: datetime) -> str:
    """As SQLite keeps a time."""
    return moment.strftime("%Y-%m-%d %H:%M:%S.%f")


def day(moment: datetime) -> str:
    return f"{moment.day} {moment:%b %Y}"


ENDS = NOW + timedelta(days=20)
HEALTHY = {
    "subscription_status": "active",
    "subscription_plan": "hobby",
    "current_period_end": stored(ENDS),
    "cancel_at": None,
    "past_due_since": None,
    "complimentary_plan": None,
    "complimentary_until": None,
}


@dataclass(frozen=True)
class State:
    """A state of the record: the pill, the plan in use, words of the alert, and its button."""

    name: str
    record: dict[str, str | None]
    pill: str
    plan: str
    renewal: str
    alert: str = ""
    action: str = ""


STATES = (
    State(
        "trialing",
        {"subscription_status": "trialing"},
        pill="Trialing",
        plan="Hobby",
        renewal=day(ENDS),
    ),
    State(
        "canceling",
        {"subscription_status": "cancel_at_period_end", "cancel_at": stored(ENDS)},
        pill="Canceling",
        plan="Hobby",
        renewal=day(ENDS),
        alert=f"Your subscription ends on {day(ENDS)}",
        action="Resume subscription",
    ),
    State(
        "past-due-in-grace",
        {"subscription_status": "past_due", "past_due_since": stored(NOW - timedelta(days=2))},
        pill="Past due",
        plan="Hobby",
        renewal=day(ENDS),
        alert=f"Hobby stays on until {day(NOW + timedelta(days=5))} while we retry",
        action="Update payment method",
    ),
    State(
        "past-due-after-grace",
        {"subscription_status": "past_due", "past_due_since": stored(NOW - timedelta(days=9))},
        pill="Past due",
        plan="Free",
        renewal="once the payment goes through",
        alert=f"the workspace is on Free since {day(NOW - timedelta(days=2))}",
        action="Update payment method",
    ),
    State(
        "on-hold-beside-a-gift",
        {
            "subscription_status": "past_due",
            "past_due_since": stored(NOW - timedelta(days=9)),
            "complimentary_plan": "pro",
            "complimentary_until": stored(ENDS),
        },
        pill="Past due",
        plan="Pro",
        renewal="once the payment goes through",
        alert=f"the workspace is on Pro since {day(NOW - timedelta(days=2))}",
        action="Update payment method",
    ),
    State(
        "unpaid",
        {"subscription_status": "unpaid"},
        pill="Unpaid",
        plan="Free",
        renewal="once the open invoice is paid",
        alert="Your subscription is unpaid",
        action="Pay the invoice",
    ),
    State(
        "paused",
        {"subscription_status": "paused"},
        pill="Paused",
        plan="Free",
        renewal="Nothing is billed while it is paused",
        alert="Your subscription is paused",
        action="Open the customer portal",
    ),
    State(
        "incomplete",
        {"subscription_status": "incomplete"},
        pill="Incomplete",
        plan="Free",
        renewal="It begins with the first payment",
        alert="Your first payment is not complete",
        action="Finish payment",
    ),
    State(
        "ended",
        {"subscription_status": "deleted", "subscription_plan": None},
        pill="Canceled",
        plan="Free",
        renewal="It has ended: nothing is billed",
    ),
)


pytestmark = pytest.mark.xdist_group("billing states")  # they share a server and a workspace


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One of its own: where other tests have moved the sandbox's time, a card of this month has lapsed."""
    with running_server(tmp_path_factory.mktemp("billing-states")) as server:
        yield server


@pytest.fixture(scope="module")
def context(browser: Browser, server: Server) -> Iterator[BrowserContext]:
    """The owner's browser, in which axe, a script of another origin, may run."""
    context = browser.new_context(base_url=server.url, reduced_motion="reduce", bypass_csp=True)
    yield context
    context.close()


@pytest.fixture(scope="module")
def owner(context: BrowserContext) -> str:
    return steps.signed_up(context)


@pytest.fixture(scope="module")
def page(context: BrowserContext, owner: str) -> Page:
    page = context.new_page()
    page.goto("/workspace/billing")
    return page


@pytest.fixture(scope="module")
def nothing_is_healed(server: Server) -> None:
    """The schedule leaves the record as it was written: another worker seems to hold the job."""
    far = stored(NOW + timedelta(days=1))
    job = "insert or replace into jobs (name, holder, held_until) values ('reconcile', 'this test', ?)"
    steps.write(server, job, far)


@pytest.fixture(scope="module")
def subscribed(page: Page, owner: str, nothing_is_healed: None) -> Page:
    """The billing page of a workspace with credits and Hobby, paid by a card that lapses this month."""
    steps.buy(page, "credits10")
    steps.start_checkout(page, "hobby")
    steps.pay(page, expiry=f"{NOW:%m} / {NOW:%y}")
    page.wait_for_url("**/checkout?success=true*")
    page.goto("/workspace/billing")
    steps.expect_billing(page, plan="Hobby", status="Active")
    return page


@pytest.fixture
def record(server: Server, owner: str) -> Callable[[dict[str, str | None]], None]:
    def write(values: dict[str, str | None]) -> None:
        """Set these fields of the owner's workspace, and all others as in health."""
        whole = HEALTHY | values
        fields = ", ".join(f"{name} = ?" for name in whole)
        steps.write(server, f"update workspaces set {fields} where id = {OF_OWNER}", *whole.values(), owner)

    return write


def look_again(page: Page) -> None:
    """As a tab that comes to the front: it reads itself anew without being loaded again."""
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")


@contextmanager
def members_page(browser: Browser, server: Server, owner: str) -> Iterator[Page]:
    with browser.new_context(base_url=server.url, reduced_motion="reduce", bypass_csp=True) as theirs:
        steps.join(server, steps.signed_up(theirs), workspace_of=owner)
        page = theirs.new_page()
        page.goto("/workspace/billing")
        yield page


def test_a_workspace_without_anything(page: Page) -> None:
    steps.expect_billing(page, plan="Free", status="Free")
    expect(page.locator("#invoice-list")).to_contain_text("No invoices yet")
    expect(page.locator("#payment-method")).to_contain_text("No card yet")
    expect(page.get_by_role("link", name="Choose a plan")).to_be_visible()
    expect(page.locator("#billing-alert")).to_have_count(0)
    settle(page)
    assert look_on_every_screen(page, "billing-none") == []


def test_a_paid_workspace_whose_card_lapses(subscribed: Page) -> None:
    page = subscribed
    expect(page.locator("#credits-balance")).to_have_text("10")
    expect(page.locator("#payment-method")).to_contain_text("Visa ending in 4242")
    expect(page.locator("#card-warning")).to_contain_text("lapses soon")
    expect(page.locator("#next-invoice")).to_contain_text("$9.99 on")
    expect(page.get_by_role("link", name="Change plan")).to_be_visible()
    expect(page.locator("#billing-alert")).to_have_count(0)
    settle(page)
    assert look_on_every_screen(page, "billing-expiring-card") == []


def test_another_card_ends_the_warning_in_every_open_tab(subscribed: Page) -> None:
    page = subscribed
    other = page.context.new_page()
    other.goto("/workspace/billing")
    expect(other.locator("#payment-method")).to_contain_text("Visa ending in 4242")
    page.locator("#change-card").click()
    page.wait_for_url("**/sandbox/portal/**")
    page.get_by_label("Card number").fill("5555 5555 5555 4444")
    page.get_by_label("Expiry").fill("12 / 34")
    page.get_by_label("CVC").fill("123")
    page.get_by_role("button", name="Save card").click()
    page.wait_for_url("**/workspace/billing")
    expect(page.locator("#payment-method")).to_contain_text("Mastercard ending in 4444")
    expect(page.locator("#payment-method")).to_contain_text("Expires 12/34")
    expect(page.locator("#card-warning")).to_have_count(0)
    expect(other.locator("#payment-method")).to_contain_text("Mastercard ending in 4444")
    expect(other.locator("#card-warning")).to_have_count(0)
    other.close()
    settle(page)
    assert look_on_every_screen(page, "billing-active") == []


@pytest.mark.parametrize("state", STATES, ids=lambda state: state.name)
def test_a_state_says_what_happened_and_what_to_do(
    subscribed: Page, record: Callable[[dict[str, str | None]], None], state: State
) -> None:
    page = subscribed
    record(state.record)
    look_again(page)
    steps.expect_billing(page, plan=state.plan, status=state.pill)
    expect(page.locator("#renewal-date")).to_contain_text(state.renewal)
    alert = page.locator("#billing-alert")
    if state.alert:
        expect(alert).to_contain_text(state.alert)
        expect(alert.get_by_role("button", name=state.action)).to_be_enabled()
    else:
        expect(alert).to_have_count(0)
    settle(page)
    assert look_on_every_screen(page, f"billing-{state.name}") == []


def test_every_status_has_been_looked_at() -> None:
    shown = {state.record["subscription_status"] for state in STATES} | {"active"}
    assert shown == set(SubscriptionStatus)


def test_usage_warns_from_four_fifths_on_and_says_what_must_go(
    subscribed: Page, server: Server, owner: str, record: Callable[[dict[str, str | None]], None]
) -> None:
    page = subscribed
    record({})
    for metric, period, used in (("storage", "all", 12_500_000_000), ("alerts", f"{NOW:%Y-%m}", 85)):
        counter = f"insert into usage_counters values ({OF_OWNER}, ?, ?, ?)"
        steps.write(server, counter, owner, metric, period, used)
    look_again(page)
    bars = page.locator("#usage-list > li")
    expect(bars.filter(has_text="Alerts")).to_contain_text("Almost used up")
    expect(bars.filter(has_text="Storage")).to_contain_text("Delete 2.5 GB")
    expect(page.locator("#usage-exceeded")).to_contain_text("Nothing is deleted")
    assert look_on_every_screen(page, "billing-over-the-limits") == []


def test_many_invoices_are_shown_by_and_by(subscribed: Page, server: Server, owner: str) -> None:
    page = subscribed
    for number in range(30):
        created = stored(NOW - timedelta(days=30 * (number + 1)))
        invoice = f"""insert into invoices (id, workspace_id, number, status, currency, total, amount_paid,
            amount_remaining, created, as_of, hosted_invoice_url, invoice_pdf)
            values (?, {OF_OWNER}, ?, ?, 'usd', ?, 0, 0, ?, ?, ?, ?)"""
        status = ("paid", "open", "void", "uncollectible")[number % 4 if number < 8 else 0]
        values = (f"OLD-{number:04}", status, 999 + 100_000 * (number % 3), created, created)
        links = ("https://invoice.example/view", "https://invoice.example/pdf")
        steps.write(server, invoice, f"in_{owner}_{number}", owner, *values, *links)
    look_again(page)
    rows = page.locator("#invoice-list > li")
    expect(rows).to_have_count(12)
    assert look_on_every_screen(page, "billing-many-invoices") == []
    for shown in (24, 32):
        page.get_by_role("button", name="Load more").click()
        expect(rows).to_have_count(shown)
    expect(page.get_by_role("button", name="Load more")).to_have_count(0)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("past-due-in-grace", "The payment method must be updated to keep it."),
        ("unpaid", "Only the owner can change that, and has been told."),
    ],
)
def test_a_member_reads_the_same_without_the_buttons(
    browser: Browser,
    server: Server,
    owner: str,
    record: Callable[[dict[str, str | None]], None],
    name: str,
    words: str,
) -> None:
    [state] = [state for state in STATES if state.name == name]
    record(state.record)
    with members_page(browser, server, owner) as page:
        steps.expect_billing(page, plan=state.plan, status=state.pill)
        alert = page.locator("#billing-alert")
        expect(alert).to_contain_text(words)
        expect(alert.get_by_role("button")).to_have_count(0)
        expect(page.locator("#manage-subscription")).to_be_disabled()
        expect(page.get_by_role("button", name=re.compile("card|details", re.I))).to_have_count(0)
        settle(page)
        assert look_on_every_screen(page, f"billing-{name}-member") == []
