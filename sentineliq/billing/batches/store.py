"""What a batch needs of a database, and the rows that it reads and writes.

The statements are written out, so that each is prepared once and sent as it stands; columns and types are
the tables' own.
"""

import json
from collections.abc import Awaitable, Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Protocol, TypeVar

import orjson
from sqlalchemy import JSON, inspect
from sqlalchemy.types import TypeEngine
from sqlmodel import SQLModel
from sqlmodel.sql.sqltypes import UTCDateTime

from ...activity.models import AuditEntry, Notification
from ...mail.models import OutboxMail
from ...workspaces.models import SubscriptionStatus, Workspace
from ..models import Invoice
from ..stripe.handlers import Handler
from ..stripe.payloads import Payload, StripeEvent

Result = TypeVar("Result")
Row = dict[str, Any]


@dataclass
class WorkspaceRow:
    """A workspace as a batch reads it: a `BilledWorkspace`, in the order of `WORKSPACE_COLUMNS`."""

    id: str
    name: str
    locale: str
    stripe_customer_id: str | None
    customer_as_of: datetime | None
    stripe_subscription_id: str | None
    subscription_status: SubscriptionStatus | None
    subscription_plan: str | None
    date_paid: datetime | None
    current_period_end: datetime | None
    cancel_at: datetime | None
    trial_end: datetime | None
    past_due_since: datetime | None
    subscription_created: datetime | None
    subscription_as_of: datetime | None
    subscription_as_of_event: str | None
    has_other_subscription: bool
    price_amount: int | None
    price_currency: str | None
    price_interval: str | None
    price_interval_count: int | None
    is_discounted: bool


INTO_EVENTS = (
    "INSERT INTO webhook_events (id, type, status, reason, api_version, livemode, created,"
    " received_at, processed_at, attempts, payload, workspace_id)"
)
MEMBERS = (
    "SELECT m.workspace_id, m.user_id, m.role = 'OWNER', u.email, u.locale, p.kind, p.in_app, p.by_mail"
    " FROM memberships m JOIN users u ON u.id = m.user_id"
    " LEFT JOIN notification_preferences p ON p.user_id = m.user_id"
)
"""What `members_of` reads."""
WORKSPACE_COLUMNS = tuple(WorkspaceRow.__dataclass_fields__)
STATUSES = {status.value: status for status in SubscriptionStatus} | {None: None}


@dataclass(slots=True)
class Delivery:
    """An event that was signed and parsed. `customer` and `handler` are None for one that is only recorded;
    `text` is the body as it is kept."""

    event: StripeEvent
    text: str
    customer: str | None = None
    payload: Payload | None = None
    handler: Handler | None = None


@dataclass(frozen=True, slots=True)
class MemberRow:
    """A member of a workspace, and what they do not want to hear of."""

    workspace_id: str
    user_id: str
    is_owner: bool
    email: str
    language: str | None
    silent_in_app: frozenset[str] = frozenset()
    silent_by_mail: frozenset[str] = frozenset()
    """Values of `NotificationKind`."""


def members_of(rows: Iterable[Sequence[Any]]) -> list[MemberRow]:
    """From a row for each member and preference: workspace, user, whether it is the owner, address, language,
    and kind, in the app, by mail (all None for whoever has none)."""
    members: dict[tuple[str, str], MemberRow] = {}
    for workspace_id, user_id, is_owner, email, language, kind, in_app, by_mail in rows:
        member = members.get((workspace_id, user_id)) or MemberRow(
            workspace_id, user_id, bool(is_owner), email, language
        )
        if kind is not None:
            silent_in_app = member.silent_in_app if in_app else member.silent_in_app | {kind}
            silent_by_mail = member.silent_by_mail if by_mail else member.silent_by_mail | {kind}
            member = replace(member, silent_in_app=silent_in_app, silent_by_mail=silent_by_mail)
        members[workspace_id, user_id] = member
    return list(members.values())


class Unit(Protocol):
    """One transaction. The event's row comes before the workspace's, and many of either in one order."""

    async def claim(
        self, deliveries: Collection[Delivery], *, at: datetime
    ) -> dict[str, WorkspaceRow | None]:
        """Write each new event as settled, and lock its workspace: that one by the event's id, None where the
        event is only recorded.

        Left out is what is stored already, what has a customer that no workspace has now, and what has a
        workspace that somebody else holds.
        """
        ...

    async def settled(self, event_ids: Sequence[str]) -> Collection[str]:
        """Which of these, that were not claimed, are stored as settled. Nothing of the others stays."""
        ...

    async def add_invoices(self, rows: Sequence[Row]) -> Collection[str]:
        """Write those that are not known yet, and say which."""
        ...

    async def members(self, workspace_ids: Sequence[str]) -> Sequence[MemberRow]:
        """Everyone in these workspaces, by user within each."""
        ...

    async def write(
        self, changes: Sequence[tuple[WorkspaceRow, Row]], new: Sequence[tuple["NewRows", Sequence[Row]]]
    ) -> None:
        """Give each workspace new values of some columns, and add the rows whose unique keys are new; the
        others change nothing."""
        ...

    async def unclaim(self, event_ids: Sequence[str]) -> None:
        """Take back what was claimed in this transaction."""
        ...


class Store(Protocol):
    """A connection of its own. One transaction at a time."""

    async def transaction(
        self, work: Callable[[Unit], Awaitable[Result]], *, goes_on: Callable[[], bool]
    ) -> Result:
        """Commit what the work does, or nothing if it raises. `goes_on` says as it ends whether the next
        transaction follows at once."""
        ...

    async def close(self) -> None: ...


class BatchRefused(Exception):
    """Something is wrong with one of the batch, or a row was held for long: one by one, then."""


class StoreUnavailable(Exception):
    """A lock, a full disk, a dead connection, a silent server; its cause is the driver's own error."""


class NewRows:
    """How rows of a table are written: which columns, and which of them are times or JSON, by place."""

    def __init__(self, model: type[SQLModel], *columns: str) -> None:
        table = inspect(model).local_table
        self.name = str(model.__tablename__)  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType]
        self.columns = columns
        self.types: dict[str, TypeEngine[Any]] = {name: table.c[name].type for name in columns}
        self.times = self._places_of(UTCDateTime)
        self.json = self._places_of(JSON)

    def values(self, row: Row) -> list[Any]:
        """In the order of the columns, JSON as text."""
        values = [row[name] for name in self.columns]
        for at in self.json:
            if values[at] is not None:
                values[at] = json_text(values[at])
        return values

    def _places_of(self, type_: type[TypeEngine[Any]]) -> tuple[int, ...]:
        return tuple(at for at, name in enumerate(self.columns) if isinstance(self.types[name], type_))


def json_text(value: object) -> str:
    """ASCII, as the tables' own JSON is, and as their search expects it."""
    text = orjson.dumps(value)
    return text.decode() if text.isascii() else json.dumps(value)


AUDIT = NewRows(AuditEntry, "workspace_id", "at", "actor", "action", "before", "after", "event_id", "origin")
NOTIFICATIONS = NewRows(
    Notification, "user_id", "workspace_id", "kind", "about", "title", "body", "words", "created_at"
)
MAILS = NewRows(
    OutboxMail,
    "key",
    "kind",
    "to",
    "workspace_id",
    "language",
    "locale",
    "context",
    "created_at",
    "attempts",
    "next_attempt_at",
)
INVOICES = NewRows(Invoice, *(column.name for column in inspect(Invoice).local_table.columns))
WORKSPACES = NewRows(Workspace, *WORKSPACE_COLUMNS)
