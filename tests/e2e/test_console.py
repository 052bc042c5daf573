"""Audit log, credits, notifications and usage, through the page."""

import csv
import io
import re

from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.e2e.steps import buy, join, pay, signed_up, write
from tests.servers import Server

OF_OWNER = "(select workspace_id from memberships join users on id = user_id where email = ?)"


def audit_rows(page: Page):
    return page.locator("#audit-log > li")


def test_the_audit_log_fills_live_and_is_narrowed_exported_and_cleared(
    context: BrowserContext, page: Page
) -> None:
    address = signed_up(context)
    log = context.new_page()
    log.goto("/workspace/audit")
    expect(audit_rows(log)).to_have_count(1)
    expect(audit_rows(log).first).to_contain_text("Workspace created")
    expect(audit_rows(log).first).to_contain_text(f"{address}from 127.0.0.1")
    buy(page, "credits10")
    expect(log.get_by_text("Credits changed from 0 to 10")).to_be_visible()
    log.get_by_label("Who").select_option("Stripe")
    expect(audit_rows(log).filter(has_text="Workspace created")).to_have_count(0)
    log.get_by_label("Search").fill("checkout_session:cs_")
    expect(audit_rows(log)).to_have_count(1)
    with log.expect_download() as download:
        log.get_by_role("link", name="Download CSV").click()
    rows = list(csv.reader(io.StringIO(download.value.path().read_text())))
    assert [row[3] for row in rows] == ["what", "Credits changed from 0 to 10"]
    log.get_by_label("Search").fill("no such thing")
    log.get_by_role("button", name="Clear filters").click()
    expect(audit_rows(log).last).to_contain_text("Workspace created")
    expect(log.get_by_label("Search")).to_have_value("")


def test_a_long_audit_log_goes_on_below(context: BrowserContext, page: Page, server: Server) -> None:
    address = signed_up(context)
    for number in range(120):
        entry = f"""insert into audit_log (workspace_id, at, actor, action, after) values ({OF_OWNER},
            strftime('%Y-%m-%d %H:%M:%f', 'now'), 'system', 'credits_changed', ?)"""
        write(server, entry, address, f'{{"credits": {number}}}')
    page.goto("/workspace/audit")
    shown = audit_rows(page).count
    expect(audit_rows(page).first).to_contain_text("119")
    first = shown()
    while page.locator("#audit-more").count():
        before = shown()
        page.locator("#audit-more").click()
        expect(audit_rows(page).nth(before)).to_be_visible()
        expect(page.locator("#audit-more[aria-busy=true]")).to_have_count(0)
    expect(audit_rows(page)).to_have_count(121)
    expect(audit_rows(page).last).to_contain_text("Workspace created")
    assert first < 121


def test_a_filter_in_the_address_holds(context: BrowserContext, page: Page) -> None:
    signed_up(context)
    page.goto("/workspace/audit?actor=stripe")
    expect(page.get_by_text("Nothing fits")).to_be_visible()
    expect(page.get_by_label("Who")).to_have_value("stripe")


def test_the_days_of_the_log_can_be_typed(context: BrowserContext, page: Page) -> None:
    signed_up(context)
    page.goto("/workspace/audit")
    expect(audit_rows(page)).to_have_count(1)
    page.get_by_label("From").focus()
    page.keyboard.type("01022030", delay=50)
    expect(page.get_by_text("Nothing fits")).to_be_visible()
    expect(page.get_by_label("From")).to_have_value("2030-01-02")
    page.get_by_label("To").focus()
    page.keyboard.type("12311980", delay=50)
    expect(page.get_by_label("To")).to_have_value("1980-12-31")
    page.get_by_role("button", name="Clear filters").click()
    expect(audit_rows(page)).to_have_count(1)
    for label in ("From", "To"):
        expect(page.get_by_label(label)).to_have_value("")


def test_a_member_reads_the_log_but_cannot_export_it(
    browser: Browser, context: BrowserContext, page: Page, server: Server
) -> None:
    owner = signed_up(context)
    with browser.new_context(base_url=server.url) as other:
        assert other.request.get("/billing/audit.csv").status == 404
        join(server, signed_up(other), workspace_of=owner)
        theirs = other.new_page()
        theirs.goto("/workspace/audit")
        expect(audit_rows(theirs).first).to_contain_text("Workspace created")
        expect(audit_rows(theirs).first).not_to_contain_text("127.0.0.1")
        expect(theirs.get_by_role("link", name="Download CSV")).to_have_count(0)
        assert other.request.get("/billing/audit.csv").status == 403
    assert context.request.get("/billing/audit.csv").ok


def test_credits_show_where_they_came_from_and_more_are_bought_there(
    context: BrowserContext, page: Page
) -> None:
    signed_up(context)
    history = context.new_page()
    history.goto("/workspace/credits")
    expect(history.get_by_text("No credits yet")).to_be_visible()
    page.goto("/workspace/credits")
    page.locator("#buy-credits").click()
    page.wait_for_url("**/sandbox/checkout/**")
    pay(page)
    page.wait_for_url("**/checkout?success=true*")
    row = history.locator("#credit-history tbody tr")
    expect(row).to_have_count(1)
    expect(row).to_contain_text("Purchase")
    expect(row.get_by_role("cell").nth(2)).to_have_text("+10")
    expect(row.get_by_role("cell").last).to_have_text("10")
    expect(history.locator("#credits-balance")).to_have_text("10")


def test_what_is_switched_off_is_told_no_more_and_one_is_marked_read(
    context: BrowserContext, page: Page
) -> None:
    signed_up(context)
    page.goto("/notifications")
    page.get_by_role("link", name="Preferences").click()
    received = page.get_by_role("switch", name="A payment was received, in the app")
    received.click()
    expect(received).not_to_be_checked()
    expect(page.get_by_role("switch", name="A payment failed, by mail")).to_be_disabled()
    page.reload()
    expect(received).not_to_be_checked()
    buy(page, "credits10")
    page.goto("/notifications")
    entries = page.locator("#notification-list > li")
    expect(entries.filter(has_text=re.compile("credits", re.I)).first).to_be_visible()
    expect(entries.filter(has_text="Payment received")).to_have_count(0)
    unread = int(page.locator("#unread-count").inner_text())
    page.get_by_role("button", name="Mark as read").first.click()
    expect(page.locator("#unread-count")).to_have_text(str(unread - 1))


def test_usage_warns_and_says_what_must_go(context: BrowserContext, page: Page, server: Server) -> None:
    address = signed_up(context)
    workspace = "select workspace_id from memberships join users on id = user_id where email = ?"
    counter = (
        f"insert into usage_counters (workspace_id, metric, period, used) values (({workspace}), ?, ?, ?)"
    )
    write(server, counter, address, "storage", "all", "2500000000")
    page.goto("/workspace/billing")
    storage = page.locator("#usage-list > li").filter(has_text="Storage")
    expect(storage).to_contain_text("2.5 GB of 1 GB")
    expect(storage.get_by_role("meter").locator("div")).to_have_attribute("style", "width: 100%;")
    expect(storage).to_contain_text("Delete 1.5 GB before you can store more.")
    expect(page.locator("#usage-exceeded")).to_contain_text("Nothing is deleted")
