"""Reading the webhook ledger: for people, and for the check of the account's API version."""

from dataclasses import dataclass
from datetime import timedelta

from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from .. import db
from ..config import get_settings
from .models import EventStatus, WebhookEvent


@dataclass(frozen=True, slots=True)
class ForeignVersion:
    """An API version that is not ours, and how many events came in it."""

    version: str
    events: int


def as_text(body: bytes | str) -> str:
    """What a text column can hold of any bytes."""
    text = body.decode("utf-8", "replace") if isinstance(body, bytes) else body
    return text.replace("\x00", "\ufffd") if "\x00" in text else text


async def list_events(*, status: EventStatus | None = None, limit: int = 50) -> list[WebhookEvent]:
    """The newest events of the ledger, newest first."""
    newest = select(WebhookEvent).order_by(col(WebhookEvent.received_at).desc()).limit(limit)
    if status is not None:
        newest = newest.where(WebhookEvent.status == status)
    async with db.reading() as session:
        return list((await session.exec(newest)).all())


async def get_event(event_id: str) -> WebhookEvent | None:
    """One event with its payload; None where none is stored."""
    async with db.reading() as session:
        return await session.get(WebhookEvent, event_id)


def is_foreign(version: str | None) -> bool:
    """Whether an event of this API version came from an endpoint that does not ask for ours.

    https://docs.stripe.com/webhooks/versioning
    """
    return version is not None and version != get_settings().stripe_api_version


async def foreign_versions(session: AsyncSession, *, version: str, days: int = 7) -> list[ForeignVersion]:
    """The versions other than ours of the last days' events, the most frequent first."""
    count = func.count()
    recent = (
        select(WebhookEvent.api_version, count)
        .where(
            col(WebhookEvent.status).in_(list(EventStatus)),  # the index begins with it
            col(WebhookEvent.received_at) >= db.now() - timedelta(days=days),
            col(WebhookEvent.api_version) != version,
        )
        .group_by(col(WebhookEvent.api_version))
        .order_by(count.desc(), col(WebhookEvent.api_version))
    )
    return [ForeignVersion(version or "", events) for version, events in await session.exec(recent)]
