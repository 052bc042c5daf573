"""How much of its limits a workspace uses, and whether there is room for more.

The product asks `allows` before it offers a feature, `require_within_limit` before it adds a member or a
workspace, and tells `count_usage` of each alert and each byte kept. Nothing here ever deletes: a workspace
that holds more than its plan allows keeps it, and cannot add more.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import case, func
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from .. import changes, db
from ..errors import AppError
from ..i18n import mark, say, say_plural
from ..identity.people import owner_of
from ..workspaces.models import Membership, Role, Workspace
from . import limits
from .entitlements import entitled_plan
from .limits import ALLOWANCES, Feature, Limit, allowance, limit_of, plan_that_fits, quantity
from .models import UsageCounter
from .plan_ids import PaymentPlanId

METERED = (Limit.ALERTS, Limit.STORAGE)
"""Counted by `count_usage`; members and workspaces are rows already."""
COUNTED = (Limit.MEMBERS, Limit.WORKSPACES, *METERED)
FOR_EVER = "all"


@dataclass(frozen=True, slots=True)
class Measure:
    """How much of a limit is used, and the plan that sets it."""

    limit: Limit
    used: int
    plan: PaymentPlanId | None

    @property
    def most(self) -> int | None:
        return limit_of(self.plan, self.limit)

    @property
    def must_go(self) -> str:
        return what_must_go(self.plan, self.limit, self.used)


class LimitReached(AppError):
    """The plan has no room for it; the message says which plan has."""

    status = 402
    message = "Your plan has no room for this. Please upgrade it on the pricing page."


def allows(workspace: Workspace, feature: Feature) -> bool:
    """Whether the workspace may use the feature now."""
    return limits.allows(entitled_plan(workspace, at=db.now()), feature)


async def within_limit(
    session: AsyncSession, *, workspace_id: str, limit: Limit, amount: int = 1, pending: int = 0
) -> bool:
    """Whether `amount` more fit, beside `pending` that are promised already (such as open invitations).

    Whoever then adds them holds the workspace's row lock meanwhile, or two could take the last place.
    `Limit.WORKSPACES` is asked of any workspace of the owner's.
    """
    plan = await plan_for(session, workspace_id=workspace_id, limit=limit)
    used = await used_of(session, workspace_id=workspace_id, limit=limit)
    return limits.fits(plan, limit, used + pending + amount)


async def require_within_limit(
    session: AsyncSession, *, workspace_id: str, limit: Limit, amount: int = 1, pending: int = 0
) -> None:
    """As `within_limit`. Raises `LimitReached` with what to do about it."""
    plan = await plan_for(session, workspace_id=workspace_id, limit=limit)
    used = await used_of(session, workspace_id=workspace_id, limit=limit)
    _require(plan, limit, used + pending + amount)


async def require_room_for_workspace(session: AsyncSession, *, owner_id: str) -> None:
    """Whether this person may own one more workspace, by the best plan of those they own.

    Whoever then makes it holds the row lock of that user. Raises `LimitReached`.
    """
    owned = await _owned(session, owner_id)
    _require(_best_plan(owned), Limit.WORKSPACES, len(owned) + 1)


async def count_usage(*, workspace_id: str, metric: Limit, amount: int) -> int:
    """Count alerts of this month or bytes of storage, negative for what was given up; the sum afterwards.

    Exact when many count at once. Raises `LimitReached`, with nothing counted, when more does not fit, and
    `ValueError` for what is not metered.
    """
    if metric not in METERED:
        raise ValueError(f"{metric} is not metered")
    async with db.transaction() as session:
        used = await _add(session, workspace_id, metric, amount)
        if amount > 0:
            _require(await plan_for(session, workspace_id=workspace_id, limit=metric), metric, used)
    changes.announce(workspace_id)
    return used


async def plan_for(session: AsyncSession, *, workspace_id: str, limit: Limit) -> PaymentPlanId | None:
    """The plan whose limit holds for the workspace now: for workspaces, the best that its owner has."""
    if limit is Limit.WORKSPACES:
        return _best_plan(await _of_same_owner(session, workspace_id))
    return entitled_plan(await session.get_one(Workspace, workspace_id), at=db.now())


async def used_of(session: AsyncSession, *, workspace_id: str, limit: Limit) -> int:
    """How much of it is used now. Raises `ValueError` for the audit log's retention, which is not used up."""
    match limit:
        case Limit.MEMBERS:
            members = select(func.count()).where(Membership.workspace_id == workspace_id)
            return (await session.exec(members)).one()
        case Limit.WORKSPACES:
            return len(await _of_same_owner(session, workspace_id))
        case Limit.ALERTS | Limit.STORAGE:
            counter = await session.get(UsageCounter, (workspace_id, limit.value, period_of(limit, db.now())))
            return counter.used if counter else 0
        case Limit.AUDIT_RETENTION:
            raise ValueError("retention is not used up")


def measures(
    *, workspace: Workspace, owned: Iterable[Workspace], used: Mapping[Limit, int]
) -> tuple[Measure, ...]:
    """Everything that is counted, for a page to show; `owned` are all workspaces of the same owner."""
    own, best = entitled_plan(workspace, at=db.now()), _best_plan(owned)
    plans = {limit: best if limit is Limit.WORKSPACES else own for limit in COUNTED}
    return tuple(Measure(limit=limit, used=used[limit], plan=plans[limit]) for limit in COUNTED)


def what_must_go(plan: PaymentPlanId | None, limit: Limit, used: int) -> str:
    """What has to be given up before the plan has room again; empty where it has."""
    most = limit_of(plan, limit)
    if most is None or used <= most:
        return ""
    over = used - most
    match limit:
        case Limit.MEMBERS:
            return say_plural(
                "Remove {count} member before you can add another.",
                "Remove {count} members before you can add another.",
                count=over,
            )
        case Limit.WORKSPACES:
            return say_plural(
                "Delete or hand over {count} workspace before you can create another.",
                "Delete or hand over {count} workspaces before you can create another.",
                count=over,
            )
        case Limit.STORAGE:
            return say("Delete {amount} GB before you can store more.", amount=limits.gigabytes(over))
        case Limit.ALERTS:
            return say("No more alerts this month. The count starts anew with the next.")
        case Limit.AUDIT_RETENTION:
            return ""


async def downgrade_blockers(
    session: AsyncSession, *, workspace_id: str, plan: PaymentPlanId | None
) -> tuple[str, ...]:
    """What must go before the workspace fits that plan, a sentence each; empty when it fits already."""
    others = [row for row in await _of_same_owner(session, workspace_id) if row.id != workspace_id]
    sentences: list[str] = []
    for limit in COUNTED:
        then = _better(plan, _best_plan(others)) if limit is Limit.WORKSPACES else plan
        used = await used_of(session, workspace_id=workspace_id, limit=limit)
        sentences.append(what_must_go(then, limit, used))
    return tuple(sentence for sentence in sentences if sentence)


def _require(plan: PaymentPlanId | None, limit: Limit, wanted: int) -> None:
    if limits.fits(plan, limit, wanted):
        return
    held = {"plan": say(allowance(plan).name), "amount": _in_a_sentence(limit, limit_of(plan, limit))}
    larger = plan_that_fits(limit, wanted)
    if larger is None:
        raise LimitReached(mark("{plan} includes {amount}. Please write to us if you need more."), **held)
    raise LimitReached(
        mark("{plan} includes {amount}. Upgrade to {larger} for {offer}."),
        larger=say(allowance(larger).name),
        offer=_in_a_sentence(limit, limit_of(larger, limit)),
        **held,
    )


def _in_a_sentence(limit: Limit, amount: int | None) -> str:
    words = quantity(limit, amount)
    return words[0].lower() + words[1:]


async def _of_same_owner(session: AsyncSession, workspace_id: str) -> list[Workspace]:
    owner = await owner_of(session, workspace_id)
    return await _owned(session, owner.user_id) if owner else []


async def _owned(session: AsyncSession, owner_id: str) -> list[Workspace]:
    owned = (
        select(Workspace)
        .join(Membership, col(Membership.workspace_id) == Workspace.id)
        .where(
            Membership.user_id == owner_id, Membership.role == Role.OWNER, col(Workspace.deleted_at).is_(None)
        )
    )
    return list((await session.exec(owned)).all())


def _best_plan(workspaces: Iterable[Workspace]) -> PaymentPlanId | None:
    return _better(None, *(entitled_plan(workspace, at=db.now()) for workspace in workspaces))


def _better(*plans: PaymentPlanId | None) -> PaymentPlanId | None:
    return max(plans, key=list(ALLOWANCES).index)


def period_of(metric: Limit, at: datetime) -> str:
    """Which counter is running at that time: alerts are counted by calendar month, in UTC."""
    return f"{at:%Y-%m}" if metric is Limit.ALERTS else FOR_EVER


async def _add(session: AsyncSession, workspace_id: str, metric: Limit, amount: int) -> int:
    """One statement, so that no count is lost; the counter's row stays locked until the commit."""
    connection = await session.connection()
    insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    row = {"workspace_id": workspace_id, "metric": metric.value, "period": period_of(metric, db.now())}
    new = col(UsageCounter.used) + amount
    upsert = (
        insert(UsageCounter)
        .values({**row, "used": max(0, amount)})
        .on_conflict_do_update(
            index_elements=["workspace_id", "metric", "period"], set_={"used": case((new > 0, new), else_=0)}
        )
        .returning(col(UsageCounter.used))
    )
    return (await connection.execute(upsert)).scalar_one()
