"""No service of the staff answers anyone else, whatever they hold in their hands."""

from collections.abc import Awaitable, Callable

import pytest

from sentineliq import config, db
from sentineliq.billing.staff import (
    acts,
    comps,
    events,
    failing,
    history,
    payments,
    revenue,
    revenue_days,
    workspace,
    workspaces,
)
from sentineliq.errors import NotFound
from sentineliq.identity.staff import StaffMember, require_staff
from sentineliq.workspaces.models import Workspace
from tests.billing.staff.conftest import as_staff
from tests.factories import make_member, make_user
from tests.state.tab import cookie_of

ORDER = payments.RefundOrder("ch_1", "", "duplicate", "why", seen_refunded=0)


async def replay_all(staff: StaffMember) -> None:
    async for _ in events.replay_parked(staff, events.EventFilter()):
        pass


SERVICES: dict[str, Callable[[StaffMember, str], Awaitable[object]]] = {
    "find": lambda staff, _: workspaces.find_workspaces(staff, workspaces.WorkspaceFilter()),
    "file": workspace.get_workspace_file,
    "revenue": lambda staff, _: revenue.get_revenue(staff),
    "history": lambda staff, _: history.get_history(staff),
    "revenue history": lambda staff, _: revenue_days.get_revenue_history(staff),
    "failing": lambda staff, _: failing.find_failing(staff),
    "events": lambda staff, _: events.find_events(staff, events.EventFilter()),
    "payload": lambda staff, _: events.show_payload(staff, "evt_1"),
    "replay": lambda staff, _: events.replay(staff, "evt_1"),
    "replay parked": lambda staff, _: replay_all(staff),
    "payments": payments.list_payments,
    "refund": lambda staff, id_: payments.refund(staff, id_, ORDER),
    "grant": lambda staff, id_: comps.grant(staff, id_, plan="pro", last_day=tomorrow(), reason="why"),
    "revoke": comps.revoke,
    "credits": lambda staff, id_: acts.adjust_credits(staff, id_, amount=5, reason="why", key="k"),
    "reconcile": acts.reconcile_now,
}


def tomorrow() -> str:
    return (db.now().date().replace(year=db.now().year + 1)).isoformat()


@pytest.mark.parametrize("name", SERVICES)
async def test_a_service_does_not_exist_for_others(
    database: db.Database, billing_settings: config.Settings, workspace: Workspace, name: str
) -> None:
    unverified = await make_user(email="staff@example.com", verified=False)
    member = await make_member(workspace, user=await make_user(verified=True))
    nobody = StaffMember(user_id="0" * 32, email="staff@example.com")
    for caller in (as_staff(unverified), as_staff(member), nobody):
        with pytest.raises(NotFound):
            await SERVICES[name](caller, workspace.id)


async def test_only_a_verified_address_of_the_setting_is_staff(
    database: db.Database, billing_settings: config.Settings, workspace: Workspace
) -> None:
    staff = await make_user(email="staff@example.com", verified=True)
    assert (await require_staff(await cookie_of(staff.id))).user_id == staff.id
    others = [await make_user(verified=True), await make_user(email="admin@example.com", verified=False)]
    for cookie in ("", "sentineliq_session=forged", *[await cookie_of(user.id) for user in others]):
        with pytest.raises(NotFound):
            await require_staff(cookie)


async def test_who_leaves_the_setting_is_staff_no_more(
    staff: StaffMember, environment: pytest.MonkeyPatch
) -> None:
    await revenue.get_revenue(staff)
    environment.setenv("ADMIN_EMAILS", "other@example.com")
    config.get_settings.cache_clear()
    with pytest.raises(NotFound):
        await revenue.get_revenue(staff)
