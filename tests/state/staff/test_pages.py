"""The staff's pages: there for staff, and for nobody else, whatever event a socket sends."""

from typing import Any

import pytest
from sqlmodel import select

from sentineliq import config, db
from sentineliq.activity.models import AuditEntry
from sentineliq.billing.models import CreditEntry, EventStatus, PlanOverride, WebhookEvent
from sentineliq.billing.outcomes import Outcome
from sentineliq.billing.processor import OutcomeUnknown
from sentineliq.billing.reconcile import Difference
from sentineliq.billing.refunds import Payment
from sentineliq.billing.staff import acts
from sentineliq.billing.staff import events as ledger_events
from sentineliq.billing.staff import payments as services
from sentineliq.state.billing import BillingState
from sentineliq.state.one_shot import COUNT
from sentineliq.state.staff.events import StaffEventsState
from sentineliq.state.staff.failing import StaffFailingState
from sentineliq.state.staff.revenue import StaffRevenueState
from sentineliq.state.staff.session import StaffState
from sentineliq.state.staff.workspace import StaffWorkspaceState
from sentineliq.state.staff.workspaces import StaffWorkspacesState
from sentineliq.workspaces.models import Workspace
from tests.factories import make_user, make_workspace
from tests.state.conftest import Team
from tests.state.tab import cookie_of, open_tab, returning, send

FORM = {
    "plan": "pro",
    "until": "2099-01-01",
    "reason": "why",
    "because": "why",
    "credits": "5",
    "why": "why",
    "amount": "",
    "note": "x",
}
EVENTS: list[tuple[type[StaffState], str, tuple[object, ...]]] = [
    (StaffWorkspacesState, "load", ()),
    (StaffWorkspacesState, "narrow", ("text", "a")),
    (StaffWorkspacesState, "clear", ()),
    (StaffWorkspacesState, "load_more", ()),
    (StaffWorkspaceState, "load", ()),
    (StaffWorkspaceState, "choose_payment", ("ch_1",)),
    (StaffWorkspaceState, "refund", (FORM,)),
    (StaffWorkspaceState, "give_plan", (FORM,)),
    (StaffWorkspaceState, "take_plan_back", ()),
    (StaffWorkspaceState, "adjust_credits", (FORM,)),
    (StaffWorkspaceState, "reconcile", ()),
    (StaffRevenueState, "load", ()),
    (StaffFailingState, "load", ()),
    (StaffFailingState, "load_more", ()),
    (StaffEventsState, "load", ()),
    (StaffEventsState, "narrow", ("status", "failed")),
    (StaffEventsState, "clear", ()),
    (StaffEventsState, "load_more", ()),
    (StaffEventsState, "toggle", ("evt_1",)),
    (StaffEventsState, "replay", ("evt_1",)),
]
BACKGROUND = {"load_payments", "replay_parked"}


def url_of(state: type[StaffState], team: Team) -> str:
    if state is StaffWorkspaceState:
        return f"/admin/billing/workspace?id={team.workspace.id}"
    return "/admin/billing"


@pytest.fixture
async def staff(team: Team) -> str:
    """The cookie of someone of the staff."""
    user = await make_user(email="staff@example.com", verified=True)
    await make_workspace(name="SentinelIQ", owner=user)
    return await cookie_of(user.id)


async def parked_event(payload: str = "{}") -> None:
    async with db.transaction() as session:
        session.add(
            WebhookEvent(
                id="evt_1", type="invoice.paid", status=EventStatus.FAILED, reason="secret", payload=payload
            )
        )


async def test_staff_reads_english_and_a_stranger_no_other_language_than_anywhere(
    team: Team, staff: str
) -> None:
    for cookie, language in ((staff, "en"), (team.owner, "pt_BR"), ("", "pt_BR")):
        tab = open_tab(StaffWorkspacesState, url="/admin/billing", cookie=cookie, languages="pt-BR")
        await send(tab, StaffWorkspacesState.load)
        assert (tab.let_in, tab.language) == (cookie == staff, language)
        assert [row.since for row in tab.rows if "de" in row.since.split()] == []


def test_every_event_of_the_staffs_pages_is_in_the_list() -> None:
    states = (
        StaffWorkspacesState,
        StaffWorkspaceState,
        StaffRevenueState,
        StaffFailingState,
        StaffEventsState,
    )
    own = {(state, name) for state in states for name in state.__dict__.get("event_handlers", {})} or {
        (state, name)
        for state in states
        for name in set(state.event_handlers) - set(StaffState.event_handlers)
    }
    setters = {(state, name) for state, name in own if name.startswith(("set_", "setvar"))}
    tested = {(state, name) for state, name, _ in EVENTS}
    assert {each for each in own - setters - tested if each[1] not in BACKGROUND} == set()


@pytest.mark.parametrize(
    ("state", "event", "arguments"), EVENTS, ids=lambda value: getattr(value, "__name__", None)
)
async def test_an_event_gives_and_does_nothing_for_others(
    team: Team, state: type[StaffState], event: str, arguments: tuple[object, ...]
) -> None:
    await parked_event()
    before = await rows()
    unverified = await cookie_of((await make_user(email="staff@example.com", verified=False)).id)
    for cookie in ("", team.member, team.owner, unverified):
        tab = open_tab(state, url=url_of(state, team), cookie=cookie)
        await send(tab, getattr(state, event), *arguments)
        assert tab.let_in is False
        assert shown(tab) == shown(open_tab(state, url="/"))
        if event != "load":
            assert tab.problem == "There is nothing here."
    assert await rows() == before


def shown(tab: StaffState) -> dict[str, Any]:
    """What the page's own fields hold."""
    fields = set(type(tab).base_vars) - {"loading_more", "filter_version", "busy", "order"}
    return {name: getattr(tab, name) for name in fields}


async def rows() -> tuple[object, ...]:
    async with db.reading() as session:
        tables = (PlanOverride, CreditEntry, AuditEntry, WebhookEvent)
        counts = [len((await session.exec(select(table))).all()) for table in tables]
        events = [(row.status, row.attempts) for row in await session.exec(select(WebhookEvent))]
    return (*counts, *events)


async def test_staff_see_all_workspaces_and_narrow_them(team: Team, staff: str) -> None:
    tab = open_tab(StaffWorkspacesState, url="/admin/billing?text=acme", cookie=staff)
    await send(tab, StaffWorkspacesState.load)
    assert (tab.let_in, [row.name for row in tab.rows], tab.rows[0].owner) == (
        True,
        ["Acme"],
        "owner@example.com",
    )
    assert tab.is_staff is True
    await send(tab, StaffWorkspacesState.clear)
    assert sorted(row.name for row in tab.rows) == ["Acme", "SentinelIQ"]
    await send(tab, StaffWorkspacesState.narrow, "status", "aliens")
    assert tab.problem == "This filter is not understood. Please choose another."


async def test_who_is_staff_no_more_keeps_nothing_on_the_page(
    team: Team, staff: str, environment: pytest.MonkeyPatch
) -> None:
    tab = open_tab(StaffWorkspacesState, url="/admin/billing", cookie=staff)
    await send(tab, StaffWorkspacesState.load)
    environment.setenv("ADMIN_EMAILS", "other@example.com")
    config.get_settings.cache_clear()
    await tab._refresh()
    assert (tab.let_in, tab.checked, tab.rows) == (False, True, [])


async def press_twice(tab: StaffWorkspaceState, event: Any, form: dict[str, str], *, busy: str) -> None:
    """The second press waits for the first, which shows that it is at work."""
    under_way = event.fn(tab, form)
    await anext(under_way)
    assert tab.busy == busy
    async for _ in under_way:
        pass
    await send(tab, event, form)
    assert tab.busy == ""


async def test_staff_give_a_plan_that_the_owner_sees(team: Team, staff: str) -> None:
    tab = open_tab(StaffWorkspaceState, url=url_of(StaffWorkspaceState, team), cookie=staff)
    await send(tab, StaffWorkspaceState.load)
    filled_in = FORM | {"until": f"{db.now():%Y-%m-%d}", COUNT: str(tab.answered)}
    for field, typed, words in (
        ("until", "soon", "Please choose a day"),
        ("because", " ", "Please say why"),
        ("plan", "none", "Please choose a plan"),
    ):
        await send(tab, StaffWorkspaceState.give_plan, filled_in | {field: typed})
        assert tab.refusal.startswith(words)
        assert (tab.refused_field, tab.problem) == ((field, "") if field != "plan" else ("", tab.refusal))
    await press_twice(tab, StaffWorkspaceState.give_plan, filled_in, busy="give-plan")
    assert (len(tab.given), tab.answered) == (1, 1)
    assert (tab.refusal, tab.record.plan, tab.record.given) == ("", "Pro", "Pro")
    owner = open_tab(BillingState, url="/workspace/billing", cookie=team.owner)
    await send(owner, BillingState.load)
    assert owner.plan_name == "Pro"
    assert owner.complimentary == f"Pro is complimentary until {db.now().day} {db.now():%b %Y}."
    await send(tab, StaffWorkspaceState.take_plan_back)
    assert (tab.record.plan, tab.record.given) == ("Free", "")


async def test_staff_correct_credits_once_a_submission(team: Team, staff: str) -> None:
    tab = open_tab(StaffWorkspaceState, url=url_of(StaffWorkspaceState, team), cookie=staff)
    await send(tab, StaffWorkspaceState.load)
    for typed, words in (("five", "Please give a number"), ("-1", "There are not that many")):
        await send(tab, StaffWorkspaceState.adjust_credits, FORM | {"credits": typed})
        assert tab.refusal.startswith(words)
        assert (tab.refused_field, tab.problem) == ("credits", "")
    await send(tab, StaffWorkspaceState.adjust_credits, FORM | {"why": " "})
    assert (tab.refused_field, tab.answered) == ("why", 0)
    await press_twice(tab, StaffWorkspaceState.adjust_credits, FORM | {COUNT: "0"}, busy="credits")
    await send(tab, StaffWorkspaceState.adjust_credits, FORM | {COUNT: "1"})
    assert (tab.notice, tab.record.credits) == ("The balance is now 10.", "10")
    assert [(row.amount, row.balance) for row in tab.movements] == [("+5", "10"), ("+5", "5")]


async def test_staff_read_a_balance_as_its_movements(team: Team, staff: str) -> None:
    tab = open_tab(StaffWorkspaceState, url=url_of(StaffWorkspaceState, team), cookie=staff)
    await send(tab, StaffWorkspaceState.load)
    await send(tab, StaffWorkspaceState.adjust_credits, FORM | {"credits": "1234"})
    assert (tab.record.credits, tab.movements[0].balance) == ("1,234", "1,234")


async def test_a_refund_is_of_a_payment_that_the_page_shows(
    team: Team, staff: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[services.RefundOrder] = []

    async def refund(_staff: object, workspace_id: str, order: services.RefundOrder) -> int:
        assert workspace_id == team.workspace.id
        asked.append(order)
        return 500

    monkeypatch.setattr(services, "refund", refund)
    payment = Payment("ch_1", "cus_1", db.now(), "usd", 999, 100, "succeeded", "Credits", amount_failed=250)
    tab = open_tab(StaffWorkspaceState, url=url_of(StaffWorkspaceState, team), cookie=staff)
    await send(tab, StaffWorkspaceState.load)
    await send(tab, StaffWorkspaceState.choose_payment, "ch_1")
    assert tab.refunding.id == ""
    tab._known = {"ch_1": payment}
    await send(tab, StaffWorkspaceState.choose_payment, "ch_1")
    assert (tab.refunding.left, tab.refunding.refunded) == ("8.99", "$1.00")
    assert tab.refunding.failed == "$2.50"
    filled_in = FORM | {"amount": "5", "reason": "duplicate", COUNT: str(tab.answered)}
    await press_twice(tab, StaffWorkspaceState.refund, filled_in, busy="refund")
    assert asked == [services.RefundOrder("ch_1", "5", "duplicate", "x", seen_refunded=100)]
    assert (len(asked), tab.notice, tab.problem, tab.busy) == (1, "$5.00 goes back.", "", "")


async def test_a_refund_that_may_have_gone_through_is_not_a_press_away(
    team: Team, staff: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services, "refund", returning(OutcomeUnknown()))
    tab = open_tab(StaffWorkspaceState, url=url_of(StaffWorkspaceState, team), cookie=staff)
    await send(tab, StaffWorkspaceState.load)
    tab._known = {"ch_1": Payment("ch_1", "cus_1", db.now(), "usd", 999, 0, "succeeded", "Credits")}
    await send(tab, StaffWorkspaceState.choose_payment, "ch_1")
    await send(tab, StaffWorkspaceState.refund, FORM | {"amount": "5", "reason": "duplicate"})
    assert (tab.refunding.id, tab.notice, tab.problem) == ("", "", OutcomeUnknown().message)


async def test_an_unreachable_stripe_leaves_the_page_standing(
    team: Team, staff: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services, "list_payments", returning(ValueError("secret")))
    tab = open_tab(StaffWorkspaceState, url=url_of(StaffWorkspaceState, team), cookie=staff)
    await send(tab, StaffWorkspaceState.load)
    assert tab.record.name == "Acme"
    unknown = open_tab(StaffWorkspaceState, url="/admin/billing/workspace?id=nobody", cookie=staff)
    await send(unknown, StaffWorkspaceState.load)
    assert (unknown.loaded, unknown.is_there) == (True, False)


async def test_an_event_is_opened_and_a_replay_that_fails_says_why(team: Team, staff: str) -> None:
    await parked_event(payload='{"id": "<script>"}')
    tab = open_tab(StaffEventsState, url="/admin/billing/events", cookie=staff)
    await send(tab, StaffEventsState.load)
    await send(tab, StaffEventsState.toggle, "evt_1")
    assert (tab.opened, tab.payload) == ("evt_1", '{\n  "id": "<script>"\n}')
    await send(tab, StaffEventsState.toggle, "evt_1")
    assert (tab.opened, tab.payload) == ("", "")
    await send(tab, StaffEventsState.replay, "evt_1")
    assert tab.problem.startswith("The event cannot be read")


async def test_an_event_that_was_settled_before_is_said_to_be(
    team: Team, staff: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    settled = Outcome(EventStatus.PROCESSED, duplicate=True)
    for outcome, notice in (
        (settled, "The event was settled before: nothing changed."),
        (Outcome(EventStatus.PROCESSED), "The event is now processed."),
    ):
        monkeypatch.setattr(ledger_events, "replay", returning(outcome))
        tab = open_tab(StaffEventsState, url="/admin/billing/events", cookie=staff)
        await send(tab, StaffEventsState.replay, "evt_1")
        assert tab.notice == notice


@pytest.mark.parametrize(
    ("found", "notice"),
    [(0, "Nothing differs from Stripe."), (1, "1 difference, healed."), (2, "2 differences, healed.")],
)
async def test_differences_are_counted(
    team: Team, staff: str, monkeypatch: pytest.MonkeyPatch, found: int, notice: str
) -> None:
    difference = Difference(team.workspace.id, "status", "active", "past_due")
    monkeypatch.setattr(acts, "reconcile_now", returning([difference] * found))
    tab = open_tab(StaffWorkspaceState, url=url_of(StaffWorkspaceState, team), cookie=staff)
    await send(tab, StaffWorkspaceState.reconcile)
    assert (tab.notice, len(tab.differences)) == (notice, found)


async def test_revenue_is_drawn_over_twelve_months(team: Team, staff: str) -> None:
    async with db.transaction() as session:
        row = await session.get_one(Workspace, team.workspace.id)
        row.subscription_status, row.subscription_plan = "active", "pro"
        row.price_amount, row.price_currency, row.price_interval, row.price_interval_count = (
            1999,
            "usd",
            "month",
            1,
        )
    tab = open_tab(StaffRevenueState, url="/admin/billing/revenue", cookie=staff)
    await send(tab, StaffRevenueState.load)
    assert [(row.currency, row.paying) for row in tab.amounts] == [("USD", "$19.99")]
    charts = {chart.id: chart for chart in tab.charts}
    assert list(charts)[:2] == ["revenue-usd", "paying"]
    assert {len(chart.bars) for chart in tab.charts} == {12}
    *before, now = charts["revenue-usd"].bars
    assert {(bar.value, bar.height) for bar in before} == {("–", 0)}  # nobody kept it: that is not nothing
    assert (now.value, now.height, now.text.partition(": ")[2]) == ("20", 100, "$19.99")
    assert (charts["paying"].bars[-1].value, charts["paying"].bars[-1].height) == ("1", 100.0)
