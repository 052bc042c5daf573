"""The audit log as a workspace's people read it, as far back as their plan keeps it in view.

The log itself is append-only: a smaller plan hides older rows and deletes none, and a larger one shows them
again.
"""

from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy import Integer, bindparam, select
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from .. import db, reads
from ..activity import audit
from ..activity.audit import Recorded, recorded
from ..activity.models import STAFF_ACTIONS, AuditEntry
from ..activity.summaries import summarize
from ..errors import AppError
from ..i18n import say
from ..identity.models import User
from ..workspaces.members import Member
from ..workspaces.models import Role, Workspace
from .audit_query import MACHINES, ActorKind, AuditFilter, find_entries
from .audit_words import as_written, field_name, in_words
from .entitlements import Entitled, entitled_plan
from .limits import Limit, limit_of
from .views import AuditChange, AuditLine, AuditPage, AuditView

PAGE = 25
BATCH = 500
"""Rows that an export reads at a time, so that a long log costs no more memory than a short one."""

_MACHINES = {ActorKind.STRIPE: "Stripe", ActorKind.SYSTEM: "System"}

Names = Mapping[str, str]
"""Addresses by user id."""
Entry = AuditEntry | Recorded
Telling = Callable[[Mapping[str, Any], str], str]
"""How a field of an entry is told."""

_EVER = datetime(1970, 1, 1, tzinfo=UTC)
_PEOPLE_IN = ("user", "owner")
"""Fields of an entry in which a person's id may stand."""
_PEOPLE = select(col(User.id), col(User.email)).where(col(User.id).in_(bindparam("ids", expanding=True)))
_LATEST = (
    select(*audit.COLUMNS, col(User.email))
    .select_from(AuditEntry)
    .outerjoin(User, col(User.id) == col(AuditEntry.actor))
    .where(col(AuditEntry.workspace_id) == bindparam("workspace_id"))
    .where(col(AuditEntry.at) >= bindparam("since"))
    .order_by(col(AuditEntry.id).desc())
    .limit(bindparam("limit", type_=Integer))
)


class NotAuditor(AppError):
    status = 403
    message = "Only the owner and the admins of this workspace can export its audit log."


async def get_audit_page(
    member: Member,
    *,
    which: AuditFilter,
    before_id: int | None = None,
    limit: int = PAGE,
    told: Telling = in_words,
) -> AuditPage:
    """Newest first; from `before_id` on for the next page. Where from is told to owner and admins only."""
    find = partial(find_entries, workspace_id=member.workspace_id, before_id=before_id, limit=limit + 1)
    held, entries = await find(which=which)
    shown = in_view(held, which)
    if shown.since and any(entry.at < shown.since for entry in entries):  # else the plan hides none of them
        held, entries = await find(which=shown)
    names = await _names(entries[:limit])
    shows_origin = is_auditor(member)
    lines = tuple(
        _line(entry, names, shows_origin=shows_origin and entry.action not in STAFF_ACTIONS, told=told)
        for entry in entries[:limit]
    )
    return AuditPage(lines=lines, has_more=len(entries) > limit, retention_days=_retention(held))


async def latest(workspace: Workspace, *, limit: int) -> tuple[AuditView, ...]:
    """The newest, in a line each."""
    since = in_view(workspace, AuditFilter()).since or _EVER
    found = await reads.rows(_LATEST, {"workspace_id": workspace.id, "since": since, "limit": limit})
    return tuple(_view(recorded(row), row.email) for row in found)


def _view(entry: Recorded, email: str | None) -> AuditView:
    names = {entry.actor: email} if email else {}
    return AuditView(id=entry.id, at=entry.at, actor=_actor(entry, names), summary=summarize(entry))


async def whole_lines(session: AsyncSession, *, workspace_id: str, limit: int) -> tuple[AuditLine, ...]:
    """The newest with all that they tell, whatever the plan shows: for staff."""
    entries = await audit.list_entries(session, workspace_id=workspace_id, limit=limit)
    names = await _names(entries)
    return tuple(_line(entry, names, shows_origin=True) for entry in entries)


async def export(member: Member, *, which: AuditFilter) -> AsyncIterator[AuditLine]:
    """Every row in view that fits, newest first, read in batches while it is sent: values as they were
    written. Raises `NotAuditor`."""
    require_auditor(member)
    before_id: int | None = None
    while True:
        page = await get_audit_page(member, which=which, before_id=before_id, limit=BATCH, told=as_written)
        for line in page.lines:
            yield line
        if not page.has_more:
            return
        before_id = page.lines[-1].id


def require_auditor(member: Member) -> None:
    """Raises `NotAuditor`."""
    if not is_auditor(member):
        raise NotAuditor


def is_auditor(member: Member) -> bool:
    return member.role in (Role.OWNER, Role.ADMIN)


def in_view(workspace: Entitled, which: AuditFilter) -> AuditFilter:
    """The filter, as far back as the workspace's plan shows."""
    days = _retention(workspace)
    return which if days is None else which.not_before(db.now() - timedelta(days=days))


def _retention(workspace: Entitled) -> int | None:
    return limit_of(entitled_plan(workspace, at=db.now()), Limit.AUDIT_RETENTION)


async def _names(entries: Iterable[Entry]) -> Names:
    """Of the people whom the entries mention; nobody has to be asked about where there are none."""
    mentioned = {entry.actor for entry in entries if _kind(entry.actor) is ActorKind.PEOPLE}
    for entry in entries:
        for values in (entry.before, entry.after):
            mentioned |= {values[key] for key in _PEOPLE_IN if values and isinstance(values.get(key), str)}
    if not mentioned:
        return {}
    return {row.id: row.email for row in await reads.rows(_PEOPLE, {"ids": sorted(mentioned)})}


def _line(entry: Entry, names: Names, *, shows_origin: bool, told: Telling = in_words) -> AuditLine:
    return AuditLine(
        id=entry.id or 0,
        at=entry.at,
        actor=_actor(entry, names),
        actor_kind=_kind(entry.actor),
        action=entry.action.value,
        summary=summarize(entry),
        changes=tuple(_changes(entry, names, told)),
        origin=(entry.origin or "") if shows_origin else "",
        event_id=entry.event_id or "",
    )


def _kind(actor: str) -> ActorKind:
    return MACHINES.get(actor, ActorKind.PEOPLE)


def _actor(entry: Entry, names: Names) -> str:
    kind = _kind(entry.actor)
    return names.get(entry.actor, say("Someone")) if kind is ActorKind.PEOPLE else _MACHINES[kind]


def _changes(entry: Entry, names: Names, told: Telling) -> Iterable[AuditChange]:
    """What differs between before and after; a person's id says nothing beside the address."""
    before, after = entry.before or {}, entry.after or {}
    keys = [key for key in (before | after) if before.get(key) != after.get(key)]
    for key in keys:
        if key == "user" and "email" in keys:
            continue
        if key == "currency" and "amount" in keys and told is in_words:  # which has it in words
            continue
        yield AuditChange(
            field=field_name(key),
            before=_value(before, key, names, told),
            after=_value(after, key, names, told),
        )


def _value(values: Mapping[str, Any], key: str, names: Names, told: Telling) -> str:
    """Empty where the row says nothing of it, `none` where it says that there was nothing."""
    if key not in values:
        return ""
    if key in _PEOPLE_IN and isinstance(values[key], str):
        return names.get(values[key], values[key])
    return told(values, key)
