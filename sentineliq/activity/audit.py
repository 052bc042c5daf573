"""The audit log: one row for every change of plan, status, credits, customer, role or ownership."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic_core import to_jsonable_python
from sqlalchemy import Row
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from .. import db
from .models import AuditAction, AuditEntry

COLUMNS = tuple(
    col(column)
    for column in (
        AuditEntry.id,
        AuditEntry.at,
        AuditEntry.actor,
        AuditEntry.action,
        AuditEntry.before,
        AuditEntry.after,
        AuditEntry.event_id,
        AuditEntry.origin,
    )
)


@dataclass(frozen=True, slots=True)
class Recorded:
    """One row of the log, as read."""

    id: int
    at: datetime
    actor: str
    action: AuditAction
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    event_id: str | None
    origin: str | None


def recorded(row: Row[Any]) -> Recorded:
    """The row of a query whose first columns are `COLUMNS`."""
    return Recorded(*row[: len(COLUMNS)])


def record(
    session: AsyncSession,
    *,
    workspace_id: str,
    actor: str,
    action: AuditAction,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    event_id: str | None = None,
    origin: str | None = None,
) -> None:
    """Add one row in the caller's transaction, to be committed with what it tells of.

    `actor` is a user's id, `stripe`, `reconcile` or `system`; times and enums in `before` and `after` are
    stored as text. `origin` is the address of the person's client.
    """
    columns = row(
        workspace_id=workspace_id,
        actor=actor,
        action=action,
        before=before,
        after=after,
        event_id=event_id,
        origin=origin,
        at=db.now(),
    )
    session.add(AuditEntry(**columns))


def row(
    *,
    workspace_id: str,
    actor: str,
    action: AuditAction,
    before: Mapping[str, Any] | None,
    after: Mapping[str, Any] | None,
    event_id: str | None,
    at: datetime,
    origin: str | None = None,
) -> dict[str, Any]:
    """The columns of such a row, for whoever writes many at once."""
    return {
        "workspace_id": workspace_id,
        "at": at,
        "actor": actor,
        "action": action,
        "before": to_jsonable_python(before),
        "after": to_jsonable_python(after),
        "event_id": event_id,
        "origin": origin,
    }


async def list_entries(
    session: AsyncSession, *, workspace_id: str, since: datetime | None = None, limit: int = 20
) -> list[AuditEntry]:
    """The workspace's newest entries, newest first, none older than `since`."""
    newest = select(AuditEntry).where(AuditEntry.workspace_id == workspace_id)
    if since is not None:
        newest = newest.where(col(AuditEntry.at) >= since)
    return list((await session.exec(newest.order_by(col(AuditEntry.id).desc()).limit(limit))).all())
