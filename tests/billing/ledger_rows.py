"""What a delivery leaves in the database."""

from typing import Any

from sqlmodel import func, select

from sentineliq import db
from sentineliq.activity.models import AuditEntry, Notification
from sentineliq.billing.models import CreditEntry, Invoice, WebhookEvent
from sentineliq.mail.models import OutboxMail

TABLES = (WebhookEvent, AuditEntry, Notification, OutboxMail, CreditEntry, Invoice)


async def stored(event_id: str) -> WebhookEvent | None:
    async with db.reading() as session:
        return await session.get(WebhookEvent, event_id)


async def counts() -> dict[str, int]:
    async with db.reading() as session:
        return {
            model.__name__: (await session.exec(select(func.count()).select_from(model))).one()
            for model in TABLES
        }


async def all_rows(model: type[Any]) -> list[Any]:
    async with db.reading() as session:
        return list((await session.exec(select(model))).all())
