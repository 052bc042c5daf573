"""What the billing page is made of, by one query: the plan, what is used of it, and the newest invoices."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Integer, Row, String, bindparam, func, inspect, or_, select
from sqlmodel import col

from .. import db, reads
from ..errors import NotFound
from ..workspaces.models import Membership, Role, Workspace
from ..workspaces.records import COLUMNS, record_of
from .limits import Limit
from .models import Invoice, UsageCounter
from .usage import METERED, period_of
from .views import InvoiceView


@dataclass(frozen=True, slots=True)
class Records:
    """`owned` are all workspaces of the same owner, this one among them."""

    workspace: Workspace
    owned: tuple[Workspace, ...]
    used: Mapping[Limit, int]
    invoices: tuple[InvoiceView, ...]


async def read_records(workspace_id: str, *, invoices: int) -> Records:
    """The workspace's records with that many of its newest invoices. Raises `NotFound`."""
    now = db.now()
    periods = {f"{limit}_period": period_of(limit, now) for limit in METERED}
    rows = await reads.rows(_RECORDS, {"workspace_id": workspace_id, "limit": invoices, **periods})
    workspaces = {row.id: row for row in rows}
    if workspace_id not in workspaces:
        raise NotFound
    own = workspaces.pop(workspace_id)
    workspace = record_of(own)
    all_of_them = (workspace, *map(record_of, workspaces.values()))
    owned = tuple(each for each in all_of_them if each.deleted_at is None)
    used = {limit: int(getattr(own, limit) or 0) for limit in (Limit.MEMBERS, *METERED)}
    return Records(
        workspace=workspace,
        owned=owned,
        used=used | {Limit.WORKSPACES: len(owned)},
        invoices=tuple(_invoice(row) for row in rows if row.invoice_id is not None),
    )


_INVOICE = ("id", "number", "created", "total", "currency", "status", "hosted_invoice_url", "invoice_pdf")

_workspace_id = bindparam("workspace_id", type_=String())
_owner = (
    select(col(Membership.user_id))
    .where(col(Membership.workspace_id) == _workspace_id, col(Membership.role) == Role.OWNER)
    .scalar_subquery()
)
_theirs = select(col(Membership.workspace_id)).where(
    col(Membership.user_id) == _owner, col(Membership.role) == Role.OWNER
)
_members = select(func.count()).where(col(Membership.workspace_id) == _workspace_id).scalar_subquery()
_counters = [
    select(col(UsageCounter.used))
    .where(
        col(UsageCounter.workspace_id) == _workspace_id,
        col(UsageCounter.metric) == limit.value,
        col(UsageCounter.period) == bindparam(f"{limit}_period"),
    )
    .scalar_subquery()
    .label(limit)
    for limit in METERED
]
_invoice_row = inspect(Invoice).local_table.c
_invoices = (
    select(
        _invoice_row.workspace_id.label("invoiced"),
        *(_invoice_row[name].label(f"invoice_{name}") for name in _INVOICE),
    )
    .where(col(Invoice.workspace_id) == _workspace_id)
    .order_by(col(Invoice.created).desc(), col(Invoice.id))
    .limit(bindparam("limit", type_=Integer))
    .subquery()
)
_RECORDS = (
    select(*COLUMNS, _members.label(Limit.MEMBERS), *_counters, *_invoices.c)
    .select_from(Workspace)
    .outerjoin(_invoices, _invoices.c.invoiced == col(Workspace.id))
    .where(or_(col(Workspace.id) == _workspace_id, col(Workspace.id).in_(_theirs)))
    .order_by(_invoices.c.invoice_created.desc(), _invoices.c.invoice_id)
)
"""A row for each invoice of the workspace, and one for each other workspace of its owner."""


def _invoice(row: Row[Any]) -> InvoiceView:
    return InvoiceView(
        id=row.invoice_id,
        number=row.invoice_number or row.invoice_id,
        created=row.invoice_created,
        total=row.invoice_total,
        currency=row.invoice_currency,
        status=row.invoice_status,
        hosted_url=row.invoice_hosted_invoice_url or "",
        pdf_url=row.invoice_invoice_pdf or "",
    )
