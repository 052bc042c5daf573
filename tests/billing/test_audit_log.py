from datetime import timedelta

import pytest
from sqlalchemy import update
from sqlmodel import col

from sentineliq import db
from sentineliq.activity import audit
from sentineliq.activity.models import AuditAction, AuditEntry
from sentineliq.billing import audit_log
from sentineliq.billing.audit_query import AuditFilter, UnknownFilter, parse_filter
from sentineliq.billing.audit_words import FIELDS
from sentineliq.billing.overview import get_billing_overview
from sentineliq.billing.plan_ids import PaymentPlanId
from sentineliq.i18n import Language, speaking
from sentineliq.identity.models import User
from sentineliq.workspaces.members import Member
from sentineliq.workspaces.models import Role, Workspace
from tests.billing.audit_fields import written_fields
from tests.billing.test_usage import subscribe
from tests.factories import make_user, make_workspace


def reader(workspace: Workspace, user: User, role: Role = Role.OWNER) -> Member:
    return Member(
        user_id=user.id,
        email=user.email,
        email_verified=True,
        workspace_id=workspace.id,
        workspace_name=workspace.name,
        role=role,
    )


async def record(
    workspace: Workspace, *, actor: str = "stripe", balance: int = 10, days_ago: int = 0
) -> None:
    async with db.transaction() as session:
        audit.record(
            session,
            workspace_id=workspace.id,
            actor=actor,
            action=AuditAction.CREDITS_CHANGED,
            before={"credits": balance - 10},
            after={"credits": balance, "source": f"checkout_session:cs_{balance}"},
            event_id=f"evt_{balance}" if actor == "stripe" else None,
            origin="203.0.113.7" if actor not in ("stripe", "system") else None,
        )
    if days_ago:
        async with db.transaction() as session:
            newest = (await audit.list_entries(session, workspace_id=workspace.id, limit=1))[0]
            at = db.now() - timedelta(days=days_ago)
            await session.exec(update(AuditEntry).where(col(AuditEntry.id) == newest.id).values(at=at))


async def summaries(member: Member, **which: str) -> list[str]:
    page = await audit_log.get_audit_page(member, which=parse_filter(**which))
    return [line.summary for line in page.lines]


@pytest.fixture
async def owner(database: db.Database) -> User:
    return await make_user(email="ana@example.com")


@pytest.fixture
async def workspace(owner: User) -> Workspace:
    return await make_workspace(name="Acme", owner=owner)


async def test_a_row_says_who_what_where_and_from_what_to_what(workspace: Workspace, owner: User) -> None:
    await record(workspace, actor=owner.id)
    line = (await audit_log.get_audit_page(reader(workspace, owner), which=AuditFilter())).lines[0]
    assert (line.actor, line.actor_kind, line.origin) == ("ana@example.com", "people", "203.0.113.7")
    assert line.summary == "Credits changed from 0 to 10"
    assert [(change.field, change.before, change.after) for change in line.changes] == [
        ("Credits", "0", "10"),
        ("Source", "", "checkout_session:cs_10"),
    ]


TOLD: list[tuple[AuditAction, dict[str, object], dict[str, object], list[tuple[str, str, str]]]] = [
    (
        AuditAction.PAYMENT_RECEIVED,
        {},
        {"invoice": "SIQ-1", "amount": 123456, "currency": "usd"},
        [("Invoice", "", "SIQ-1"), ("Amount", "", "$1,234.56")],
    ),
    (
        AuditAction.STATUS_CHANGED,
        {"status": "active"},
        {"status": "cancel_at_period_end", "ends_at": "2026-12-25T15:52:24Z"},
        [("Status", "Active", "Canceling"), ("Ends on", "", "25 Dec 2026")],
    ),
    (AuditAction.STATUS_CHANGED, {"status": None}, {"status": "active"}, [("Status", "Free", "Active")]),
    (
        AuditAction.PAYMENT_DISPUTED,
        {},
        {"dispute": "dp_1", "status": "needs_response"},
        [("Dispute", "", "dp_1"), ("Status", "", "needs response")],
    ),
    (
        AuditAction.END_DATE_CHANGED,
        {"ends_at": None},
        {"ends_at": "2026-12-25T15:52:24+00:00"},
        [("Ends on", "none", "25 Dec 2026")],
    ),
    (AuditAction.ROLE_CHANGED, {"role": "MEMBER"}, {"role": "ADMIN"}, [("Role", "Member", "Admin")]),
    (AuditAction.CHECKOUT_STARTED, {}, {"plan": "credits10"}, [("Plan", "", "10 credits")]),
    (
        AuditAction.PLAN_CHANGE_REQUESTED,
        {"plan": "pro"},
        {"plan": "hobby", "interval": "year", "when": "period_end", "amount": 0, "currency": "usd"},
        [
            ("Plan", "Pro", "Hobby"),
            ("Interval", "", "Yearly"),
            ("When", "", "At the period's end"),
            ("Amount", "", "$0.00"),
        ],
    ),
    (
        AuditAction.CANCELLATION_REQUESTED,
        {},
        {"feedback": "too_expensive", "comment": "too_expensive"},
        [("Reason", "", "too expensive"), ("Comment", "", "too_expensive")],
    ),
    (
        AuditAction.REFUND_REQUESTED,
        {},
        {"reason": "requested_by_customer", "note": "By phone"},
        [("Reason", "", "requested by customer"), ("Note", "", "By phone")],
    ),
    (
        AuditAction.COMPLIMENTARY_GRANTED,
        {},
        {"plan": "pro", "until": "2026-12-31", "reason": "Conference speaker"},
        [("Plan", "", "Pro"), ("Until", "", "31 Dec 2026"), ("Reason", "", "Conference speaker")],
    ),
    (
        AuditAction.TRIAL_REFUSED,
        {},
        {"plan": "Pro", "why": "card"},
        [("Plan", "", "Pro"), ("Why", "", "This card has had a trial before.")],
    ),
    (AuditAction.CREDITS_CHANGED, {"credits": 0}, {"credits": 12355}, [("Credits", "0", "12,355")]),
]


@pytest.mark.parametrize(("action", "before", "after", "told"), TOLD)
async def test_a_row_is_told_in_words(
    workspace: Workspace,
    owner: User,
    action: AuditAction,
    before: dict[str, object],
    after: dict[str, object],
    told: list[tuple[str, str, str]],
) -> None:
    async with db.transaction() as session:
        audit.record(
            session, workspace_id=workspace.id, actor="stripe", action=action, before=before, after=after
        )
    line = (await audit_log.get_audit_page(reader(workspace, owner), which=AuditFilter())).lines[0]
    assert [(change.field, change.before, change.after) for change in line.changes] == told


async def test_a_row_is_told_in_the_reader_s_language(workspace: Workspace, owner: User) -> None:
    after = {"status": "cancel_at_period_end", "ends_at": "2026-12-25T15:52:24Z", "amount": 999}
    async with db.transaction() as session:
        audit.record(
            session,
            workspace_id=workspace.id,
            actor="stripe",
            action=AuditAction.STATUS_CHANGED,
            after={**after, "currency": "usd"},
        )
    with speaking(Language.PORTUGUESE):
        line = (await audit_log.get_audit_page(reader(workspace, owner), which=AuditFilter())).lines[0]
    assert [change.after for change in line.changes] == [
        "Em cancelamento",
        "25 de dezembro de 2026",
        "US$\xa09,99",
    ]


def test_every_field_that_entries_are_written_with_has_a_name() -> None:
    written = written_fields()
    assert {"plan", "ends_at", "differences", "reason", "why", "role"} <= written
    assert written - set(FIELDS) == set()


async def test_ids_of_people_read_as_their_addresses(workspace: Workspace, owner: User) -> None:
    [created] = (await audit_log.get_audit_page(reader(workspace, owner), which=AuditFilter())).lines
    assert ("Owner", "", "ana@example.com") in [
        (change.field, change.before, change.after) for change in created.changes
    ]


async def test_only_owner_and_admins_see_where_people_were(workspace: Workspace, owner: User) -> None:
    await record(workspace, actor=owner.id)
    for role, expected in ((Role.ADMIN, "203.0.113.7"), (Role.MEMBER, "")):
        page = await audit_log.get_audit_page(reader(workspace, owner, role), which=AuditFilter())
        assert page.lines[0].origin == expected


async def test_what_the_reconciliation_mended_is_the_products_own_act(
    workspace: Workspace, owner: User
) -> None:
    await record(workspace, actor="reconcile")
    member = reader(workspace, owner)
    line, *_ = (await audit_log.get_audit_page(member, which=AuditFilter())).lines
    assert (line.actor, line.actor_kind) == ("System", "system")
    assert len(await summaries(member, actor="system")) == 1
    assert line.summary not in await summaries(member, actor="people")


async def test_filters_narrow_by_actor_action_and_day(workspace: Workspace, owner: User) -> None:
    await record(workspace, actor="stripe", balance=10, days_ago=3)
    await record(workspace, actor="system", balance=20)
    member = reader(workspace, owner)
    assert await summaries(member, actor="stripe") == ["Credits changed from 0 to 10"]
    assert await summaries(member, actor="system") == ["Credits changed from 10 to 20"]
    assert len(await summaries(member, actor="people")) == 1
    assert len(await summaries(member, action="credits_changed")) == 2
    day = (db.now() - timedelta(days=3)).date().isoformat()
    assert await summaries(member, since=day, until=day) == ["Credits changed from 0 to 10"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("EVT_10", 1),
        ("cs_1", 1),
        ("credits", 1),
        ("workspace created", 1),
        ("ana@", 1),
        ("Zürich", 1),
        ("stripe credits", 1),
        ("stripe workspace", 0),
        ("%", 0),
        ("_______________________________", 0),
    ],
)
async def test_words_are_found_wherever_they_stand(
    workspace: Workspace, owner: User, text: str, found: int
) -> None:
    await record(workspace)
    if text == "Zürich":
        async with db.transaction() as session:
            audit.record(
                session,
                workspace_id=workspace.id,
                actor="system",
                action=AuditAction.PLAN_CHANGED,
                after={"name": "Zürich"},
            )
    assert len(await summaries(reader(workspace, owner), text=text)) == found


@pytest.mark.parametrize(
    "which", [{"actor": "aliens"}, {"action": "x"}, {"since": "yesterday"}, {"until": "9999-12-31"}]
)
def test_a_filter_that_is_not_understood_is_refused(which: dict[str, str]) -> None:
    with pytest.raises(UnknownFilter):
        parse_filter(**which)


async def test_pages_follow_each_other_though_rows_arrive_meanwhile(
    workspace: Workspace, owner: User
) -> None:
    for balance in (10, 20, 30):
        await record(workspace, balance=balance)
    member = reader(workspace, owner)
    first = await audit_log.get_audit_page(member, which=AuditFilter(), limit=2)
    await record(workspace, balance=40)
    second = await audit_log.get_audit_page(
        member, which=AuditFilter(), before_id=first.lines[-1].id, limit=2
    )
    assert (first.has_more, second.has_more) == (True, False)
    assert [line.summary for line in second.lines] == ["Credits changed from 0 to 10", "Workspace created"]


async def test_a_plan_shows_as_far_back_as_it_keeps_and_nothing_is_deleted(
    workspace: Workspace, owner: User
) -> None:
    await record(workspace, balance=10, days_ago=60)
    await record(workspace, balance=30)
    member = reader(workspace, owner)
    long_ago = "Credits changed from 0 to 10"
    assert await summaries(member) == ["Credits changed from 20 to 30", "Workspace created"]
    assert long_ago not in [entry.summary for entry in (await get_billing_overview(member)).audit]
    day = (db.now() - timedelta(days=61)).date().isoformat()
    assert long_ago not in await summaries(member, since=day)
    await subscribe(workspace, PaymentPlanId.HOBBY)
    assert long_ago in await summaries(member)
    assert long_ago in [entry.summary for entry in (await get_billing_overview(member)).audit]


async def test_nobody_reads_another_workspaces_log(workspace: Workspace, owner: User) -> None:
    stranger = await make_user()
    theirs = await make_workspace(owner=stranger)
    await record(workspace)
    assert await summaries(reader(theirs, stranger)) == ["Workspace created"]
