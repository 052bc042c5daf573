"""The audit log's page: who, what, when, from where, from what to what; narrowed as one looks, and live."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import ClassVar
from urllib.parse import urlencode

import reflex as rx
from reflex.event import EventSpec, EventType

from ..activity.summaries import ACTION_NAMES
from ..billing import audit_log
from ..billing.audit_query import ActorKind, parse_filter
from ..billing.limits import whole_years
from ..billing.views import AuditLine, AuditPage
from ..i18n import mark, say, say_plural
from ..workspaces.members import Member
from . import wording
from .filters import Filtered
from .session import SessionState

CSV_PATH = "/billing/audit.csv"
ACTORS = {
    "": mark("Anyone"),
    ActorKind.PEOPLE.value: mark("People"),
    ActorKind.STRIPE.value: "Stripe",
    ActorKind.SYSTEM.value: "SentinelIQ",
}
ACTIONS = {"": mark("Any action")} | {action.value: name for action, name in ACTION_NAMES.items()}


@dataclass(frozen=True)
class ChangeRow:
    field: str
    before: str
    after: str


@dataclass(frozen=True)
class AuditLogRow:
    """`origin` and `event_id` are empty where there is none, or none to be seen."""

    id: int
    at: str
    actor: str
    is_person: bool
    summary: str
    changes: list[ChangeRow]
    origin: str
    event_id: str


def _row(line: AuditLine) -> AuditLogRow:
    return AuditLogRow(
        id=line.id,
        at=wording.day_and_time(line.at),
        actor=line.actor,
        is_person=line.actor_kind == ActorKind.PEOPLE,
        summary=line.summary,
        changes=[ChangeRow(change.field, change.before, change.after) for change in line.changes],
        origin=line.origin,
        event_id=line.event_id,
    )


def _kept_for(days: int | None) -> str:
    if days is None:
        return say("All of it is shown.")
    if years := whole_years(days):
        return say_plural(
            "Your plan shows the last {count} year.", "Your plan shows the last {count} years.", count=years
        )
    return say_plural(
        "Your plan shows the last {count} day.", "Your plan shows the last {count} days.", count=days
    )


class AuditState(Filtered, SessionState):
    """The newest rows that fit the filters, as many as were asked for. An address may set the filters."""

    FILTERS: ClassVar = ("actor", "action", "since", "until", "text")
    PARSE: ClassVar = staticmethod(parse_filter)

    loaded: bool = False
    rows: list[AuditLogRow] = []
    has_more: bool = False
    loading_more: bool = False
    kept_for: str = ""
    can_export: bool = False
    csv_url: str = CSV_PATH

    actor: str = ""
    action: str = ""
    since: str = ""
    until: str = ""
    text: str = ""
    is_narrowed: bool = False

    @rx.event
    async def load(self) -> EventType[()] | None:
        """Show the page to a member; send anyone else to log in."""
        async with self._reporting():
            member = await self._enter()
            if member is None:
                return self._log_in_first()
            self._read_address(dict(self.router.url.query_parameters))
            await self._show_newest(member)
        return None

    @rx.event
    async def narrow(self, name: str, value: str) -> EventSpec | None:
        """Set one filter, and look anew."""
        return await self._narrow(name, value)

    @rx.event
    async def search(self, value: str) -> EventSpec | None:
        """Look for words."""
        return await self._narrow("text", value)

    @rx.event
    async def clear(self) -> EventSpec | None:
        """Take all filters away."""
        self.problem = ""
        async with self._reporting():
            member = await self._require_member()
            self._set_filters({})
            await self._show_newest(member)
            return self._write_address()
        return None

    @rx.event
    async def load_more(self) -> AsyncIterator[None]:
        """Go on below the last row."""
        self.problem, self.loading_more = "", True
        yield
        async with self._reporting():
            member = await self._require_member()
            page = await self._page(member, before_id=self.rows[-1].id if self.rows else None)
            self.rows = [*self.rows, *map(_row, page.lines)]
            self.has_more = page.has_more
        self.loading_more = False

    async def _refresh(self) -> EventType[()] | None:
        """New rows come on top; rows never change, so those below stay as they are."""
        member = await self._show_header()
        if member is None:
            return self._log_in_first()
        page = await self._page(member)
        shown = {row.id for row in self.rows}
        if not any(line.id in shown for line in page.lines):
            self._show(page)
            return None
        last = page.lines[-1].id
        self.rows = [*map(_row, page.lines), *(row for row in self.rows if row.id < last)]
        return None

    async def _narrow(self, name: str, value: str) -> EventSpec | None:
        self.problem = ""
        async with self._reporting():
            member = await self._require_member()
            self._choose(name, value)
            await self._show_newest(member)
            return self._write_address()
        return None

    async def _show_newest(self, member: Member) -> None:
        self.can_export = audit_log.is_auditor(member)
        self._show(await self._page(member))
        chosen = {name: value for name, value in self._chosen().items() if value}
        self.is_narrowed = bool(chosen)
        self.csv_url = f"{CSV_PATH}?{urlencode(chosen)}" if chosen else CSV_PATH

    def _show(self, page: AuditPage) -> None:
        self.rows = [_row(line) for line in page.lines]
        self.has_more = page.has_more
        self.kept_for = _kept_for(page.retention_days)
        self.loaded = True

    async def _page(self, member: Member, *, before_id: int | None = None) -> AuditPage:
        which = parse_filter(**self._chosen())
        return await audit_log.get_audit_page(member, which=which, before_id=before_id)
