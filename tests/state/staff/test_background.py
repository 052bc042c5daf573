"""What staff's pages do in the background asks who is there just as their other events do."""

import pytest
import reflex as rx

from sentineliq import db
from sentineliq.billing.models import EventStatus, WebhookEvent
from sentineliq.billing.processor import PaymentProcessorUnavailable
from sentineliq.billing.refunds import Payment
from sentineliq.billing.staff import payments as services
from sentineliq.state.staff.events import StaffEventsState
from sentineliq.state.staff.workspace import StaffWorkspaceState
from tests.factories import make_user
from tests.state.conftest import Team
from tests.state.tab import cookie_of, open_tab, returning, send

PAYMENT = Payment("ch_1", "cus_1", db.now(), "usd", 999, 0, "succeeded", "10 credits")


@pytest.fixture(autouse=True)
def _locked_state(monkeypatch: pytest.MonkeyPatch) -> None:
    """A background event locks its state whenever it writes; here nobody else has it."""
    monkeypatch.setattr(rx.State, "__aenter__", returning(None))
    monkeypatch.setattr(rx.State, "__aexit__", returning(None))


@pytest.fixture
async def staff(team: Team) -> str:
    return await cookie_of((await make_user(email="staff@example.com", verified=True)).id)


async def park(count: int) -> None:
    async with db.transaction() as session:
        for number in range(count):
            parked = WebhookEvent(
                id=f"evt_{number}", type="invoice.paid", status=EventStatus.FAILED, payload="{}"
            )
            session.add(parked)


async def test_parked_events_are_taken_again_by_staff_alone(team: Team, staff: str) -> None:
    await park(3)
    for cookie in ("", team.owner, team.member):
        tab = open_tab(StaffEventsState, url="/admin/billing/events", cookie=cookie)
        await send(tab, StaffEventsState.replay_parked)
        assert (tab.problem, tab.progress, tab.rows) == ("There is nothing here.", "", [])
    tab = open_tab(StaffEventsState, url="/admin/billing/events", cookie=staff)
    await send(tab, StaffEventsState.replay_parked)
    assert (tab.progress, tab.replaying) == ("3 taken again: 3 failed.", False)
    assert len(tab.rows) == 3


async def test_payments_are_asked_for_by_staff_alone(
    team: Team, staff: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services, "list_payments", returning((PAYMENT,)))
    url = f"/admin/billing/workspace?id={team.workspace.id}"
    for cookie, shown in (("", 0), (team.owner, 0), (staff, 1)):
        tab = open_tab(StaffWorkspaceState, url=url, cookie=cookie)
        await send(tab, StaffWorkspaceState.load_payments)
        assert len(tab.payments) == len(tab._known) == shown


async def test_why_payments_cannot_be_shown_is_said(
    team: Team, staff: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services, "list_payments", returning(PaymentProcessorUnavailable()))
    tab = open_tab(StaffWorkspaceState, url="/admin/billing/workspace?id=x", cookie=staff)
    await send(tab, StaffWorkspaceState.load_payments)
    assert tab.payments_problem.startswith("Stripe cannot be reached")
