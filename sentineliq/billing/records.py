"""Keeping what events tell of checkouts, invoices and refunds: the newest word wins."""

from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from ..workspaces.models import Workspace
from .effects import CheckoutRecord, InvoiceRecord, RefundRecord
from .models import Checkout, CheckoutStatus, Invoice, Refund

FINAL_INVOICE_STATUSES = ("paid", "void")
SETTLING = ("draft", "open", "uncollectible", "paid", "void")
"""Of what two events of one second tell of an invoice, the later of these is the newer."""
PENDING = (CheckoutStatus.RESERVED, CheckoutStatus.OPEN)
_STANDINGS = tuple(CheckoutStatus)


async def checkout_of(session: AsyncSession, workspace: Workspace, record: CheckoutRecord) -> Checkout:
    """By session, else by our reservation that the session's metadata names: the event may be the first to
    tell which session a reservation became. A new row where there is none."""
    row = (await session.exec(select(Checkout).where(Checkout.session_id == record.session_id))).one_or_none()
    if row is None and record.checkout_id:
        row = await session.get(Checkout, record.checkout_id)
        row = row if row and row.workspace_id == workspace.id and row.session_id is None else None
    return row or Checkout(workspace_id=workspace.id, plan_id=record.plan_id or "", created_at=record.created)


async def record_checkout(session: AsyncSession, row: Checkout, record: CheckoutRecord) -> None:
    """`row` is `checkout_of` the same record."""
    row.session_id = record.session_id
    row.status = max(row.status, record.status, key=_STANDINGS.index)
    row.stripe_subscription_id = record.subscription_id or row.stripe_subscription_id
    row.payment_intent = record.payment_intent or row.payment_intent
    session.add(row)
    await session.flush()


async def record_invoice(session: AsyncSession, workspace: Workspace, record: InvoiceRecord) -> bool:
    """A paid or void invoice is final; else the newest event counts. False for what is no news any more."""
    row = await session.get(Invoice, record.id)
    values = {field: getattr(record, field) for field in record.__dataclass_fields__}
    if row is None:
        session.add(Invoice(workspace_id=workspace.id, **values))
        return True
    if row.status in FINAL_INVOICE_STATUSES:
        return record.status == row.status
    if (record.as_of, _standing(record.status)) >= (row.as_of, _standing(row.status)):
        row.sqlmodel_update(values)
        session.add(row)
    return True


def _standing(status: str) -> int:
    return SETTLING.index(status) if status in SETTLING else -1


async def is_overruled(session: AsyncSession, workspace: Workspace, told: InvoiceRecord) -> bool:
    """Whether a later invoice is known to stand otherwise: Stripe goes by a subscription's latest invoice."""
    otherwise = "open" if told.status == "paid" else "paid"
    newer = select(Invoice.id).where(
        Invoice.workspace_id == workspace.id, Invoice.status == otherwise, Invoice.created > told.created
    )
    return (await session.exec(newer.limit(1))).first() is not None


async def record_refund(session: AsyncSession, workspace: Workspace, record: RefundRecord) -> bool:
    """What was refunded only grows: the larger amount is the newer. So does what failed of it; False for a
    failure that was recorded before."""
    row = await session.get(Refund, record.charge_id)
    if row is None:
        row = Refund(
            charge_id=record.charge_id,
            workspace_id=workspace.id,
            payment_intent=record.payment_intent,
            currency=record.currency,
            amount=record.amount,
            amount_refunded=record.amount_refunded,
        )
    row.amount_refunded = max(row.amount_refunded, record.amount_refunded)
    failed = record.failed
    is_news = failed is None or failed.id not in row.failed
    if failed is not None and is_news:
        row.failed = {**row.failed, failed.id: failed.amount}
    session.add(row)
    await session.flush()
    return is_news
