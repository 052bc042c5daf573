import csv
import io
from collections.abc import AsyncIterator

import httpx
import pytest
from starlette.applications import Starlette

from sentineliq import config, db
from sentineliq.activity import audit
from sentineliq.activity.models import AuditAction
from sentineliq.billing import audit_csv, audit_log
from sentineliq.identity.models import User
from sentineliq.workspaces.models import Role, Workspace
from tests.billing.test_audit_log import record
from tests.factories import make_member, make_user, make_workspace
from tests.state.tab import cookie_of

PATH = "/billing/audit.csv"


@pytest.fixture
async def http(database: db.Database, settings: config.Settings) -> AsyncIterator[httpx.AsyncClient]:
    app = Starlette(routes=audit_csv.routes)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://app.test") as client:
        yield client


@pytest.fixture
async def owner(database: db.Database) -> User:
    return await make_user(email="ana@example.com")


@pytest.fixture
async def workspace(owner: User) -> Workspace:
    return await make_workspace(owner=owner)


async def get(http: httpx.AsyncClient, user: User, query: str = "") -> httpx.Response:
    return await http.get(PATH + query, headers={"Cookie": await cookie_of(user.id)})


def rows(answer: httpx.Response) -> list[list[str]]:
    return list(csv.reader(io.StringIO(answer.text)))


async def test_the_owner_gets_the_whole_log_as_a_file(
    http: httpx.AsyncClient, owner: User, workspace: Workspace
) -> None:
    await record(workspace)
    answer = await get(http, owner)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"].startswith('attachment; filename="audit-log-')
    head, newest, oldest = rows(answer)
    assert head == list(audit_csv.COLUMNS)
    assert newest[1:] == [
        "Stripe",
        "credits_changed",
        "Credits changed from 0 to 10",
        "Credits: 0",
        "Credits: 10; Source: checkout_session:cs_10",
        "",
        "evt_10",
    ]
    assert oldest[1:3] == ["ana@example.com", "workspace_created"]


async def test_the_file_has_values_as_they_were_written(
    http: httpx.AsyncClient, owner: User, workspace: Workspace
) -> None:
    async with db.transaction() as session:
        audit.record(
            session,
            workspace_id=workspace.id,
            actor="stripe",
            action=AuditAction.PAYMENT_RECEIVED,
            after={"amount": 999, "currency": "usd", "ends_at": "2026-12-25T15:52:24Z"},
        )
    [_, newest, _] = rows(await get(http, owner))
    assert newest[5] == "Amount: 999; Currency: usd; Ends on: 2026-12-25T15:52:24Z"


async def test_admins_may_members_may_not_and_strangers_find_nothing(
    http: httpx.AsyncClient, workspace: Workspace
) -> None:
    admin, member = await make_member(workspace, role=Role.ADMIN), await make_member(workspace)
    assert (await get(http, admin)).status_code == 200
    refused = await get(http, member)
    assert (refused.status_code, "Only the owner and the admins" in refused.text) == (403, True)
    assert (await http.get(PATH)).status_code == 404
    assert (await http.get(PATH, headers={"Cookie": "sentineliq_session=forged"})).status_code == 404


async def test_the_workspace_comes_from_the_cookie_alone(
    http: httpx.AsyncClient, workspace: Workspace
) -> None:
    stranger = await make_user()
    await make_workspace(owner=stranger)
    await record(workspace)
    answer = await get(http, stranger, f"?workspace_id={workspace.id}")
    assert len(rows(answer)) == 2


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n"])
async def test_no_cell_is_a_formula(
    http: httpx.AsyncClient, owner: User, workspace: Workspace, start: str
) -> None:
    evil = f"{start}HYPERLINK(1)"
    async with db.transaction() as session:
        audit.record(
            session,
            workspace_id=workspace.id,
            actor=owner.id,
            action=AuditAction.PLAN_CHANGED,
            event_id=evil,
        )
    [_, newest, _] = rows(await get(http, owner))
    assert newest[-1] == f"'{evil}"


async def test_a_long_log_is_read_in_batches_and_loses_no_row(
    http: httpx.AsyncClient, owner: User, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit_log, "BATCH", 2)
    for balance in (10, 20, 30, 40):
        await record(workspace, balance=balance)
    assert len(rows(await get(http, owner))) == 6


async def test_the_pages_filters_hold_for_the_file(
    http: httpx.AsyncClient, owner: User, workspace: Workspace
) -> None:
    await record(workspace)
    assert len(rows(await get(http, owner, "?actor=stripe&text=evt_10"))) == 2
    assert (await get(http, owner, "?since=yesterday")).status_code == 400
