"""In-app notifications: each member is told once of each fact."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import update
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from .. import db
from ..i18n import Language, Phrase, kept, speaking, told
from .models import Notification, NotificationKind
from .preferences import Channel, who_wants

TITLE_LENGTH = 200
BODY_LENGTH = 1000


async def notify(
    session: AsyncSession,
    *,
    user_ids: Sequence[str],
    workspace_id: str,
    kind: NotificationKind,
    about: str,
    title: Phrase | str,
    body: Phrase | str = "",
) -> None:
    """Tell each user once per workspace and `about`, in the caller's transaction; again changes nothing.

    A `Phrase` is read in each reader's language, plain text as it stands. Whoever does not want this kind in
    the app is left out.
    """
    wanted = await who_wants(session, user_ids=user_ids, kind=kind, channel=Channel.IN_APP)
    if not wanted:
        return
    rows = rows_for(
        wanted, workspace_id=workspace_id, kind=kind, about=about, title=title, body=body, at=db.now()
    )
    await db.insert_new(session, Notification, rows)


def rows_for(
    user_ids: Collection[str],
    *,
    workspace_id: str,
    kind: NotificationKind,
    about: str,
    title: Phrase | str,
    body: Phrase | str,
    at: datetime,
) -> list[dict[str, Any]]:
    """The columns of one row for each user, for whoever writes many at once."""
    said = _in_english(title, body)
    return [
        {
            "user_id": user_id,
            "workspace_id": workspace_id,
            "kind": kind,
            "about": about,
            **said,
            "created_at": at,
        }
        for user_id in sorted(user_ids)  # one order for all, so that two transactions never deadlock
    ]


def _in_english(title: Phrase | str, body: Phrase | str) -> dict[str, object]:
    """The columns of what is told: in English, and as what it takes to say it in any language."""
    with speaking(Language.ENGLISH):
        return {
            "title": str(title)[:TITLE_LENGTH],
            "body": str(body)[:BODY_LENGTH],
            "words": {"title": kept(title), "body": kept(body)},
        }


def words_of(notification: Notification) -> tuple[str, str]:
    """Title and body in the language that is spoken; in English where the row is older than languages."""
    words = notification.words
    if words is None:
        return notification.title, notification.body
    return told(words["title"]), told(words["body"])


async def list_notifications(*, user_id: str, workspace_id: str, limit: int = 50) -> list[Notification]:
    """The user's newest notifications in this workspace, newest first."""
    newest = (
        select(Notification)
        .where(Notification.user_id == user_id, Notification.workspace_id == workspace_id)
        .order_by(col(Notification.id).desc())
        .limit(limit)
    )
    async with db.reading() as session:
        return list((await session.exec(newest)).all())


async def mark_all_read(*, user_id: str, workspace_id: str) -> None:
    """Everything in this workspace is read by the user; what was read before keeps its time."""
    await _mark_read(Notification.user_id == user_id, Notification.workspace_id == workspace_id)


async def mark_read(*, user_id: str, workspace_id: str, notification_id: int) -> None:
    """One notification is read; another person's id changes nothing."""
    await _mark_read(
        Notification.user_id == user_id,
        Notification.workspace_id == workspace_id,
        Notification.id == notification_id,
    )


async def _mark_read(*which: bool) -> None:
    unread = update(Notification).where(*which, col(Notification.read_at).is_(None))  # pyright: ignore[reportArgumentType]
    async with db.transaction() as session:
        await session.exec(unread.values(read_at=db.now()))
