import asyncio

import pytest

from sentineliq import db
from sentineliq.billing import usage
from sentineliq.billing.limits import GIGABYTE, Feature, Limit
from sentineliq.billing.plan_ids import PaymentPlanId
from sentineliq.billing.usage import LimitReached
from sentineliq.identity.models import User
from sentineliq.workspaces.models import SubscriptionStatus, Workspace
from tests.factories import make_member, make_user, make_workspace


async def subscribe(workspace: Workspace, plan: PaymentPlanId | None) -> Workspace:
    async with db.transaction() as session:
        row = await session.get_one(Workspace, workspace.id)
        row.subscription_plan = plan
        row.subscription_status = SubscriptionStatus.ACTIVE if plan else None
        session.add(row)
    return row


async def _fits(workspace: Workspace, limit: Limit, *, amount: int = 1, pending: int = 0) -> bool:
    async with db.reading() as session:
        return await usage.within_limit(
            session, workspace_id=workspace.id, limit=limit, amount=amount, pending=pending
        )


async def _blockers(workspace: Workspace, plan: PaymentPlanId | None) -> tuple[str, ...]:
    async with db.reading() as session:
        return await usage.downgrade_blockers(session, workspace_id=workspace.id, plan=plan)


async def _require_workspace(owner: User) -> None:
    async with db.reading() as session:
        await usage.require_room_for_workspace(session, owner_id=owner.id)


async def test_features_follow_the_plan(database: db.Database) -> None:
    workspace = await make_workspace()
    assert not usage.allows(workspace, Feature.BRANDING)
    assert usage.allows(await subscribe(workspace, PaymentPlanId.HOBBY), Feature.BRANDING)


async def test_the_last_place_can_be_taken_and_no_more(database: db.Database) -> None:
    workspace = await make_workspace()
    await make_member(workspace)
    assert await _fits(workspace, Limit.MEMBERS)
    assert not await _fits(workspace, Limit.MEMBERS, pending=1)
    await make_member(workspace)
    assert not await _fits(workspace, Limit.MEMBERS)
    await subscribe(workspace, PaymentPlanId.HOBBY)
    assert await _fits(workspace, Limit.MEMBERS, amount=7)


async def test_a_reached_limit_says_which_plan_has_room(database: db.Database) -> None:
    workspace = await make_workspace()
    async with db.reading() as session:
        with pytest.raises(LimitReached) as reached:
            await usage.require_within_limit(
                session, workspace_id=workspace.id, limit=Limit.MEMBERS, amount=3
            )
        assert reached.value.message == "Free includes 3 members. Upgrade to Hobby for 10 members."
        assert reached.value.status == 402
        with pytest.raises(LimitReached, match="Upgrade to Pro for unlimited members"):
            await usage.require_within_limit(
                session, workspace_id=workspace.id, limit=Limit.MEMBERS, amount=50
            )


async def test_the_owners_best_plan_says_how_many_workspaces_they_may_have(database: db.Database) -> None:
    owner = await make_user()
    first = await make_workspace(owner=owner)
    with pytest.raises(LimitReached, match="Upgrade to Hobby for 3 workspaces"):
        await _require_workspace(owner)
    await subscribe(first, PaymentPlanId.HOBBY)
    await _require_workspace(owner)
    second, third = await make_workspace(owner=owner), await make_workspace(owner=owner)
    with pytest.raises(LimitReached, match="unlimited workspaces"):
        await _require_workspace(owner)
    assert not await _fits(second, Limit.WORKSPACES)
    async with db.transaction() as session:
        (await session.get_one(Workspace, third.id)).deleted_at = db.now()
    await _require_workspace(owner)


async def test_someone_elses_workspaces_do_not_count(database: db.Database) -> None:
    owner, guest = await make_user(), await make_user()
    await make_member(await make_workspace(owner=owner), user=guest)
    await _require_workspace(guest)


async def test_concurrent_alerts_stop_exactly_at_the_limit(database: db.Database) -> None:
    workspace = await make_workspace()
    counted = await asyncio.gather(
        *(usage.count_usage(workspace_id=workspace.id, metric=Limit.ALERTS, amount=1) for _ in range(15)),
        return_exceptions=True,
    )
    assert sorted(used for used in counted if isinstance(used, int)) == list(range(1, 11))
    assert sum(isinstance(used, LimitReached) for used in counted) == 5
    async with db.reading() as session:
        assert await usage.used_of(session, workspace_id=workspace.id, limit=Limit.ALERTS) == 10


async def test_storage_can_be_given_up_and_is_never_negative(database: db.Database) -> None:
    workspace = await make_workspace()
    for amount, expected in ((GIGABYTE, GIGABYTE), (-GIGABYTE // 2, GIGABYTE // 2), (-GIGABYTE, 0)):
        used = await usage.count_usage(workspace_id=workspace.id, metric=Limit.STORAGE, amount=amount)
        assert used == expected
    with pytest.raises(LimitReached, match="Upgrade to Hobby for 10 GB of storage"):
        await usage.count_usage(workspace_id=workspace.id, metric=Limit.STORAGE, amount=GIGABYTE + 1)


async def test_what_no_plan_has_is_asked_for_in_person(database: db.Database) -> None:
    workspace = await subscribe(await make_workspace(), PaymentPlanId.PRO)
    with pytest.raises(LimitReached, match="write to us"):
        await usage.count_usage(workspace_id=workspace.id, metric=Limit.STORAGE, amount=101 * GIGABYTE)


async def test_members_are_counted_by_their_rows_alone(database: db.Database) -> None:
    with pytest.raises(ValueError, match="not metered"):
        await usage.count_usage(workspace_id="any", metric=Limit.MEMBERS, amount=1)


async def test_a_downgrade_says_what_must_go_first(database: db.Database) -> None:
    owner = await make_user()
    workspace = await subscribe(await make_workspace(owner=owner), PaymentPlanId.PRO)
    for _ in range(4):
        await make_member(workspace)
    await make_workspace(owner=owner)
    await usage.count_usage(workspace_id=workspace.id, metric=Limit.STORAGE, amount=3 * GIGABYTE)
    assert await _blockers(workspace, PaymentPlanId.HOBBY) == ()
    assert await _blockers(workspace, None) == (
        "Remove 2 members before you can add another.",
        "Delete or hand over 1 workspace before you can create another.",
        "Delete 2 GB before you can store more.",
    )


async def test_another_workspaces_plan_still_carries_the_number_of_workspaces(database: db.Database) -> None:
    owner = await make_user()
    workspace = await subscribe(await make_workspace(owner=owner), PaymentPlanId.PRO)
    await subscribe(await make_workspace(owner=owner), PaymentPlanId.HOBBY)
    assert await _blockers(workspace, None) == ()
