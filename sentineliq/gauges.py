"""What the database alone can tell Prometheus, asked when it scrapes, at most every few seconds."""

import time
from collections.abc import Iterable
from dataclasses import dataclass

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from sqlmodel import col, func, select

from . import db
from .billing.models import EventStatus, WebhookEvent
from .mail.models import OutboxMail

FRESH_FOR = 5.0
"""Seconds: however many scrape, the database is asked once in this time."""

UNSETTLED = (EventStatus.FAILED, EventStatus.UNMATCHED)


@dataclass(frozen=True, eq=False)
class Standing:
    """How much waits, and how much went wrong."""

    oldest_unsent_mail_seconds: float
    unsent_mails: int
    mails_given_up: int
    events: dict[EventStatus, int]

    def collect(self) -> Iterable[Metric]:
        """As Prometheus' collectors do."""
        for name, words, value in (
            (
                "sentineliq_mail_oldest_unsent_seconds",
                "Age of the oldest mail that is still to be sent",
                self.oldest_unsent_mail_seconds,
            ),
            ("sentineliq_mail_unsent", "Mails that are still to be sent", self.unsent_mails),
            ("sentineliq_mail_given_up", "Mails that will not be sent any more", self.mails_given_up),
        ):
            yield GaugeMetricFamily(name, words, value=value)
        events = GaugeMetricFamily(
            "sentineliq_webhook_events", "Stored events that took no effect", labels=["status"]
        )
        for status in UNSETTLED:
            events.add_metric([status.value], self.events.get(status, 0))
        yield events


_last: tuple[float, bytes] = (-FRESH_FOR, b"")


async def as_text() -> bytes:
    """Prometheus text; raises what the database raises."""
    global _last
    asked_at, text = _last
    if time.monotonic() - asked_at >= FRESH_FOR:
        registry = CollectorRegistry()
        registry.register(await _ask())  # pyright: ignore[reportArgumentType]
        text = generate_latest(registry)
        _last = (time.monotonic(), text)
    return text


async def _ask() -> Standing:
    """Both tables have indexes for these questions."""
    given_up = col(OutboxMail.given_up_at)
    waiting = select(func.count(), func.min(OutboxMail.created_at)).where(
        col(OutboxMail.sent_at).is_(None), given_up.is_(None)
    )
    lost = select(func.count()).select_from(OutboxMail)
    lost = lost.where(col(OutboxMail.sent_at).is_(None), given_up.is_not(None))
    unsettled = (
        select(WebhookEvent.status, func.count())
        .where(col(WebhookEvent.status).in_(UNSETTLED))
        .group_by(col(WebhookEvent.status))
    )
    async with db.reading() as session:
        unsent, oldest = (await session.exec(waiting)).one()
        mails_given_up = (await session.exec(lost)).one()
        events = {EventStatus(status): count for status, count in await session.exec(unsettled)}
    return Standing(
        oldest_unsent_mail_seconds=(db.now() - oldest).total_seconds() if oldest else 0.0,
        unsent_mails=unsent,
        mails_given_up=mails_given_up,
        events=events,
    )
