"""Members, invitations and workspaces, by two browsers of two people."""

import json
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, WebSocketRoute, expect

from sentineliq.state.members import MembersState
from sentineliq.state.workspaces import WorkspacesState
from tests.e2e import steps
from tests.servers import Server

MEMBERS = "/workspace/members"


@pytest.fixture
def colleague(browser: Browser, server: Server) -> Iterator[BrowserContext]:
    """A second person's browser."""
    context = browser.new_context(base_url=server.url)
    yield context
    context.close()


def invite(page: Page, address: str, role: str = "Member") -> None:
    page.goto(MEMBERS)
    page.get_by_label("Email").fill(address)
    page.get_by_label("Role").select_option(label=role)
    page.get_by_role("button", name="Send invitation").click()
    expect(page.locator("#invitation-list")).to_contain_text(address)


def invitation_link(page: Page, address: str) -> str:
    """The link's path, out of the mail."""
    text = steps.mail_to(page, address, "You are invited to").inner_text()
    found = re.search(r"http\S+/invitations/accept\?token=\S+", text)
    assert found, text
    url = urlsplit(found[0])
    return f"{url.path}?{url.query}"


def join(owner: Page, context: BrowserContext, *, role: str = "Member") -> tuple[Page, str]:
    """A colleague with an account of their own accepts the owner's invitation; their page and address."""
    address = steps.signed_up(context)
    invite(owner, address, role)
    page = context.new_page()
    page.goto(invitation_link(owner, address))
    page.get_by_role("button", name="Accept invitation").click()
    page.wait_for_url(f"**{MEMBERS}")
    owner.goto(MEMBERS)
    return page, address


def row(page: Page, address: str):
    return page.locator("#member-list").get_by_role("listitem").filter(has_text=address)


def workspace_name(address: str) -> str:
    return f"{address.partition('@')[0]}'s workspace"


def test_a_stranger_comes_in_by_mail_and_the_owner_sees_it_live(
    page: Page, context: BrowserContext, colleague: BrowserContext, server: Server
) -> None:
    owner, guest = steps.signed_up(context), steps.new_address()
    invite(page, guest)
    link = invitation_link(page, guest)
    page.goto(MEMBERS)
    theirs = colleague.new_page()
    theirs.goto(link)
    expect(theirs.get_by_role("heading", level=1)).to_have_text(f"Join {workspace_name(owner)}")
    theirs.get_by_role("link", name="Create account").click()
    expect(theirs.get_by_label("Email")).to_have_value(guest)
    theirs.get_by_label("Password").fill(steps.PASSWORD)
    theirs.get_by_role("button", name="Create account").click()
    theirs.get_by_role("button", name="Accept invitation").click()
    theirs.wait_for_url(f"**{MEMBERS}")
    expect(row(theirs, owner)).to_contain_text("Owner")
    expect(row(page, guest)).to_contain_text("Member")
    expect(page.locator("#member-places")).to_have_text("2 of 3 places taken")
    expect(theirs.get_by_role("button", name="Send invitation")).to_have_count(0)
    row(page, guest).get_by_role("button", name="Make admin").click()
    expect(theirs.get_by_role("button", name="Send invitation")).to_be_visible()
    theirs.goto(link)
    expect(theirs.get_by_role("heading", level=1)).to_have_text("This invitation is over")


def test_a_removed_member_loses_the_page_at_once(
    page: Page, context: BrowserContext, colleague: BrowserContext, server: Server
) -> None:
    owner = steps.signed_up(context)
    theirs, guest = join(page, colleague)
    row(page, guest).get_by_role("button", name="Remove").click()
    page.get_by_role("dialog").get_by_role("button", name="Cancel").click()
    expect(row(page, guest)).to_be_visible()
    row(page, guest).get_by_role("button", name="Remove").click()
    page.get_by_role("dialog").get_by_role("button", name="Remove member").click()
    expect(row(page, guest)).to_have_count(0)
    expect(row(theirs, owner)).to_have_count(0)
    expect(row(theirs, guest)).to_contain_text("Owner")


def test_a_revoked_link_opens_nothing(page: Page, context: BrowserContext, colleague: BrowserContext) -> None:
    steps.signed_up(context)
    guest = steps.new_address()
    invite(page, guest)
    link = invitation_link(page, guest)
    page.goto(MEMBERS)
    page.get_by_role("button", name="Revoke").click()
    expect(page.get_by_text("Nobody is invited")).to_be_visible()
    theirs = colleague.new_page()
    theirs.goto(link)
    expect(theirs.get_by_role("heading", level=1)).to_have_text("This invitation is over")


def test_what_is_pressed_twice_is_done_once(page: Page, context: BrowserContext, server: Server) -> None:
    steps.signed_up(context)
    page.goto(MEMBERS)
    guests = [steps.new_address(), steps.new_address()]
    send = page.get_by_role("button", name="Send invitation")
    for guest, press in zip(guests, (Locator.dblclick, steps.press_twice), strict=True):
        page.get_by_label("Email").fill(guest)
        press(send)
        expect(page.locator("#invitation-list")).to_contain_text(guest)
    for _ in guests:
        page.get_by_role("button", name="Revoke").first.dblclick()
        expect(page.get_by_role("status").filter(has_text="is revoked")).to_be_visible()
        page.get_by_role("button", name="Dismiss").click()
    expect(page.get_by_text("Nobody is invited")).to_be_visible()
    expect(page.get_by_role("alert")).to_be_empty()
    assert [_times_invited(server, guest) for guest in guests] == [1, 1]


def test_an_invitation_is_not_for_another_account(
    page: Page, context: BrowserContext, colleague: BrowserContext
) -> None:
    steps.signed_up(context)
    guest = steps.new_address()
    invite(page, guest)
    steps.signed_up(colleague)
    theirs = colleague.new_page()
    theirs.goto(invitation_link(page, guest))
    expect(theirs.get_by_text("The invitation is for")).to_contain_text(guest)
    theirs.get_by_role("main").get_by_role("button", name="Log out").click()
    theirs.wait_for_url("**/login?*next=*invitations*")


def test_the_fourth_place_of_the_free_plan_is_refused_with_the_way_to_more(
    page: Page, context: BrowserContext
) -> None:
    steps.signed_up(context)
    for _ in range(2):
        invite(page, steps.new_address())
    page.get_by_label("Email").fill(steps.new_address())
    page.get_by_role("button", name="Send invitation").click()
    expect(page.get_by_role("alert")).to_contain_text("Upgrade to Hobby")
    expect(page.get_by_role("link", name="See larger plans")).to_be_visible()


def test_ownership_moves_and_both_pages_know(
    page: Page, context: BrowserContext, colleague: BrowserContext
) -> None:
    owner = steps.signed_up(context)
    theirs, guest = join(page, colleague)
    page.get_by_role("button", name="Transfer ownership").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("New owner").select_option(label=guest)
    dialog.get_by_label("Type the workspace's name").fill(workspace_name(owner))
    dialog.get_by_role("button", name="Transfer ownership").click()
    expect(row(page, owner)).to_contain_text("Admin")
    expect(row(theirs, guest)).to_contain_text("Owner")
    expect(theirs.get_by_role("button", name="Transfer ownership")).to_be_visible()


def test_with_the_ownership_of_a_paying_workspace_goes_where_stripe_sends_receipts(
    page: Page, context: BrowserContext, colleague: BrowserContext
) -> None:
    owner = steps.signed_up(context)
    steps.buy(page, "hobby")
    theirs, guest = join(page, colleague)
    page.get_by_role("button", name="Transfer ownership").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("New owner").select_option(label=guest)
    dialog.get_by_label("Type the workspace's name").fill(workspace_name(owner))
    dialog.get_by_role("button", name="Transfer ownership").click()
    expect(row(page, owner)).to_contain_text("Admin")
    theirs.goto("/workspace/billing")
    expect(theirs.locator("#billing-email")).to_have_text(guest)
    expect(theirs.locator("#manage-subscription")).to_be_enabled()
    page.goto("/sandbox/")
    customers = page.get_by_role("region", name="Customers").get_by_role("row")
    expect(customers.filter(has_text=guest)).to_have_count(1)
    expect(customers.filter(has_text=owner)).to_have_count(0)


def test_switching_renaming_leaving_and_deleting(
    page: Page, context: BrowserContext, colleague: BrowserContext
) -> None:
    owner = steps.signed_up(context)
    theirs, guest = join(page, colleague)
    switcher = theirs.locator("#workspace-switcher")
    expect(switcher).to_contain_text(workspace_name(owner))
    switcher.click()
    theirs.get_by_role("banner").get_by_role("button", name=workspace_name(guest)).click()
    expect(switcher).to_contain_text(workspace_name(guest))
    theirs.goto("/workspaces")
    theirs.get_by_label("Name of this workspace").fill("Apex")
    theirs.get_by_role("button", name="Rename").click()
    expect(switcher).to_contain_text("Apex")
    theirs.get_by_role("button", name="Delete workspace").click()
    typed = theirs.get_by_label("Type the workspace's name")
    typed.fill("Another name")
    theirs.get_by_role("dialog").get_by_role("button", name="Delete workspace").click()
    expect(typed).to_have_accessible_description(re.compile("That is not the name of this workspace"))
    expect(switcher).to_contain_text("Apex")
    typed.fill("Apex")
    theirs.get_by_role("dialog").get_by_role("button", name="Delete workspace").click()
    expect(switcher).to_contain_text(workspace_name(owner))
    expect(theirs.get_by_role("status").filter(has_text="Apex was deleted.")).to_be_visible()
    theirs.goto(MEMBERS)
    theirs.get_by_role("button", name="Leave workspace").click()
    theirs.get_by_role("dialog").get_by_role("button", name="Leave").click()
    expect(theirs.get_by_text("You belong to no workspace")).to_be_visible()
    left = f"You do not belong to {workspace_name(owner)} any more."
    expect(theirs.get_by_role("status").filter(has_text=left)).to_be_visible()
    theirs.get_by_label("Name", exact=True).fill("Fresh start")
    theirs.get_by_role("button", name="Create workspace").click()
    expect(switcher).to_contain_text("Fresh start")
    expect(row(page, guest)).to_have_count(0)


LONG_NAME = "The LongWinded Workspace of Maya, Ada and Grace, Makers of Fine Engines Since 99"


@pytest.mark.parametrize("path", [MEMBERS, "/workspace/billing"])
def test_a_long_name_covers_nothing_and_the_header_stays_one_line(
    page: Page, context: BrowserContext, path: str
) -> None:
    steps.signed_up(context)
    page.goto("/workspaces")
    header = page.get_by_role("banner")
    expect(page.locator("#workspace-switcher")).to_contain_text("workspace")
    page.set_viewport_size({"width": 1024, "height": 800})
    before = header.bounding_box()
    page.get_by_label("Name of this workspace").fill(LONG_NAME)
    page.get_by_role("button", name="Rename").click()
    expect(page.locator("#workspace-switcher")).to_contain_text(LONG_NAME)
    assert header.bounding_box() == before
    page.goto(path)
    page.set_viewport_size({"width": 360, "height": 800})
    name = page.get_by_role("main").get_by_text(LONG_NAME).first
    heading = page.get_by_role("heading", level=1)
    expect(name).to_be_visible()
    over, under = name.bounding_box(), heading.bounding_box()
    assert over and under
    assert over["y"] + over["height"] <= under["y"]


def test_deleting_a_subscribed_workspace_ends_its_subscription(page: Page, context: BrowserContext) -> None:
    owner = steps.signed_up(context)
    steps.buy(page, "hobby")
    page.goto("/workspaces")
    page.get_by_role("button", name="Delete workspace").click()
    page.get_by_label("Type the workspace's name").fill(workspace_name(owner))
    page.get_by_role("dialog").get_by_role("button", name="Delete workspace").click()
    expect(page.get_by_text("You belong to no workspace")).to_be_visible()
    page.goto("/sandbox/")
    subscriptions = page.get_by_role("region", name="Subscriptions").get_by_role("row")
    expect(subscriptions.filter(has_text=owner)).to_contain_text("anceled")


def test_a_members_own_events_do_none_of_the_owners_acts(
    page: Page, context: BrowserContext, colleague: BrowserContext, server: Server
) -> None:
    owner = steps.signed_up(context)
    theirs, guest = join(page, colleague)
    wire = Wire(theirs)
    theirs.reload()
    expect(row(theirs, guest)).to_be_visible()
    theirs.locator("#workspace-switcher").click()
    expect(theirs.get_by_role("banner").get_by_role("button", name=workspace_name(owner))).to_be_visible()
    ids = {each: _user_id(server, each) for each in (owner, guest)}
    name = workspace_name(owner)
    members, workspaces = MembersState.get_full_name(), WorkspacesState.get_full_name()
    for event, payload in (
        (f"{members}.change_role", {"user_id": ids[guest], "role": "ADMIN"}),
        (f"{members}.change_role", {"user_id": ids[guest], "role": "OWNER"}),
        (f"{members}.remove", {"user_id": ids[owner]}),
        (f"{members}.invite", {"form": {"email": "eve@example.com", "role": "ADMIN"}}),
        (f"{members}.transfer", {"form": {"heir": ids[guest], "name": name}}),
        (f"{workspaces}.rename", {"form": {"name": "Mine"}}),
        (f"{workspaces}.delete", {"form": {"confirmation": name}}),
    ):
        wire.send(event, payload)
        alert = theirs.get_by_role("alert")
        expect(alert).to_contain_text(re.compile("Only the owner|Your role|keeps its owner"))
        alert.get_by_role("button", name="Dismiss").click()
        expect(alert).to_be_empty()
    expect(row(page, owner)).to_contain_text("Owner")
    expect(row(page, guest)).to_contain_text("Member")
    expect(page.get_by_text("Nobody is invited")).to_be_visible()
    expect(page.locator("#workspace-switcher")).to_contain_text(name)


class Wire:
    """The page's own socket: what the page sends goes through, and more can be sent in its name."""

    def __init__(self, page: Page) -> None:
        self._server: WebSocketRoute | None = None
        self._sample = ""
        page.route_web_socket(re.compile("/_event"), self._opened)

    def _opened(self, route: WebSocketRoute) -> None:
        self._server = route.connect_to_server()
        route.on_message(self._pass_on)

    def _pass_on(self, message: str | bytes) -> None:
        assert self._server
        if isinstance(message, str) and message.startswith("42/_event,"):
            self._sample = message
        self._server.send(message)

    def send(self, event: str, payload: dict[str, object]) -> None:
        """An event as any client could make it up."""
        assert self._server and self._sample
        prefix, bracket, body = self._sample.partition("[")
        name, fields = json.loads(bracket + body)
        fields |= {"name": event, "payload": payload}
        self._server.send(prefix + json.dumps([name, fields]))


def _times_invited(server: Server, address: str) -> int:
    with closing(sqlite3.connect(server.data_dir / "sentineliq.db", timeout=10)) as database:
        [[times]] = database.execute("select count(*) from invitations where email = ?", (address,))
    return times


def _user_id(server: Server, address: str) -> str:
    with closing(sqlite3.connect(server.data_dir / "sentineliq.db", timeout=10)) as database:
        [found] = database.execute("select id from users where email = ?", (address,)).fetchall()
    return found[0]
