"""Every event of every state, against everyone: the socket is open to all, and only the services decide.

An event that is new has no row here, and fails `test_every_event_has_a_row`: say who may cause what by it.
"""

import re
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from inspect import isasyncgen
from typing import Any

import pytest
import reflex as rx
from sqlalchemy import select
from sqlmodel import SQLModel

from sentineliq import config, db
from sentineliq.billing import prices, processor
from sentineliq.billing.plan_ids import BillingInterval, PaymentPlanId
from sentineliq.billing.plan_views import PlanQuote
from sentineliq.billing.processor import PaymentProcessorUnavailable
from sentineliq.billing.stripe.payment_processor import StripePaymentProcessor
from sentineliq.billing.subscription_changes import InvoicePreview
from sentineliq.pages import PAGES
from sentineliq.state import checkout, paths
from sentineliq.state.billing import BillingState
from sentineliq.state.live import LiveState
from sentineliq.state.plan_change import PlanChangeState
from sentineliq.workspaces.models import Invitation, Role, SubscriptionStatus, Workspace
from tests.factories import make_member, make_user, make_workspace
from tests.state.tab import cookie_of, open_tab

OWNER, ADMIN, MEMBER, OUTSIDER, STRANGER = "owner", "admin", "member", "owner elsewhere", "stranger"
EVERYONE = (OWNER, ADMIN, MEMBER, OUTSIDER, STRANGER)
FOR_MEMBERS_TO_READ = {"fetch_price", "fetch_payment_method", "preview_next_invoice"}
NAME = "Acme of the secret name"


class Recorder:
    """A payment processor that cannot be reached, and remembers what was asked of it."""

    def __init__(self) -> None:
        self.asked: set[str] = set()
        self.about: list[str] = []

    def __getattr__(self, name: str) -> Any:
        async def ask(*args: object, **named: object) -> None:
            self.asked.add(name)
            self.about.append(f"{args} {named}")
            raise PaymentProcessorUnavailable

        return ask


@dataclass(frozen=True)
class World:
    """A subscribed workspace with people of each kind and an open invitation, and who is outside of it."""

    workspace: Workspace
    invitation_id: str
    ids: dict[str, str]
    cookies: dict[str, str]
    stripe: Recorder


Arguments = Callable[[World], tuple[object, ...]]


def nothing(_world: World) -> tuple[object, ...]:
    return ()


@dataclass(frozen=True)
class Row:
    """What an event is sent with, and who may change the workspace, or act at Stripe, by it."""

    arguments: Arguments = nothing
    may: tuple[str, ...] = ()


def given(*arguments: object) -> Arguments:
    return lambda _world: arguments


READS = Row()
OWNERS = Row(may=(OWNER,))
TABLE: dict[str, Row] = {
    "SessionState.forget": READS,
    "SessionState.open_page": READS,
    "SessionState.dismiss": READS,
    "SessionState.forget_refusal": READS,
    "LiveState.refresh": READS,
    "AccountState.load": READS,
    "AccountState.load_for_strangers": READS,
    "AccountState.verify": READS,
    "BillingState.load": READS,
    "BillingState.load_card": READS,
    "BillingState.load_more_invoices": READS,
    "BillingState.change_card": OWNERS,
    "BillingState.manage_subscription": OWNERS,
    "BillingState.answer_alert": OWNERS,
    "CreditsState.load": READS,
    "CreditsState.load_more": READS,
    "CreditsState.buy": OWNERS,
    "PricingState.load": READS,
    "PricingState.load_prices": READS,
    "PricingState.show_yearly": Row(given(True)),
    "PricingState.choose": Row(given("credits10"), may=(OWNER,)),
    "CheckoutState.load": READS,
    "CheckoutState.keep_looking": READS,
    "PlanChangeState.load": READS,
    "PlanChangeState.load_choices": OWNERS,
    "PlanChangeState.show_yearly": Row(given(True)),
    "PlanChangeState.choose": Row(given("pro"), may=(OWNER,)),
    "PlanChangeState.set_time": Row(given("now")),
    "PlanChangeState.put_off": READS,
    "PlanChangeState.confirm": OWNERS,
    "PlanChangeState.keep_plan": OWNERS,
    "PlanChangeState.resume": OWNERS,
    "PlanChangeState.cancel": Row(given({"feedback": "", "comment": ""}), may=(OWNER,)),
    "AuditState.load": READS,
    "AuditState.narrow": Row(given("actor", "people")),
    "AuditState.search": Row(given("paid")),
    "AuditState.clear": READS,
    "AuditState.load_more": READS,
    "MembersState.load": READS,
    "MembersState.invite": Row(given({"email": "eve@example.com", "role": "MEMBER"}), may=(OWNER, ADMIN)),
    "MembersState.revoke": Row(lambda world: (world.invitation_id,), may=(OWNER, ADMIN)),
    "MembersState.change_role": Row(lambda world: (world.ids["mate"], "ADMIN"), may=(OWNER,)),
    "MembersState.remove": Row(lambda world: (world.ids["mate"],), may=(OWNER, ADMIN)),
    "MembersState.leave": Row(may=(ADMIN, MEMBER)),
    "MembersState.transfer": Row(lambda world: ({"heir": world.ids["mate"], "name": NAME},), may=(OWNER,)),
    "SwitcherState.open_menu": READS,
    "SwitcherState.choose": Row(lambda world: (world.workspace.id,)),
    "WorkspacesState.load": READS,
    "WorkspacesState.rename": Row(given({"name": "Renamed"}), may=(OWNER, ADMIN)),
    "WorkspacesState.delete": Row(given({"confirmation": NAME}), may=(OWNER,)),
    "InvitationState.load": READS,
    "InvitationState.accept": READS,
    "NotificationsState.load": READS,
    "NotificationsState.mark_all_read": READS,
    "NotificationsState.mark_read": Row(given(1)),
    "NotificationPreferencesState.load": READS,
    "NotificationPreferencesState.choose": Row(given("payment_received", "in_app", False)),
    # nobody here is of the staff: `tests/state/staff` has what staff may
    "StaffWorkspacesState.load": READS,
    "StaffWorkspacesState.narrow": Row(given("text", "a")),
    "StaffWorkspacesState.clear": READS,
    "StaffWorkspacesState.load_more": READS,
    "StaffWorkspaceState.load": READS,
    "StaffWorkspaceState.load_payments": READS,
    "StaffWorkspaceState.choose_payment": Row(given("ch_1")),
    "StaffWorkspaceState.refund": Row(given({"amount": "", "reason": "", "note": "x"})),
    "StaffWorkspaceState.give_plan": Row(given({"plan": "pro", "until": "2099-01-01", "reason": "why"})),
    "StaffWorkspaceState.take_plan_back": READS,
    "StaffWorkspaceState.adjust_credits": Row(given({"credits": "5", "why": "why"})),
    "StaffWorkspaceState.reconcile": READS,
    "StaffRevenueState.load": READS,
    "StaffFailingState.load": READS,
    "StaffFailingState.load_more": READS,
    "StaffEventsState.load": READS,
    "StaffEventsState.narrow": Row(given("status", "failed")),
    "StaffEventsState.clear": READS,
    "StaffEventsState.load_more": READS,
    "StaffEventsState.toggle": Row(given("evt_1")),
    "StaffEventsState.replay": Row(given("evt_1")),
    "StaffEventsState.replay_parked": READS,
    "BrowsersState.load": READS,
    "BrowsersState.sign_out": Row(given("another person's session")),
    "BrowsersState.sign_out_elsewhere": READS,
    "BrowsersState.resend_verification": READS,
    # the last: whoever may goes on in the new workspace
    "WorkspacesState.create": Row(given({"new_name": "One more"})),
}


def every_state(below: type[rx.State] = rx.State) -> Iterator[type[rx.State]]:
    for state in below.get_substates():
        if state.__module__.startswith("sentineliq."):
            yield state  # pyright: ignore[reportReturnType]
        yield from every_state(state)  # pyright: ignore[reportArgumentType]


def every_event() -> dict[str, tuple[type[rx.State], Any]]:
    """By its name; what a state inherits is its ancestor's."""
    assert PAGES
    assert LiveState  # all states are known now
    return {
        f"{state.__name__}.{name}": (state, handler)
        for state in every_state()
        for name, handler in state.event_handlers.items()
        if name in vars(state) and not hasattr(rx.State, name)
    }


class Tab:
    """A page's state as a background event holds it."""

    def __init__(self, state: Any) -> None:
        object.__setattr__(self, "_state", state)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._state, name)

    def __setattr__(self, name: str, value: object) -> None:
        setattr(self._state, name, value)

    async def __aenter__(self) -> "Tab":
        return self

    async def __aexit__(self, *_: object) -> None:
        return


def quote_of(workspace: Workspace) -> PlanQuote:
    renewal = InvoicePreview("usd", total=1999, tax=0, amount_due=1999, at=db.now())
    return PlanQuote(
        id="quote",
        workspace_id=workspace.id,
        subscription_id="sub_acme",
        plan_id=PaymentPlanId.PRO,
        interval=BillingInterval.MONTH,
        due_now=renewal,
        renewal=renewal,
        from_price="price_sandbox_hobby",
        to_price="price_sandbox_pro",
        made_at=db.now(),
        prorated_at=db.now(),
        period_end=db.now(),
        is_downgrade=False,
        is_trial=False,
        must_go=(),
    )


async def press(event: str, *, actor: str, world: World) -> rx.State:
    """Send the event as that person's browser could; the state of the tab afterwards.

    The tab is prepared as an owner's would be: not even that helps.
    """
    state, handler = every_event()[event]
    url = f"{paths.BILLING}?id={world.workspace.id}"  # where the staff's page of a workspace looks
    tab = open_tab(state, url=url, cookie=world.cookies[actor])
    if isinstance(tab, PlanChangeState):
        tab._quote = quote_of(world.workspace)
    if isinstance(tab, BillingState):
        tab.can_manage = True
    answer = handler.fn(Tab(tab) if handler.is_background else tab, *TABLE[event].arguments(world))
    if isasyncgen(answer):
        async for _ in answer:
            pass
    elif answer is not None and hasattr(answer, "__await__"):
        await answer
    return tab


async def record_of(workspace_id: str) -> dict[str, list[str]]:
    """Every row of every table that belongs to the workspace."""
    rows: dict[str, list[str]] = {}
    async with db.reading() as session:
        connection = await session.connection()
        for table in SQLModel.metadata.sorted_tables:
            key = table.c.get("workspace_id") if table.name != "workspaces" else table.c.id
            if key is not None and table.name != "sessions":  # where a person works is their own affair
                found = await connection.execute(select(table).where(key == workspace_id))
                rows[table.name] = sorted(map(repr, found.all()))
    return rows


@pytest.fixture
async def world(
    database: db.Database, settings: config.Settings, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[World]:
    owner, outsider = await make_user(email="owner@example.com", verified=True), await make_user()
    workspace = await make_workspace(name=NAME, owner=owner)
    await make_workspace(name="Elsewhere", owner=outsider)
    people = {
        OWNER: owner,
        ADMIN: await make_member(workspace, role=Role.ADMIN),
        MEMBER: await make_member(workspace),
        "mate": await make_member(workspace),
        OUTSIDER: outsider,
    }
    invitation = Invitation(
        workspace_id=workspace.id,
        email="guest@example.com",
        role=Role.MEMBER,
        invited_by=owner.id,
        expires_at=db.now().replace(year=2100, day=1),
    )
    async with db.transaction() as session:
        subscribed = await session.get_one(Workspace, workspace.id)
        subscribed.stripe_customer_id, subscribed.stripe_subscription_id = "cus_acme", "sub_acme"
        subscribed.subscription_status = SubscriptionStatus.ACTIVE
        subscribed.subscription_plan = "hobby"
        session.add_all([subscribed, invitation])
    stripe = Recorder()
    monkeypatch.setattr(checkout, "POLL_SECONDS", 0)
    prices.forget()
    processor.use(stripe)  # pyright: ignore[reportArgumentType]
    yield World(
        workspace=workspace,
        invitation_id=invitation.id,
        ids={name: person.id for name, person in people.items()},
        cookies={STRANGER: "", **{name: await cookie_of(person.id) for name, person in people.items()}},
        stripe=stripe,
    )
    prices.forget()
    processor.use(StripePaymentProcessor())


def test_every_event_has_a_row() -> None:
    assert set(TABLE) == set(every_event())


@pytest.mark.parametrize("actor", EVERYONE)
async def test_whoever_may_not_changes_nothing_and_asks_nothing_of_stripe(world: World, actor: str) -> None:
    before = await record_of(world.workspace.id)
    is_inside, is_named = actor in (OWNER, ADMIN, MEMBER), False
    for event, row in TABLE.items():
        if actor in row.may:
            continue
        tab = await press(event, actor=actor, world=world)
        assert await record_of(world.workspace.id) == before, event
        if is_inside:
            assert world.stripe.asked <= FOR_MEMBERS_TO_READ, event
        else:  # who owns another workspace acts there, and learns nothing of this one
            assert not re.search(f"acme|{world.workspace.id}", "".join(world.stripe.about)), event
        is_named = is_named or NAME in str(tab._get_root_state().dict())
        assert is_inside or not is_named, event
        assert actor != STRANGER or world.stripe.asked <= {"fetch_price"}, event
    assert is_named == is_inside


@pytest.mark.parametrize(("event", "actor"), [(name, who) for name, row in TABLE.items() for who in row.may])
async def test_whoever_may_is_not_refused(world: World, event: str, actor: str) -> None:
    """Or the table would prove nothing: with the same arguments, the event works for whose it is."""
    before = await record_of(world.workspace.id)
    await press(event, actor=actor, world=world)
    asked = world.stripe.asked - FOR_MEMBERS_TO_READ
    assert asked or await record_of(world.workspace.id) != before
