"""All workspaces, found quickly: as many statements for twenty thousand as for one."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from sqlalchemy import event, insert

from sentineliq import db
from sentineliq.billing.models import CustomerLink
from sentineliq.billing.staff.workspaces import (
    Place,
    UnknownChoice,
    WorkspaceLine,
    WorkspaceOrder,
    find_workspaces,
    parse_filter,
)
from sentineliq.identity.models import User
from sentineliq.identity.staff import StaffMember
from sentineliq.workspaces.models import Membership, Role, SubscriptionStatus, Workspace

MANY = 20_000
STATUSES = (None, SubscriptionStatus.ACTIVE, SubscriptionStatus.TRIALING, SubscriptionStatus.PAST_DUE)


async def seed_workspaces(count: int) -> None:
    """Plain rows in bulk, each with an owner of its own."""
    start = db.now() - timedelta(days=400)
    rows: dict[type, list[dict[str, Any]]] = {User: [], Workspace: [], Membership: []}
    for number in range(count):
        key, status = f"{number:032x}", STATUSES[number % len(STATUSES)]
        at = start + timedelta(minutes=number // 2)  # two share a moment: the id decides
        rows[User].append(
            {"id": key, "email": f"owner{number}@firm.example", "password_hash": "x", "created_at": at}
        )
        rows[Workspace].append(
            {
                "id": key,
                "name": f"Firm {number % 977}",
                "created_at": at,
                "locale": "en",
                "credits": 0,
                "is_discounted": False,
                "stripe_customer_id": f"cus_{number}",
                "stripe_subscription_id": f"sub_{number}",
                "subscription_status": status,
                "subscription_plan": "pro" if status else None,
                "price_amount": 1999 if status else None,
                "price_currency": "usd" if status else None,
                "price_interval": "month" if status else None,
                "price_interval_count": 1 if status else None,
            }
        )
        rows[Membership].append({"workspace_id": key, "user_id": key, "role": Role.OWNER, "created_at": at})
    async with db.database().writer.begin() as connection:
        for model, values in rows.items():
            for begin in range(0, len(values), 5000):
                await connection.execute(insert(model), values[begin : begin + 5000])


@contextmanager
def counted() -> Iterator[list[str]]:
    """The statements that reach the database while the block runs."""
    told: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if statement.startswith("SELECT"):  # SQLite is also told to begin
            told.append(statement)

    engine = db.database().reader.sync_engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield told
    finally:
        event.remove(engine, "before_cursor_execute", note)


async def walk(staff: StaffMember, *, limit: int, **choices: str) -> list[WorkspaceLine]:
    """Every row, page by page."""
    lines: list[WorkspaceLine] = []
    after: Place | None = None
    while True:
        page = await find_workspaces(staff, parse_filter(**choices), after=after, limit=limit)
        lines += page.lines
        if not page.has_more:
            return lines
        after = page.lines[-1].place


async def test_twenty_thousand_cost_two_statements_whatever_is_asked(staff: StaffMember) -> None:
    await seed_workspaces(MANY)
    for choices in (
        {},
        {"order": "name"},
        {"status": "past_due"},
        {"plan": "pro", "status": "active"},
        {"text": "owner19999@"},
        {"text": "cus_12345"},
        {"text": "sub_12345"},
    ):
        with counted() as statements:
            page = await find_workspaces(staff, parse_filter(**choices))
        assert len(statements) == 2, statements
        assert page.lines
    assert [line.owner_email for line in page.lines] == ["owner12345@firm.example"]


@pytest.mark.parametrize("order", [each.value for each in WorkspaceOrder])
async def test_pages_leave_out_nothing_and_repeat_nothing(staff: StaffMember, order: str) -> None:
    await seed_workspaces(37)
    lines = await walk(staff, limit=5, order=order)
    assert len({line.id for line in lines}) == len(lines) == 37
    keys = [(line.name, line.id) if order == "name" else (line.created_at, line.id) for line in lines]
    assert all(first < second if order == "name" else first > second for first, second in pairwise(keys))


async def test_filters_and_words_find_what_they_say(staff: StaffMember, workspace: Workspace) -> None:
    await seed_workspaces(8)
    async with db.transaction() as session:
        row = await session.get_one(Workspace, workspace.id)
        row.complimentary_plan, row.complimentary_until = "pro", db.now() + timedelta(days=1)
        row.name = "100% of_Acme"
        session.add(CustomerLink(customer_id="cus_former", workspace_id=workspace.id))
    assert {line.status for line in await walk(staff, limit=9, status="trialing")} == {
        SubscriptionStatus.TRIALING
    }
    assert all(line.plan is None for line in await walk(staff, limit=9, plan="free"))
    for choices in (
        {"text": "100% OF_"},
        {"text": "OWNER@example"},
        {"text": "cus_former"},
        {"text": workspace.id},
        {"plan": "complimentary"},
    ):
        assert [line.id for line in await walk(staff, limit=9, **choices)] == [workspace.id]
    assert await walk(staff, limit=9, text="%") == await walk(staff, limit=9, text="100%")


@pytest.mark.parametrize("choices", [{"plan": "x"}, {"status": "x"}, {"order": "x"}, {"plan": "credits10"}])
def test_a_filter_that_is_not_offered_is_refused(choices: dict[str, str]) -> None:
    with pytest.raises(UnknownChoice):
        parse_filter(**choices)
