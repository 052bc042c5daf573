"""How subscriptions came and went, month by month, from the audit log alone.

The log is complete and append-only, so it tells every month exactly, those before this page too: no snapshot
has to be taken, and none can be missed. What it does not hold is amounts: those are `revenue_days`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Executable, Row, case, func, select
from sqlmodel import col

from ... import db
from ...activity.models import AuditAction, AuditEntry
from ...identity import staff as staff_people
from ...identity.staff import StaffMember
from ...workspaces.models import SubscriptionStatus, Workspace

MONTHS = 12
GROUPS: dict[str, tuple[str, ...]] = {
    "paying": (SubscriptionStatus.ACTIVE, SubscriptionStatus.CANCEL_AT_PERIOD_END),
    "trialing": (SubscriptionStatus.TRIALING,),
    "past_due": (SubscriptionStatus.PAST_DUE, SubscriptionStatus.UNPAID),
}
_SUBSCRIBED = {status for statuses in GROUPS.values() for status in statuses}


@dataclass(frozen=True, slots=True)
class Month:
    """The counts are of the month's end (of now, for the running one). `lost` had a subscription, and have
    none any more; `churn` is their share of those who had one when the month began, None where nobody had."""

    start: datetime
    paying: int
    trialing: int
    past_due: int
    won: int
    lost: int
    churn: float | None


@dataclass(frozen=True, slots=True)
class _Moves:
    """What changed in one month: by how much each group grew, and who came and went."""

    growth: dict[str, int]
    won: int
    lost: int


async def get_history(staff: StaffMember, *, now: datetime | None = None) -> tuple[Month, ...]:
    """The last twelve months, the oldest first, the running one last. Raises `NotFound`."""
    starts = starts_of_months(now or db.now())
    async with db.reading() as session:
        await staff_people.confirm(session, staff)
        connection = await session.connection()
        changed = (await connection.execute(_changes(starts))).all()
        held = (await connection.execute(_held())).all()
    counts = dict.fromkeys(GROUPS, 0)
    for row in held:
        status, count = _values(row)
        if group := _group_of(status):
            counts[group] += count
    moves = [_moves(row for row in changed if row[0] == place) for place in range(MONTHS)]
    return _backwards(starts, counts, moves)


def _backwards(starts: list[datetime], counts: dict[str, int], moves: list[_Moves]) -> tuple[Month, ...]:
    """From what is held now, month by month into the past: each began with what it had not yet changed."""
    months: list[Month] = []
    for start, move in reversed(list(zip(starts, moves, strict=True))):
        before = {name: count - move.growth[name] for name, count in counts.items()}
        had = sum(before.values())
        churn = move.lost / had if had > 0 else None
        months.append(Month(start, **counts, won=move.won, lost=move.lost, churn=churn))
        counts = before
    return tuple(reversed(months))


def starts_of_months(now: datetime) -> list[datetime]:
    """Of the last twelve, the running one last."""
    first = now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return [_months_before(first, months) for months in reversed(range(MONTHS))]


def _months_before(first: datetime, months: int) -> datetime:
    years, month = divmod(first.year * 12 + first.month - 1 - months, 12)
    return first.replace(year=years, month=month + 1)


def _changes(starts: list[datetime]) -> Executable:
    """How often a status became another, by the place of the month in `starts`."""
    place = case(
        *((col(AuditEntry.at) < start, number) for number, start in enumerate(starts[1:])),
        else_=len(starts) - 1,
    )
    columns = (place, _status(AuditEntry.before), _status(AuditEntry.after))
    return (
        select(*columns, func.count())
        .where(col(AuditEntry.action) == AuditAction.STATUS_CHANGED, col(AuditEntry.at) >= starts[0])
        .group_by(*columns)
    )


def _status(values: Any) -> Any:
    return col(values)["status"].as_string()


def _held() -> Executable:
    status = col(Workspace.subscription_status)
    return select(status, func.count()).group_by(status)


def _moves(rows: Iterable[Row[Any]]) -> _Moves:
    growth, won, lost = dict.fromkeys(GROUPS, 0), 0, 0
    for row in rows:
        _, before, after, count = _values(row)
        if was := _group_of(before):
            growth[was] -= count
        if becomes := _group_of(after):
            growth[becomes] += count
        won += count if before not in _SUBSCRIBED and after in _SUBSCRIBED else 0
        lost += count if before in _SUBSCRIBED and after not in _SUBSCRIBED else 0
    return _Moves(growth, won, lost)


def _values(row: Row[Any]) -> tuple[Any, ...]:
    return tuple(row)


def _group_of(status: str | None) -> str | None:
    return next((name for name, statuses in GROUPS.items() if status in statuses), None)
