"""Events that could not be taken: tried again for a while, and then forgotten but for their ids.

An event is parked as unmatched when its customer, workspace or price is not known, and fails when it has not
the shape that its type needs. A customer linked later, a price configured later or a newer release may make
it possible; taking it again is `ledger.replay`, so that nothing happens twice.
"""

from datetime import datetime, timedelta

from sqlalchemy import update
from sqlalchemy.sql.dml import ReturningUpdate
from sqlmodel import col, or_, select
from sqlmodel.sql.expression import SelectOfScalar

from .. import db
from ..config import get_settings
from .models import PARKED, SETTLED, UNREADABLE, EventStatus, WebhookEvent

RETAKEN_FOR = timedelta(days=30)
"""How long a parked event is tried again by itself: as long as Stripe keeps an event."""

MAX_RETAKEN = 500
"""In one run; those that waited longest since their last try come first, so that all have their turn."""

PAYLOAD_KEPT_FOR = timedelta(days=30)
PARKED_PAYLOAD_KEPT_FOR = timedelta(days=90)
"""Beyond the time of trying by itself, so that people may look at it and take it again by hand."""

BATCH = 1000
"""Payloads dropped in one transaction, so that deliveries do not wait."""


async def due_for_retaking() -> list[str]:
    """The parked events whose turn it is, in the order that they happened; it is noted that they were tried.

    An event of the other mode can never match and is left alone.
    """
    async with db.transaction() as session:
        events = list((await session.exec(_waiting())).all())
        for event in events:
            event.processed_at = db.now()
    return _as_they_happened(events)


async def would_be_retaken() -> list[str]:
    """The same events, with nothing noted."""
    async with db.reading() as session:
        return _as_they_happened(list((await session.exec(_waiting())).all()))


def _waiting() -> SelectOfScalar[WebhookEvent]:
    ours = or_(col(WebhookEvent.livemode) == get_settings().livemode, col(WebhookEvent.type) == UNREADABLE)
    return (
        select(WebhookEvent)
        .where(col(WebhookEvent.status).in_(PARKED), col(WebhookEvent.payload).is_not(None), ours)
        .where(col(WebhookEvent.received_at) > db.now() - RETAKEN_FOR)
        .order_by(col(WebhookEvent.processed_at), col(WebhookEvent.received_at))
        .limit(MAX_RETAKEN)
    )


def _as_they_happened(events: list[WebhookEvent]) -> list[str]:
    events.sort(key=lambda event: (event.created or event.received_at, event.received_at))
    return [event.id for event in events]


async def forget_old_payloads() -> int:
    """Drop what was sent long ago; the ids stay, so that none is taken twice. How many were dropped."""
    forgotten = 0
    for statuses, kept_for in ((SETTLED, PAYLOAD_KEPT_FOR), (PARKED, PARKED_PAYLOAD_KEPT_FOR)):
        while True:
            dropped = await _forget_some(statuses, kept_for)
            forgotten += dropped
            if dropped < BATCH:
                break
    return forgotten


async def _forget_some(statuses: tuple[EventStatus, ...], kept_for: timedelta) -> int:
    async with db.transaction() as session:
        return len((await session.exec(_forgetting(statuses, older_than=db.now() - kept_for))).all())


def _forgetting(statuses: tuple[EventStatus, ...], *, older_than: datetime) -> ReturningUpdate[str]:
    """Looks only at what has a payload yet, and leaves out what is being taken again."""
    old = (
        select(WebhookEvent.id)
        .where(col(WebhookEvent.status).in_(statuses), col(WebhookEvent.payload).is_not(None))
        .where(col(WebhookEvent.received_at) < older_than)
        .limit(BATCH)
        .with_for_update(skip_locked=True)
        .cte("old")
    )
    return (
        update(WebhookEvent)
        .where(col(WebhookEvent.id).in_(select(old.c.id)))
        .values(payload=None)
        .returning(col(WebhookEvent.id))
    )
