"""What each person wants to hear of, in the app and by mail. Failing payments are always told."""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from .. import db
from ..errors import AppError
from .models import NotificationKind, NotificationPreference

ALWAYS_ON = (
    NotificationKind.PAYMENT_FAILED,
    NotificationKind.PAYMENT_ACTION_REQUIRED,
    NotificationKind.BILLING_PROBLEM,
)
"""Whoever misses these loses the plan, or pays for what they do not get."""


class Channel(StrEnum):
    """A way to be told; the value is the column's name."""

    IN_APP = "in_app"
    BY_MAIL = "by_mail"


class AlwaysOn(AppError):
    status = 409
    message = "Notifications about failing payments cannot be switched off."


@dataclass(frozen=True, slots=True)
class Preference:
    kind: NotificationKind
    in_app: bool = True
    by_mail: bool = True

    @property
    def is_fixed(self) -> bool:
        return self.kind in ALWAYS_ON


async def list_preferences(user_id: str) -> list[Preference]:
    """One of each kind; whoever has chosen nothing hears of everything."""
    chosen = select(NotificationPreference).where(NotificationPreference.user_id == user_id)
    async with db.reading() as session:
        rows = {row.kind: row for row in await session.exec(chosen)}
    return [
        Preference(kind, in_app=rows[kind].in_app, by_mail=rows[kind].by_mail)
        if kind in rows and kind not in ALWAYS_ON
        else Preference(kind)
        for kind in NotificationKind
    ]


async def set_preference(*, user_id: str, kind: NotificationKind, channel: Channel, wanted: bool) -> None:
    """Hear of that kind that way, or no more. Raises `AlwaysOn`."""
    if kind in ALWAYS_ON:
        raise AlwaysOn
    row = {"user_id": user_id, "kind": kind, "in_app": True, "by_mail": True, channel.value: wanted}
    async with db.transaction() as session:
        connection = await session.connection()
        insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
        upsert = insert(NotificationPreference).values(row)
        await connection.execute(
            upsert.on_conflict_do_update(index_elements=["user_id", "kind"], set_={channel.value: wanted})
        )


async def who_wants(
    session: AsyncSession, *, user_ids: Collection[str], kind: NotificationKind, channel: Channel
) -> set[str]:
    """Those of the users who have not switched this kind off, that way."""
    if kind in ALWAYS_ON:
        return set(user_ids)
    column = NotificationPreference.in_app if channel is Channel.IN_APP else NotificationPreference.by_mail
    unwanted = select(NotificationPreference.user_id).where(
        col(NotificationPreference.user_id).in_(user_ids),
        NotificationPreference.kind == kind,
        col(column).is_(False),
    )
    return set(user_ids) - set(await session.exec(unwanted))
