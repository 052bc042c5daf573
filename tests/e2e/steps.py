"""What people do in the browser, in steps that many tests take."""

import re
import sqlite3
import time
from contextlib import closing
from itertools import count
from uuid import uuid4

from playwright.sync_api import BrowserContext, Locator, Page, expect

from tests.servers import Server

PASSWORD = "correct horse battery"
GOOD_CARD = "4242 4242 4242 4242"
DECLINED_CARD = "4000 0000 0000 0002"
MAIL_PATIENCE = 20
"""Seconds until a mail must be in the mailbox."""

_names = (f"ada-{uuid4().hex[:6]}-{number}" for number in count(1))


def new_address() -> str:
    return f"{next(_names)}@example.com"


def signed_up(context: BrowserContext) -> str:
    """The address of a new owner, to whom this browser belongs from now on."""
    address = new_address()
    post(context, "/auth/signup", email=address, password=PASSWORD)
    return address


def write(server: Server, statement: str, *values: str | int | None) -> None:
    """Change exactly one row of the server's database, past the product."""
    with closing(sqlite3.connect(server.data_dir / "sentineliq.db", timeout=10)) as database, database:
        assert database.execute(statement, values).rowcount == 1


def join(server: Server, address: str, *, workspace_of: str) -> None:
    """Make someone a plain member of another's workspace, in place of their own."""
    statement = """
        update memberships set role = 'MEMBER', workspace_id = (
            select workspace_id from memberships join users on id = user_id where email = ?
        ) where user_id = (select id from users where email = ?)
    """
    write(server, statement, workspace_of, address)


def post(context: BrowserContext, path: str, **form: str) -> str:
    """Post a form as our own page does; where the answer leads."""
    answer = context.request.post(path, form=dict(form), max_redirects=0)
    assert answer.status == 303, answer.text()
    return answer.headers["location"]


def start_checkout(page: Page, plan: str) -> str:
    """Press the plan's button; the id of the checkout session whose page opens."""
    page.goto("/pricing")
    button = page.locator(f"#buy-{plan}")
    expect(button).to_have_text("Buy plan")
    button.click()
    page.wait_for_url("**/sandbox/checkout/**")
    return page.url.rpartition("/")[2]


def pay(page: Page, *, card: str = GOOD_CARD, expiry: str = "12 / 34") -> None:
    """Fill in the checkout's form and send it."""
    page.get_by_label("Card number").fill(card)
    page.get_by_label("Expiry").fill(expiry)
    page.get_by_label("CVC").fill("123")
    page.get_by_label("Name on card").fill("Ada Lovelace")
    page.get_by_role("button", name=re.compile("^(Pay|Subscribe)")).click()


def buy(page: Page, plan: str) -> None:
    """From the pricing page to `Payment successful`, which the page says by itself."""
    start_checkout(page, plan)
    pay(page)
    page.wait_for_url("**/checkout?success=true*")
    expect(page.locator("#checkout-status")).to_have_text("Payment successful")


def expect_billing(page: Page, *, plan: str, status: str) -> None:
    """What the open billing page comes to say, by itself."""
    expect(page.locator("#plan-name")).to_have_text(plan)
    expect(page.locator("#subscription-status")).to_have_text(status)


def press_twice(button: Locator) -> None:
    """Two presses before any answer, which no browser takes for a double click."""
    button.evaluate("button => { button.click(); button.click(); }")


def open_portal(page: Page) -> None:
    page.locator("#manage-subscription").click()
    page.wait_for_url("**/sandbox/portal/**")


def return_from_portal(page: Page) -> None:
    page.get_by_role("link", name="Return to SentinelIQ").click()
    page.wait_for_url("**/workspace/billing")


def press_on_dashboard(page: Page, section: str, address: str, button: str) -> None:
    """Press a button of the sandbox's dashboard, in the newest row of that customer."""
    page.goto("/sandbox/")
    row = page.get_by_role("region", name=section).get_by_role("row").filter(has_text=address)
    row.first.get_by_role("button", name=button).click()
    expect(page.get_by_role("status").or_(page.get_by_role("alert")).first).to_be_visible()


def mail_to(page: Page, address: str, subject: str | re.Pattern[str]) -> Locator:
    """The text of the newest such mail, once it is in the mailbox."""
    mails = page.get_by_role("listitem").filter(has_text=address).filter(has_text=subject)
    deadline = time.monotonic() + MAIL_PATIENCE
    page.goto("/sandbox/mailbox")
    while mails.count() == 0 and time.monotonic() < deadline:
        page.reload()
    mails.first.get_by_role("link").click()
    return page.get_by_role("region", name="Text")
