"""One workspace's parts as plain fields, ready to read."""

from dataclasses import dataclass

from ...billing.credit_history import CreditLine
from ...billing.refunds import Payment
from ...billing.staff.workspace import Customer, GivenPlan, WorkspaceFile
from ...billing.views import AuditLine
from ...config import get_settings
from ...money import plain_amount
from .. import wording
from . import words


@dataclass(frozen=True)
class CustomerRow:
    id: str
    url: str
    note: str


@dataclass(frozen=True)
class GivenRow:
    plan: str
    until: str
    reason: str
    by: str
    at: str
    state: str


@dataclass(frozen=True)
class MovementRow:
    at: str
    amount: str
    balance: str
    description: str


@dataclass(frozen=True)
class AuditRow:
    at: str
    actor: str
    summary: str
    origin: str
    event_id: str


@dataclass(frozen=True)
class PaymentRow:
    """`left` is what may go back, as it would be typed; `failed` what of it had been refunded in vain."""

    id: str = ""
    day: str = ""
    amount: str = ""
    refunded: str = ""
    what: str = ""
    status: str = ""
    left: str = ""
    currency: str = ""
    can_refund: bool = False
    failed: str = ""


@dataclass(frozen=True)
class Record:
    """The workspace's billing record: what holds, and Stripe's word."""

    id: str = ""
    name: str = ""
    created: str = ""
    is_deleted: bool = False
    owner: str = ""
    billing_email: str = ""
    members: str = ""
    plan: str = ""
    status: str = ""
    status_label: str = ""
    subscription_id: str = ""
    price: str = ""
    is_discounted: bool = False
    renews: str = ""
    ends: str = ""
    past_due_since: str = ""
    credits: str = ""
    given: str = ""
    given_until: str = ""


def record(file: WorkspaceFile) -> Record:
    return Record(
        id=file.id,
        name=file.name,
        created=wording.day(file.created_at),
        is_deleted=file.is_deleted,
        owner=file.owner_email,
        billing_email=file.billing_email,
        members=f"{file.members:,}",
        plan=words.plan(file.plan),
        status=file.status or "",
        status_label=words.status(file.status),
        subscription_id=file.subscription_id,
        price=words.price(file.price),
        is_discounted=file.is_discounted,
        renews=wording.day(file.period_end),
        ends=wording.day(file.ends_at),
        past_due_since=wording.day(file.past_due_since),
        credits=f"{file.credits:,}",
        given=words.plan(file.complimentary) if file.complimentary else "",
        given_until=words.until(file.complimentary_until) if file.complimentary else "",
    )


def customer(each: Customer) -> CustomerRow:
    note = "deleted" if each.is_deleted else "" if each.is_current else "former"
    return CustomerRow(id=each.id, url=get_settings().stripe_dashboard_url(each.id), note=note)


def given(each: GivenPlan) -> GivenRow:
    ended = f"ended {wording.day(each.revoked_at)}" if each.revoked_at else ""
    return GivenRow(
        plan=words.plan(each.plan),
        until=words.until(each.until),
        reason=each.reason,
        by=each.by,
        at=wording.day(each.created_at),
        state=ended,
    )


def movement(line: CreditLine) -> MovementRow:
    amount = f"+{line.amount:,}" if line.amount >= 0 else f"−{-line.amount:,}"
    return MovementRow(wording.day_and_time(line.at), amount, f"{line.balance:,}", line.description)


def audit(line: AuditLine) -> AuditRow:
    return AuditRow(wording.day_and_time(line.at), line.actor, line.summary, line.origin, line.event_id)


def payment(each: Payment) -> PaymentRow:
    refunded = wording.money(amount=each.amount_refunded, currency=each.currency)
    return PaymentRow(
        id=each.charge_id,
        day=wording.day(each.created),
        amount=wording.money(amount=each.amount, currency=each.currency),
        refunded=refunded if each.amount_refunded else "",
        what=each.invoice_number or each.description,
        status="disputed" if each.is_disputed else each.status,
        left=plain_amount(each.refundable, each.currency),
        currency=each.currency.upper(),
        can_refund=each.refundable > 0 and not each.is_disputed,
        failed=wording.money(amount=each.amount_failed, currency=each.currency) if each.amount_failed else "",
    )
