"""The webhook ledger as staff read it, and taking events again: one, or all that were parked."""

import json
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast

import structlog
from sqlalchemy import ColumnElement, or_, tuple_
from sqlalchemy.orm import defer
from sqlmodel import col, func, select

from ... import db
from ...activity import audit
from ...activity.models import AuditAction
from ...errors import AppError, NotFound
from ...identity import staff as staff_people
from ...identity.staff import StaffMember
from .. import ledger
from ..models import EventStatus, WebhookEvent
from ..outcomes import Outcome
from ..processor import PaymentProcessorUnavailable
from ..stripe.events import MalformedEvent
from ..stripe.handlers import HANDLERS
from .workspaces import UnknownChoice

PAGE = 50
TEXT_LENGTH = 200
PARKED = (EventStatus.FAILED, EventStatus.UNMATCHED)
REPLAYED_AT_MOST = 500
"""Events in one replay of many: it can be asked for again."""


_log = structlog.get_logger(__name__)


class PayloadGone(AppError):
    status = 410
    message = "The payload of this event is no longer kept, so it cannot be taken again."


@dataclass(frozen=True, slots=True)
class EventFilter:
    """`text` is an event's or a workspace's whole id, or stands anywhere in the reason."""

    status: EventStatus | None = None
    type: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class EventLine:
    id: str
    type: str
    status: EventStatus
    reason: str
    received_at: datetime
    attempts: int
    workspace_id: str


@dataclass(frozen=True, slots=True)
class EventPage:
    lines: tuple[EventLine, ...]
    has_more: bool


@dataclass(slots=True)
class Replayed:
    """What became of the events that were taken again. `stopped` says that Stripe does not answer."""

    taken: int = 0
    outcomes: Counter[str] = field(default_factory=Counter[str])
    stopped: bool = False


def parse_filter(*, status: str = "", type: str = "", text: str = "") -> EventFilter:  # noqa: A002
    """As a form has it. Raises `UnknownChoice`."""
    try:
        chosen = EventStatus(status) if status else None
    except ValueError:
        raise UnknownChoice from None
    return EventFilter(status=chosen, type=type[:TEXT_LENGTH], text=text.strip()[:TEXT_LENGTH])


def event_types() -> tuple[str, ...]:
    """The types that are acted on."""
    return tuple(sorted(HANDLERS))


async def find_events(
    staff: StaffMember, which: EventFilter, *, before: EventLine | None = None, limit: int = PAGE
) -> EventPage:
    """The newest that fit, without their payloads; from `before` on for the next page. Raises `NotFound`."""
    received, key = col(WebhookEvent.received_at), col(WebhookEvent.id)
    found = select(WebhookEvent).options(defer(cast(Any, WebhookEvent.payload))).where(*_conditions(which))
    if before is not None:
        found = found.where(tuple_(received, key) < tuple_(before.received_at, before.id))
    newest = found.order_by(received.desc(), key.desc()).limit(limit + 1)
    async with db.reading() as session:
        await staff_people.confirm(session, staff)
        rows = (await session.exec(newest)).all()
    return EventPage(lines=tuple(_line(row) for row in rows[:limit]), has_more=len(rows) > limit)


async def count_parked(staff: StaffMember) -> int:
    """How many events failed or matched nothing. Raises `NotFound`."""
    parked = select(func.count()).where(or_(*(col(WebhookEvent.status) == status for status in PARKED)))
    async with db.reading() as session:
        await staff_people.confirm(session, staff)
        return (await session.exec(parked)).one()


async def show_payload(staff: StaffMember, event_id: str) -> str:
    """The event's bytes, set out for reading where they are JSON; empty where they are gone.

    Raises `NotFound`.
    """
    async with db.reading() as session:
        await staff_people.confirm(session, staff)
        row = await session.get(WebhookEvent, event_id)
    if row is None:
        raise NotFound
    try:
        return json.dumps(json.loads(row.payload or ""), indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        return row.payload or ""


async def replay(staff: StaffMember, event_id: str) -> Outcome:
    """Take one event again. Raises `NotFound`, `PayloadGone`, `MalformedEvent`, and what Stripe does."""
    async with db.reading() as session:
        await staff_people.confirm(session, staff)
        if await session.get(WebhookEvent, event_id) is None:
            raise NotFound
    outcome = await ledger.replay(event_id)
    if outcome is None:
        raise PayloadGone
    await _note(staff, event_id, outcome)
    return outcome


async def replay_parked(
    staff: StaffMember, which: EventFilter, *, at_most: int = REPLAYED_AT_MOST
) -> AsyncIterator[Replayed]:
    """Take everything again that failed or matched nothing and fits the filter, the oldest first.

    How far it is, after each event; it stops where Stripe does not answer. Raises `NotFound`.
    """
    report = Replayed()
    for event_id in await _parked(staff, which, at_most=at_most):
        try:
            outcome = await replay(staff, event_id)
            report.outcomes["settled" if outcome.duplicate else outcome.status.value] += 1
        except PaymentProcessorUnavailable:
            report.stopped = True
        except (AppError, MalformedEvent):
            report.outcomes[EventStatus.FAILED.value] += 1
        except Exception:  # one that cannot be taken must not keep the others
            _log.exception("event_not_replayed", event_id=event_id)
            report.outcomes[EventStatus.FAILED.value] += 1
        if report.stopped:
            break
        report.taken += 1
        yield report
    yield report


async def _parked(staff: StaffMember, which: EventFilter, *, at_most: int) -> list[str]:
    parked = or_(*(col(WebhookEvent.status) == status for status in PARKED))
    oldest = (
        select(WebhookEvent.id).where(parked, *_conditions(which)).order_by(col(WebhookEvent.received_at))
    )
    async with db.reading() as session:
        await staff_people.confirm(session, staff)
        return list((await session.exec(oldest.limit(at_most))).all())


async def _note(staff: StaffMember, event_id: str, outcome: Outcome) -> None:
    """In the workspace's audit log where it touched one, else in our own log alone."""
    _log.info("event_replayed", event_id=event_id, staff=staff.user_id, status=outcome.status.value)
    if outcome.workspace_id is None:
        return
    async with db.transaction() as session:
        audit.record(
            session,
            workspace_id=outcome.workspace_id,
            actor=staff.user_id,
            action=AuditAction.EVENT_REPLAYED,
            after={"event": event_id, "outcome": outcome.status.value},
            event_id=event_id,
            origin=staff.origin,
        )


def _conditions(which: EventFilter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if which.status is not None:
        conditions.append(col(WebhookEvent.status) == which.status)
    if which.type:
        conditions.append(col(WebhookEvent.type) == which.type)
    if which.text.startswith("evt_"):
        conditions.append(col(WebhookEvent.id) == which.text)
    elif which.text:
        anywhere = col(WebhookEvent.reason).icontains(which.text, autoescape=True)
        conditions.append(or_(col(WebhookEvent.workspace_id) == which.text, anywhere))
    return conditions


def _line(row: WebhookEvent) -> EventLine:
    return EventLine(
        id=row.id,
        type=row.type,
        status=row.status,
        reason=row.reason or "",
        received_at=row.received_at,
        attempts=row.attempts,
        workspace_id=row.workspace_id or "",
    )
