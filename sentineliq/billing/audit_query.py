"""Finding rows of the audit log: by who, what, when and words, newest first, a page at a time by key."""

import json
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum

from sqlalchemy import ColumnElement, Text, and_, cast, func, or_
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from ..activity.models import AuditAction, AuditEntry
from ..errors import AppError
from ..identity.models import User

TEXT_LENGTH = 200


class ActorKind(StrEnum):
    PEOPLE = "people"
    STRIPE = "stripe"
    SYSTEM = "system"


MACHINES = {"stripe": ActorKind.STRIPE, "system": ActorKind.SYSTEM, "reconcile": ActorKind.SYSTEM}
"""Actors that are nobody; any other is a person's id."""


class UnknownFilter(AppError):
    message = "This filter is not understood. Please choose another."


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """`since` is inclusive, `until` exclusive; `text` is found in addresses, actions and values."""

    actor: ActorKind | None = None
    action: AuditAction | None = None
    since: datetime | None = None
    until: datetime | None = None
    text: str = ""

    def not_before(self, moment: datetime) -> "AuditFilter":
        """The same, without anything older."""
        return replace(self, since=max(self.since or moment, moment))


def parse_filter(
    *, actor: str = "", action: str = "", since: str = "", until: str = "", text: str = ""
) -> AuditFilter:
    """A filter as a form or an address has it; days are in UTC, both included. Raises `UnknownFilter`."""
    try:
        return AuditFilter(
            actor=ActorKind(actor) if actor else None,
            action=AuditAction(action) if action else None,
            since=_midnight(since) if since else None,
            until=_midnight(until) + timedelta(days=1) if until else None,
            text=text.strip()[:TEXT_LENGTH],
        )
    except (ValueError, OverflowError):
        raise UnknownFilter from None


def _midnight(day: str) -> datetime:
    parsed = date.fromisoformat(day)
    return datetime(parsed.year, parsed.month, parsed.day, tzinfo=UTC)


async def find_entries(
    session: AsyncSession,
    *,
    workspace_id: str,
    which: AuditFilter,
    before_id: int | None = None,
    limit: int,
) -> list[AuditEntry]:
    """The newest that fit, or the newest before an id; nothing is skipped when rows arrive meanwhile."""
    found = select(AuditEntry).where(AuditEntry.workspace_id == workspace_id, *_conditions(which))
    if before_id is not None:
        found = found.where(col(AuditEntry.id) < before_id)
    return list((await session.exec(found.order_by(col(AuditEntry.id).desc()).limit(limit))).all())


def _conditions(which: AuditFilter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if which.actor is ActorKind.PEOPLE:
        conditions.append(col(AuditEntry.actor).not_in(MACHINES))
    elif which.actor is not None:
        names = [name for name, kind in MACHINES.items() if kind is which.actor]
        conditions.append(col(AuditEntry.actor).in_(names))
    if which.action is not None:
        conditions.append(col(AuditEntry.action) == which.action)
    if which.since is not None:
        conditions.append(col(AuditEntry.at) >= which.since)
    if which.until is not None:
        conditions.append(col(AuditEntry.at) < which.until)
    if which.text:
        conditions.extend(_contains(word) for word in which.text.split())
    return conditions


def _contains(word: str) -> ColumnElement[bool]:
    """Each word may stand anywhere in the row; in stored JSON, letters beyond ASCII are escaped."""
    escaped = json.dumps(word)[1:-1]
    people = select(User.id).where(col(User.email).icontains(word, autoescape=True))
    return or_(
        and_(col(AuditEntry.actor).not_in(MACHINES), col(AuditEntry.actor).in_(people)),
        and_(col(AuditEntry.actor).in_(MACHINES), col(AuditEntry.actor).icontains(word, autoescape=True)),
        func.lower(cast(col(AuditEntry.action), Text)).contains(word.lower(), autoescape=True),
        cast(col(AuditEntry.before), Text).icontains(escaped, autoescape=True),
        cast(col(AuditEntry.after), Text).icontains(escaped, autoescape=True),
        col(AuditEntry.event_id).icontains(word, autoescape=True),
        col(AuditEntry.origin).icontains(word, autoescape=True),
    )
