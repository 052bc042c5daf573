"""The audit log's page, and that nobody sees or changes more than they may."""

from datetime import timedelta

from sentineliq import db
from sentineliq.activity import audit
from sentineliq.activity.models import AuditAction
from sentineliq.billing import audit_log
from sentineliq.state.audit import AuditState
from sentineliq.workspaces.models import Workspace
from tests.state.conftest import Team
from tests.state.tab import open_tab, send, target

URL = "/workspace/audit"


async def record(team: Team, *balances: int) -> None:
    async with db.transaction() as session:
        for balance in balances:
            audit.record(
                session,
                workspace_id=team.workspace.id,
                actor="stripe",
                action=AuditAction.CREDITS_CHANGED,
                before={"credits": 0},
                after={"credits": balance},
            )


def balances(tab: AuditState) -> list[str]:
    return [row.changes[0].after for row in tab.rows if row.changes[0].field == "Credits"]


async def test_a_stranger_is_led_to_log_in_and_back(team: Team) -> None:
    tab = open_tab(AuditState, url=f"{URL}?actor=stripe")
    [sent] = await send(tab, AuditState.load)
    assert target(sent) == "/login?next=%2Fworkspace%2Faudit%3Factor%3Dstripe"


async def test_what_the_plan_shows_is_told_as_it_is_sold(team: Team) -> None:
    async with db.transaction() as session:
        workspace = await session.get_one(Workspace, team.workspace.id)
        workspace.complimentary_plan, workspace.complimentary_until = "pro", db.now() + timedelta(days=9)
    tab = open_tab(AuditState, url=URL, cookie=team.member)
    await send(tab, AuditState.load)
    assert tab.kept_for == "Your plan shows the last 7 years."


async def test_filters_of_the_address_hold_and_reach_the_file(team: Team) -> None:
    await record(team, 10)
    tab = open_tab(AuditState, url=f"{URL}?actor=stripe", cookie=team.owner)
    await send(tab, AuditState.load)
    assert (balances(tab), tab.is_narrowed, tab.can_export) == (["10"], True, True)
    assert tab.csv_url == "/billing/audit.csv?actor=stripe"
    await send(tab, AuditState.clear)
    assert (len(tab.rows), tab.actor, tab.csv_url) == (2, "", "/billing/audit.csv")


async def test_a_member_is_offered_no_file(team: Team) -> None:
    tab = open_tab(AuditState, url=URL, cookie=team.member)
    await send(tab, AuditState.load)
    assert (len(tab.rows), tab.can_export) == (1, False)


async def test_new_rows_come_on_top_of_all_that_was_loaded(team: Team, monkeypatch) -> None:
    usual = audit_log.get_audit_page.__kwdefaults__
    monkeypatch.setattr(audit_log.get_audit_page, "__kwdefaults__", {**usual, "limit": 2})
    await record(team, 1, 2, 3)
    tab = open_tab(AuditState, url=URL, cookie=team.owner)
    await send(tab, AuditState.load)
    assert (balances(tab), tab.has_more) == (["3", "2"], True)
    await send(tab, AuditState.load_more)
    assert (len(tab.rows), tab.has_more) == (4, False)
    await record(team, 4)
    await tab._refresh()
    assert balances(tab) == ["4", "3", "2", "1"]
    assert len(tab.rows) == 5


async def test_what_the_page_never_sends_changes_nothing(team: Team) -> None:
    tab = open_tab(AuditState, url=URL, cookie=team.owner)
    await send(tab, AuditState.load)
    await send(tab, AuditState.narrow, "can_export", "x")
    assert tab.can_export is True
    await send(tab, AuditState.narrow, "actor", "aliens")
    assert tab.problem == "This filter is not understood. Please choose another."


async def test_without_a_session_no_event_shows_anything(team: Team) -> None:
    tab = open_tab(AuditState, url=URL)
    for event, arguments in ((AuditState.search, ("a",)), (AuditState.clear, ()), (AuditState.load_more, ())):
        await send(tab, event, *arguments)
        assert tab.rows == []


async def test_filters_are_written_into_the_address(team: Team) -> None:
    tab = open_tab(AuditState, url=URL, cookie=team.owner)
    await send(tab, AuditState.load)
    for event, arguments, query in (
        (AuditState.narrow, ("actor", "stripe"), "?actor=stripe"),
        (AuditState.search, ("a&b",), "?actor=stripe&text=a%26b"),
        (AuditState.clear, (), ""),
    ):
        assert [target(sent) for sent in await send(tab, event, *arguments)] == [query]


async def test_what_an_address_says_falsely_is_no_filter(team: Team) -> None:
    url = f"{URL}?actor=aliens&action=%3Cscript%3E&since=soon&until=9999-12-31&text=owner&can_export=1"
    tab = open_tab(AuditState, url=url, cookie=team.owner)
    await send(tab, AuditState.load)
    assert tab._chosen() == {"actor": "", "action": "", "since": "", "until": "", "text": "owner"}
    assert (tab.loaded, tab.problem) == (True, "")
