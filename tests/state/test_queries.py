"""How often a page asks the database: a number for each, however much there is to show."""

from datetime import timedelta
from typing import Any

import pytest

from sentineliq import db, reads
from sentineliq.activity import audit
from sentineliq.activity.models import AuditAction, NotificationKind
from sentineliq.activity.notifications import notify
from sentineliq.billing import audit_log
from sentineliq.billing.models import CreditEntry, Invoice
from sentineliq.identity.models import User
from sentineliq.state import paths
from sentineliq.state.audit import AuditState
from sentineliq.state.billing import BillingState
from sentineliq.state.browsers import BrowsersState
from sentineliq.state.credits import CreditsState
from sentineliq.state.live import LiveState
from sentineliq.state.members import MembersState
from sentineliq.state.notifications import NotificationsState
from sentineliq.state.session import SessionState
from sentineliq.workspaces.models import Membership, Role, Workspace
from tests.state.conftest import Team
from tests.state.tab import open_tab, send
from tests.statements import asked_meanwhile

MANY = 30
"""More of everything than a page shows at first, each with somebody else in it."""


@pytest.fixture
async def full(team: Team) -> Team:
    """The team's workspace, with much in it; its owner has more workspaces."""
    people = [User(email=f"person{number}@example.com", password_hash="unusable") for number in range(MANY)]
    others = [Workspace(name=f"Other {number}") for number in range(3)]
    async with db.transaction() as session:
        session.add_all([*people, *others])
        await session.flush()
        for other in others:
            session.add(Membership(workspace_id=other.id, user_id=team.owner_id, role=Role.OWNER))
        for number, person in enumerate(people):
            session.add(Membership(workspace_id=team.workspace.id, user_id=person.id, role=Role.MEMBER))
            _happened(session, team, person, number)
        await notify(
            session,
            user_ids=[team.owner_id],
            workspace_id=team.workspace.id,
            kind=NotificationKind.MEMBER_JOINED,
            about="joined",
            title="Somebody joined",
        )
    return team


def _happened(session: Any, team: Team, person: User, number: int) -> None:
    session.add(
        Invoice(
            id=f"in_{number}",
            workspace_id=team.workspace.id,
            status="paid",
            currency="usd",
            total=1000,
            amount_paid=1000,
            amount_remaining=0,
            created=db.now() - timedelta(days=number),
            as_of=db.now(),
        )
    )
    session.add(CreditEntry(workspace_id=team.workspace.id, amount=1, source=f"spend:x:{number}"))
    audit.record(
        session,
        workspace_id=team.workspace.id,
        actor=person.id,
        action=AuditAction.MEMBER_ADDED,
        after={"user": person.id, "email": person.email, "role": Role.MEMBER},
    )


LOADS: list[tuple[Any, str, int]] = [
    (BillingState, paths.BILLING, 3),
    (AuditState, paths.AUDIT, 3),
    (MembersState, paths.MEMBERS, 4),
    (CreditsState, paths.CREDITS, 3),
    (NotificationsState, paths.NOTIFICATIONS, 2),
    (BrowsersState, paths.ACCOUNT, 3),
]


@pytest.mark.parametrize(("state", "path", "number"), LOADS, ids=[path for _, path, _ in LOADS])
async def test_a_page_opens_with_so_many_queries(full: Team, state: Any, path: str, number: int) -> None:
    tab = open_tab(state, url=path, cookie=full.owner)
    with asked_meanwhile() as asked:
        await send(tab, state.load)
    assert tab.loaded
    assert tab.problem == ""
    assert len(asked) == number, asked


async def test_a_page_without_a_part_of_its_own_asks_once(full: Team) -> None:
    with asked_meanwhile() as asked:
        await send(open_tab(SessionState, url="/", cookie=full.owner), SessionState.open_page)
    assert len(asked) == 1


async def test_a_billing_page_that_is_told_of_a_change_asks_no_more_than_one_that_opens(full: Team) -> None:
    tab = open_tab(LiveState, url=paths.BILLING, cookie=full.owner)
    with asked_meanwhile() as asked:
        await send(tab, LiveState.refresh)
    assert (await tab.get_state(BillingState)).loaded
    assert len(asked) == 3


async def test_a_choice_in_the_audit_log_asks_three_times_at_most(full: Team) -> None:
    tab = open_tab(AuditState, url=paths.AUDIT, cookie=full.owner)
    await send(tab, AuditState.load)
    with asked_meanwhile() as asked:
        await send(tab, AuditState.narrow, "actor", "people")
    assert len(tab.rows) == audit_log.PAGE
    assert len(asked) == 3, "who asks, the rows with how far back the plan shows, the people in them"
    with asked_meanwhile() as asked:
        await send(tab, AuditState.narrow, "actor", "stripe")
    assert tab.rows == []
    assert len(asked) == 2, "nobody is in them"


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # PostgreSQL never breaks one off
async def test_among_thousands_no_page_needs_a_long_read(
    full: Team, monkeypatch: pytest.MonkeyPatch, database: db.Database
) -> None:
    async with db.transaction() as session:
        users = [User(email=f"user{number}@example.org", password_hash="unusable") for number in range(3000)]
        workspaces = [Workspace(name="Elsewhere") for _ in users]
        session.add_all([*users, *workspaces])
        await session.flush()
        pairs = zip(workspaces, users, strict=True)
        session.add_all(Membership(workspace_id=w.id, user_id=u.id, role=Role.OWNER) for w, u in pairs)

    async def refused(*_: object) -> None:
        raise AssertionError("a read was broken off")

    monkeypatch.setattr(reads, "search", refused)
    for state, path, _ in LOADS:
        tab = open_tab(state, url=path, cookie=full.owner)
        await send(tab, state.load)
        assert tab.problem == "", path
