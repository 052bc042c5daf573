"""Finding rows of the audit log: by who, what, when and words, newest first, a page at a time by key."""

import json
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Integer, Select, Text, and_, bindparam, cast, func, or_, select, true
from sqlmodel import col

from .. import reads
from ..activity.audit import COLUMNS, Recorded
from ..activity.models import AuditAction, AuditEntry
from ..errors import AppError, NotFound
from ..identity.models import User
from ..workspaces.models import Workspace
from .entitlements import TERMS, Terms

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
    *,
    workspace_id: str,
    which: AuditFilter,
    before_id: int | None = None,
    limit: int,
) -> tuple[Terms, list[Recorded]]:
    """What the workspace's plan follows from, and the newest entries that fit, or the newest before an id;
    nothing is skipped when rows arrive meanwhile. One query for both. Raises `NotFound`."""
    shape = (
        which.actor,
        which.action is not None,
        which.since is not None,
        which.until is not None,
        before_id is not None,
    )
    values = {
        "workspace_id": workspace_id,
        "action": which.action,
        "since": which.since,
        "until": which.until,
        "before_id": before_id,
        "limit": limit,
    }
    if which.text:
        searched = _newest(*shape).where(*(_contains(word) for word in which.text.split()))
        found = await reads.search(_with_terms(searched), values)
    else:
        found = await reads.rows(_newest_with_terms(*shape), values)
    if not found:
        raise NotFound
    terms = Terms(*found[0][: len(TERMS)])
    return terms, [Recorded(*row[len(TERMS) :]) for row in found if row.id is not None]


@cache
def _newest_with_terms(
    actor: ActorKind | None, has_action: bool, has_since: bool, has_until: bool, goes_on: bool
) -> Select[Any]:
    """Built once for each shape of a filter: to build it takes longer than to find the rows."""
    return _with_terms(_newest(actor, has_action, has_since, has_until, goes_on))


def _with_terms(newest: Select[Any]) -> Select[Any]:
    """One row with no entry where none fits, and none without the workspace."""
    entries = newest.subquery()
    return (
        select(*TERMS, *entries.c)
        .select_from(Workspace)
        .outerjoin(entries, true())
        .where(col(Workspace.id) == bindparam("workspace_id"))
        .order_by(entries.c.id.desc())
    )


def _newest(
    actor: ActorKind | None, has_action: bool, has_since: bool, has_until: bool, goes_on: bool
) -> Select[Any]:
    found = select(*COLUMNS).where(col(AuditEntry.workspace_id) == bindparam("workspace_id"))
    if actor is ActorKind.PEOPLE:
        found = found.where(col(AuditEntry.actor).not_in(MACHINES))
    elif actor is not None:
        names = [name for name, kind in MACHINES.items() if kind is actor]
        found = found.where(col(AuditEntry.actor).in_(names))
    if has_action:
        found = found.where(col(AuditEntry.action) == bindparam("action"))
    if has_since:
        found = found.where(col(AuditEntry.at) >= bindparam("since"))
    if has_until:
        found = found.where(col(AuditEntry.at) < bindparam("until"))
    if goes_on:
        found = found.where(col(AuditEntry.id) < bindparam("before_id"))
    return found.order_by(col(AuditEntry.id).desc()).limit(bindparam("limit", type_=Integer))


def _contains(word: str) -> ColumnElement[bool]:
    """Each word may stand anywhere in the row; in stored JSON, letters beyond ASCII are escaped."""
    escaped = json.dumps(word)[1:-1]
    people = select(col(User.id)).where(col(User.email).icontains(word, autoescape=True))
    return or_(
        and_(col(AuditEntry.actor).not_in(MACHINES), col(AuditEntry.actor).in_(people)),
        and_(col(AuditEntry.actor).in_(MACHINES), col(AuditEntry.actor).icontains(word, autoescape=True)),
        func.lower(cast(col(AuditEntry.action), Text)).contains(word.lower(), autoescape=True),
        cast(col(AuditEntry.before), Text).icontains(escaped, autoescape=True),
        cast(col(AuditEntry.after), Text).icontains(escaped, autoescape=True),
        col(AuditEntry.event_id).icontains(word, autoescape=True),
        col(AuditEntry.origin).icontains(word, autoescape=True),
    )
