"""Staff at work in the browser, the owner looking on; and nobody else finds the place."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Browser, Page, expect

from sentineliq.state.session import SessionState
from sentineliq.state.staff.events import StaffEventsState
from sentineliq.state.staff.workspace import StaffWorkspaceState
from sentineliq.state.staff.workspaces import StaffWorkspacesState
from tests.e2e import steps
from tests.e2e.wire import Wire
from tests.servers import Server

FORM = {"plan": "pro", "until": "2027-01-01", "reason": "mine", "credits": "1000", "why": "mine"}
FORGED: list[tuple[type[SessionState], str, dict[str, object]]] = [
    (StaffWorkspacesState, "narrow", {"name": "text", "value": "a"}),
    (StaffWorkspaceState, "give_plan", {"form": FORM}),
    (StaffWorkspaceState, "adjust_credits", {"form": FORM}),
    (StaffWorkspaceState, "refund", {"form": {"amount": "1", "reason": "duplicate", "note": "mine"}}),
    (StaffEventsState, "replay", {"event_id": "evt_1"}),
]


@pytest.fixture
def staff(browser: Browser, server: Server) -> Iterator[Page]:
    """A page of someone of the staff, as development starts with."""
    with browser.new_context(base_url=server.url) as context:
        steps.post(context, "/auth/login", email="staff@example.com", password="sentineliq-demo")
        yield context.new_page()


def test_staff_find_a_workspace_and_what_they_do_the_owner_sees_live(page: Page, staff: Page) -> None:
    owner = steps.signed_up(page.context)
    steps.buy(page, "credits10")
    page.goto("/workspace/billing")
    expect(page.locator("#credits-balance")).to_have_text("10")

    staff.goto("/workspace/billing")
    staff.get_by_role("link", name="Staff").click()
    staff.get_by_label("Search").fill(owner)
    row = staff.locator("#staff-workspaces > li")
    expect(row).to_have_count(1)
    expect(row).to_contain_text(owner)
    row.get_by_role("link").click()
    staff.wait_for_url("**/admin/billing/workspace?id=*")

    staff.locator("#payment-list").get_by_role("button", name="Refund").click()
    amount = staff.get_by_label("Amount")
    expect(amount).to_be_focused()
    expect(amount).to_be_in_viewport()
    amount.fill("500")
    staff.get_by_label("Our reason").fill("Half was not needed")
    staff.get_by_role("button", name="Refund now").click()
    expect(amount).to_have_accessible_description("At most $9.99 of this payment can go back.")
    expect(amount).to_be_focused()
    amount.fill("5")
    steps.press_twice(staff.get_by_role("button", name="Refund now"))
    expect(staff.get_by_role("status").filter(has_text="$5.00 goes back.")).to_be_visible()
    expect(staff.locator("#payment-list")).to_contain_text("$5.00 refunded")
    expect(staff.get_by_role("alert")).to_be_empty()
    expect(page.locator("#credits-balance")).not_to_have_text("10")

    last_day = datetime.now(UTC) + timedelta(days=30)
    staff.get_by_role("button", name="Give a plan").click()
    staff.get_by_label("Last day").fill(f"{last_day:%Y-%m-%d}")
    staff.locator("#give-plan").get_by_label("Reason").fill("Conference speaker")
    staff.get_by_role("button", name="Give plan", exact=True).click()
    expect(staff.locator("#staff-plan-name")).to_have_text("Pro")
    expect(page.locator("#plan-name")).to_have_text("Pro")
    expect(page.locator("#complimentary")).to_have_text(
        f"Pro is complimentary until {last_day.day} {last_day:%b %Y}."
    )

    staff.get_by_role("link", name="Webhook events").first.click()
    event = staff.locator("#staff-events > li").filter(has_text="charge.refunded").first
    event.get_by_role("button", name="Payload").click()
    expect(staff.locator("#event-payload")).to_contain_text('"type": "charge.refunded"')
    event.get_by_role("button", name="Replay").click()
    expect(staff.get_by_role("status").filter(has_text="settled before")).to_be_visible()


def test_the_staffs_pages_follow_what_happens_elsewhere(page: Page, staff: Page) -> None:
    staff.goto("/admin/billing")
    owner = steps.signed_up(page.context)
    steps.buy(page, "hobby")
    row = staff.locator("#staff-workspaces > li").filter(has_text=owner)
    expect(row).to_contain_text("Hobby")
    expect(row).to_contain_text("Active")


def test_nobody_else_finds_the_staffs_pages_or_acts_there(page: Page) -> None:
    page.goto("/admin/billing")
    expect(page.get_by_role("heading", level=1)).to_have_text("There is nothing here")
    steps.signed_up(page.context)
    wire = Wire(page)
    for path in (
        "/admin/billing",
        "/admin/billing/revenue",
        "/admin/billing/events",
        "/admin/billing/failed",
    ):
        answer = page.goto(path)
        assert answer
        assert answer.status == 404
        assert "<title>Not found · SentinelIQ</title>" in answer.text()
        expect(page.get_by_role("heading", level=1)).to_have_text("There is nothing here")
        expect(page.get_by_role("link", name="Staff")).to_have_count(0)
    for state, handler, payload in FORGED:
        wire.send(state, handler, **payload)
        expect(page.get_by_role("alert")).to_contain_text("There is nothing here.")
        page.get_by_role("button", name="Dismiss").click()
        expect(page.get_by_role("button", name="Dismiss")).to_have_count(0)
