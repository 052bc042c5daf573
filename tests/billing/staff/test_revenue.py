"""What the revenue page says is exactly what its records say, a currency at a time."""

from datetime import UTC, datetime, timedelta
from typing import Any

from sentineliq import db
from sentineliq.activity import audit
from sentineliq.activity.models import AuditAction, AuditEntry
from sentineliq.billing.models import Invoice
from sentineliq.billing.staff.failing import find_failing
from sentineliq.billing.staff.history import get_history
from sentineliq.billing.staff.revenue import MonthlyRevenue, get_revenue
from sentineliq.identity.staff import StaffMember
from sentineliq.workspaces.models import SubscriptionStatus, Workspace

S = SubscriptionStatus


async def add(status: S | None, amount: int | None = None, currency: str = "usd", **fields: Any) -> Workspace:
    terms = {"price_interval": "month", "price_interval_count": 1} | fields
    row = Workspace(name="Acme", subscription_status=status, **terms)
    if amount is not None:
        row.price_amount, row.price_currency = amount, currency
    async with db.transaction() as session:
        session.add(row)
    return row


async def test_a_months_revenue_is_told_by_currency_and_rounded_once(staff: StaffMember) -> None:
    await add(S.ACTIVE, 1999)
    await add(S.ACTIVE, 1000, price_interval="year")  # 83 1/3
    await add(S.ACTIVE, 1000, price_interval="year")
    await add(S.CANCEL_AT_PERIOD_END, 999, is_discounted=True)
    await add(S.ACTIVE, 1200, "jpy")
    report = await get_revenue(staff)
    assert report.revenue == (
        MonthlyRevenue("jpy", paying=1200, past_due=0),
        MonthlyRevenue("usd", paying=1999 + 999 + 167, past_due=0),
    )
    assert (report.unpriced, report.discounted) == (0, 1)


async def test_trials_and_the_past_due_are_counted_apart(staff: StaffMember) -> None:
    later = db.now() + timedelta(days=3)
    await add(S.TRIALING, 1999)
    await add(S.CANCEL_AT_PERIOD_END, 1999, trial_end=later)
    await add(S.PAST_DUE, 1999)
    await add(S.UNPAID, 1999)
    await add(S.ACTIVE)
    await add(None, complimentary_plan="pro", complimentary_until=later)
    report = await get_revenue(staff)
    assert report.revenue == (MonthlyRevenue("usd", paying=0, past_due=1999),)
    assert (report.trialing, report.unpriced, report.complimentary) == (2, 1, 1)
    assert report.counts[S.ACTIVE] == report.counts[S.UNPAID] == 1


async def went(workspace: Workspace, before: S | None, after: S | None, at: datetime) -> None:
    async with db.transaction() as session:
        audit.record(
            session,
            workspace_id=workspace.id,
            actor="stripe",
            action=AuditAction.STATUS_CHANGED,
            before={"status": before},
            after={"status": after},
        )
        [row] = [each for each in session.new if isinstance(each, AuditEntry)]
        row.at = at


async def test_the_months_are_told_by_the_audit_log(staff: StaffMember) -> None:
    now = datetime(2026, 11, 20, tzinfo=UTC)
    stays, leaves, tries = await add(S.ACTIVE, 1), await add(S.DELETED), await add(S.TRIALING, 1)
    await went(stays, None, S.TRIALING, datetime(2026, 9, 1, tzinfo=UTC))
    await went(stays, S.TRIALING, S.ACTIVE, datetime(2026, 9, 30, 23, 59, tzinfo=UTC))
    await went(leaves, None, S.ACTIVE, datetime(2026, 9, 5, tzinfo=UTC))
    await went(leaves, S.ACTIVE, S.PAST_DUE, datetime(2026, 10, 5, tzinfo=UTC))
    await went(leaves, S.PAST_DUE, S.DELETED, datetime(2026, 11, 5, tzinfo=UTC))
    await went(tries, None, S.TRIALING, datetime(2026, 11, 6, tzinfo=UTC))
    months = await get_history(staff, now=now)
    assert [month.start.month for month in months] == [12, *range(1, 12)]
    told = {month.start.month: (month.paying, month.trialing, month.past_due) for month in months}
    assert (told[8], told[9], told[10], told[11]) == ((0, 0, 0), (2, 0, 0), (1, 0, 1), (1, 1, 0))
    assert [(month.won, month.lost, month.churn) for month in months[-3:]] == [
        (2, 0, None),
        (0, 0, 0.0),
        (1, 1, 0.5),
    ]


async def test_who_owes_is_listed_with_the_open_invoice(staff: StaffMember) -> None:
    owes, paid = await add(S.PAST_DUE, 1999, past_due_since=db.now()), await add(S.ACTIVE, 1999)
    for workspace, status in ((owes, "open"), (owes, "paid"), (paid, "open")):
        async with db.transaction() as session:
            session.add(
                Invoice(
                    id=f"in_{workspace.id[:4]}_{status}",
                    workspace_id=workspace.id,
                    status=status,
                    currency="usd",
                    total=1999,
                    amount_paid=0,
                    amount_remaining=1999,
                    created=db.now(),
                    as_of=db.now(),
                    hosted_invoice_url="https://invoice.example",
                    next_payment_attempt=db.now() + timedelta(days=3),
                )
            )
    [line] = (await find_failing(staff)).lines
    assert line.workspace_id == owes.id
    [invoice] = line.invoices
    assert (invoice.amount, invoice.currency, invoice.hosted_url) == (1999, "usd", "https://invoice.example")
    assert invoice.next_attempt is not None
