"""The webhook ledger: narrowed as one looks, each event opened and taken again, or all that are parked."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import ClassVar
from urllib.parse import urlencode

import reflex as rx
from reflex.event import EventSpec, EventType

from ...billing.models import EventStatus
from ...billing.staff import events
from ...billing.staff.events import EventLine, EventPage
from ...billing.stripe.events import MalformedEvent
from ...identity.staff import StaffMember
from .. import paths, wording
from ..filters import Filtered
from .session import StaffState

STATUSES = {"": "Any status"} | {status.value: status.value.capitalize() for status in EventStatus}
TYPES = {"": "Any type"} | {name: name for name in events.event_types()}
MOST_READ_AGAIN = 200


@dataclass(frozen=True)
class EventRow:
    id: str
    type: str
    status: str
    reason: str
    at: str
    attempts: int
    workspace_url: str


def _row(line: EventLine) -> EventRow:
    query = urlencode({"id": line.workspace_id})
    return EventRow(
        id=line.id,
        type=line.type,
        status=line.status,
        reason=line.reason,
        at=wording.day_and_time(line.received_at),
        attempts=line.attempts,
        workspace_url=f"{paths.STAFF_WORKSPACE}?{query}" if line.workspace_id else "",
    )


def _told(report: events.Replayed) -> str:
    became = ", ".join(f"{count} {outcome}" for outcome, count in sorted(report.outcomes.items()))
    stopped = " Stripe does not answer: the others wait." if report.stopped else ""
    return f"{report.taken} taken again{f': {became}' if became else ''}.{stopped}"


class StaffEventsState(Filtered, StaffState):
    FILTERS: ClassVar = ("status", "type", "text")
    PARSE: ClassVar = staticmethod(events.parse_filter)

    loaded: bool = False
    rows: list[EventRow] = []
    has_more: bool = False
    loading_more: bool = False
    opened: str = ""
    payload: str = ""
    replaying: bool = False
    progress: str = ""

    status: str = ""
    type: str = ""
    text: str = ""
    _last: EventLine | None = None

    @rx.event
    async def load(self) -> EventType[()] | None:
        """Show the page to staff; to anyone else there is nothing."""
        async with self._reporting():
            self.replaying, self.opened, self.payload, self.progress = False, "", "", ""
            staff = await self._open()
            if staff is not None:
                self._read_address(dict(self.router.url.query_parameters))
                await self._show_newest(staff)
        return None

    @rx.event
    async def narrow(self, name: str, value: str) -> EventSpec | None:
        """Set one filter, and look anew."""
        async with self._reporting():
            staff = await self._require_staff()
            self._choose(name, value)
            await self._show_newest(staff)
            return self._write_address()
        return None

    @rx.event
    async def clear(self) -> EventSpec | None:
        """Take all filters away."""
        async with self._reporting():
            staff = await self._require_staff()
            self._set_filters({})
            await self._show_newest(staff)
            return self._write_address()
        return None

    @rx.event
    async def load_more(self) -> AsyncIterator[None]:
        """Go on below the last row."""
        self.problem, self.loading_more = "", True
        yield
        async with self._reporting():
            staff = await self._require_staff()
            page = await events.find_events(staff, self._which(), before=self._last)
            self.rows = [*self.rows, *map(_row, page.lines)]
            self._note_end(page)
        self.loading_more = False

    @rx.event
    async def toggle(self, event_id: str) -> None:
        """Open an event's payload below its row, or close it."""
        async with self._reporting():
            staff = await self._require_staff()
            self.payload = "" if self.opened == event_id else await events.show_payload(staff, event_id)
            self.opened = "" if self.opened == event_id else event_id

    @rx.event
    async def replay(self, event_id: str) -> None:
        """Take one event again, as if Stripe had sent it once more."""
        self.problem = self.notice = ""
        async with self._reporting():
            staff = await self._require_staff()
            try:
                outcome = await events.replay(staff, event_id)
            except MalformedEvent as malformed:
                self.problem = f"The event cannot be read: {malformed.reason}"
            else:
                became = (
                    "was settled before: nothing changed" if outcome.duplicate else f"is now {outcome.status}"
                )
                self.notice = f"The event {became}."
            await self._show_newest(staff)

    @rx.event(background=True)
    async def replay_parked(self) -> None:
        """Take everything again that is parked and fits the filters, and say how far it is."""
        async with self, self._reporting():
            staff, which = await self._require_staff(), self._which()
            self.problem, self.replaying, self.progress = "", True, "Taking parked events again…"
        if not self.replaying:
            return
        try:
            async for report in events.replay_parked(staff, which):
                async with self:
                    self.progress = _told(report)
        finally:
            async with self:
                self.replaying = False
                async with self._reporting():
                    await self._show_newest(await self._require_staff())

    async def _read_again(self, staff: StaffMember) -> None:
        await self._show_newest(staff, limit=min(max(len(self.rows), events.PAGE), MOST_READ_AGAIN))

    async def _show_newest(self, staff: StaffMember, *, limit: int = events.PAGE) -> None:
        page = await events.find_events(staff, self._which(), limit=limit)
        self.rows = [_row(line) for line in page.lines]
        self._note_end(page)
        self.loaded = True

    def _note_end(self, page: EventPage) -> None:
        self._last = page.lines[-1] if page.lines else None
        self.has_more = page.has_more

    def _which(self) -> events.EventFilter:
        return events.parse_filter(**self._chosen())
