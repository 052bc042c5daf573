"""The notifications page."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import reflex as rx
from reflex.event import EventType

from ..activity import notifications
from ..activity.models import Notification
from ..workspaces.members import Member
from . import wording
from .session import SessionState


@dataclass(frozen=True)
class NotificationRow:
    id: int
    kind: str
    title: str
    body: str
    at: str
    is_unread: bool


def _row(notification: Notification) -> NotificationRow:
    title, body = notifications.words_of(notification)
    return NotificationRow(
        id=notification.id or 0,
        kind=notification.kind,
        title=title,
        body=body,
        at=wording.day_and_time(notification.created_at),
        is_unread=notification.read_at is None,
    )


class NotificationsState(SessionState):
    """What the workspace told this member, newest first."""

    loaded: bool = False
    marking: bool = False
    entries: list[NotificationRow] = []

    @rx.event
    async def load(self) -> EventType[()] | None:
        """Show the page to a member; send anyone else to log in."""
        async with self._reporting():
            self.marking = False
            member = await self._enter()
            if member is None:
                return self._log_in_first()
            await self._show_entries(member)
        return None

    @rx.event
    async def mark_all_read(self) -> AsyncIterator[None]:
        self.problem, self.marking = "", True
        yield
        async with self._reporting():
            member = await self._require_member()
            await notifications.mark_all_read(user_id=member.user_id, workspace_id=member.workspace_id)
            await self._show_entries(member)
            await self._show_header()
        self.marking = False

    @rx.event
    async def mark_read(self, notification_id: int) -> None:
        """One of them is read; another person's stays as it is."""
        self.problem = ""
        async with self._reporting():
            member = await self._require_member()
            await notifications.mark_read(
                user_id=member.user_id, workspace_id=member.workspace_id, notification_id=notification_id
            )
            await self._show_entries(member)
            await self._show_header()

    async def _refresh(self) -> EventType[()] | None:
        member = await self._show_header()
        if member is None:
            return self._log_in_first()
        await self._show_entries(member)
        return None

    async def _show_entries(self, member: Member) -> None:
        found = await notifications.list_notifications(
            user_id=member.user_id, workspace_id=member.workspace_id
        )
        self.entries = [_row(notification) for notification in found]
        self.loaded = True
