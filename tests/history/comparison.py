"""Where the product's rows and the truth of a life disagree."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from pydantic_core import to_jsonable_python
from sqlmodel import SQLModel, col, select

from sentineliq import db
from sentineliq.activity.models import AuditAction, AuditEntry
from sentineliq.billing.models import CreditEntry, EventStatus, Invoice, WebhookEvent
from sentineliq.mail.models import OutboxMail
from sentineliq.workspaces.models import Workspace
from tests.history.life import Spends
from tests.history.truth import (
    CREDITS,
    STAFF,
    TWO,
    SubscriptionTruth,
    Truth,
    allowed_mails,
    overlap,
    repeated,
    required_mails,
    told_together,
)


@dataclass(frozen=True)
class Held:
    """The product's rows at the end of a life."""

    workspace: Workspace
    credits: Sequence[CreditEntry]
    audit: Sequence[AuditEntry]
    mails: Sequence[OutboxMail]
    events: Sequence[WebhookEvent]
    invoices: Sequence[Invoice]


async def held_by(workspace_id: str) -> Held:
    async with db.reading() as session:

        async def rows(model: type[SQLModel], order: Any) -> Sequence[Any]:
            return (await session.exec(select(model).order_by(order))).all()

        return Held(
            workspace=await session.get_one(Workspace, workspace_id),
            credits=await rows(CreditEntry, col(CreditEntry.id)),
            audit=await rows(AuditEntry, col(AuditEntry.id)),
            mails=await rows(OutboxMail, col(OutboxMail.id)),
            events=await rows(WebhookEvent, col(WebhookEvent.id)),
            invoices=await rows(Invoice, col(Invoice.id)),
        )


def differences(held: Held, truth: Truth, *, spends: Spends, acknowledged: set[str]) -> list[str]:
    """In words; empty when all is as it must be."""
    return [
        *_subscription(held.workspace, truth),
        *_credits(held, truth, spends),
        *_audit(held),
        *_mails(held, truth),
        *_ledger(held, truth, acknowledged),
        *_invoices(held, truth),
    ]


def _subscription(workspace: Workspace, truth: Truth) -> Iterator[str]:
    mine = SubscriptionTruth(
        id=workspace.stripe_subscription_id,
        status=workspace.subscription_status.value if workspace.subscription_status else None,
        plan=workspace.subscription_plan,
        period_end=workspace.current_period_end,
        cancel_at=workspace.cancel_at,
        trial_end=workspace.trial_end,
    )
    if mine not in truth.subscriptions:
        yield f"subscription is {mine}, at Stripe {set(truth.subscriptions)}"
    is_unheard = workspace.stripe_customer_id is None and not truth.is_told
    if workspace.stripe_customer_id != truth.customer and not is_unheard:
        yield f"customer is {workspace.stripe_customer_id}, at Stripe {truth.customer}"
    if (workspace.past_due_since is not None) != (mine.status == "past_due"):
        yield f"past due since {workspace.past_due_since} while {mine.status}"
    if truth.email and workspace.billing_email != truth.email:
        yield f"billing address is {workspace.billing_email}, at Stripe {truth.email}"
    if truth.last_payment and (workspace.date_paid is None or workspace.date_paid < truth.last_payment):
        yield f"last paid {workspace.date_paid}, at Stripe {truth.last_payment}"


def _credits(held: Held, truth: Truth, spends: Spends) -> Iterator[str]:
    prefix = f"spend:{held.workspace.id}:"
    back = f"spend_refund:{held.workspace.id}:"
    expected = (
        dict.fromkeys(truth.grants, CREDITS)
        | {f"{prefix}{key}": -amount for key, amount in spends.accepted.items()}
        | {f"{back}{key}": spends.accepted[key] for key in spends.given_back}
    )
    of_refunds = ("refund:", "refund_failed:")
    booked = {entry.source: entry.amount for entry in held.credits if not entry.source.startswith(of_refunds)}
    if booked != expected:
        yield f"credits booked {booked}, expected {expected}"
    yield from _taken_back(held, truth, spends)
    if held.workspace.credits != sum(entry.amount for entry in held.credits):
        yield f"the balance {held.workspace.credits} is not the sum of the entries"


def _taken_back(held: Held, truth: Truth, spends: Spends) -> Iterator[str]:
    taken: Counter[str] = Counter()
    missing: Counter[str] = Counter()
    for entry in held.credits:
        kind, _, about = entry.source.partition(":")
        if kind == "refund":
            charge = about.split(":")[0]
            taken[charge] -= entry.amount
            shortfall = re.search(r"(\d+) already spent", entry.description)
            missing[charge] += int(shortfall.group(1)) if shortfall else 0
        elif kind == "refund_failed":
            taken[truth.failed_refunds[about]] -= entry.amount
    if missing.total() and not spends.accepted:
        yield f"a shortfall of {missing.total()} though nothing was ever spent"
    for charge in taken.keys() | truth.refunds_due.keys():
        due = truth.refunds_due.get(charge, 0)
        has_failed = charge in truth.failed_refunds.values()  # some of what was spent may be of that refund
        least = max(due - missing[charge], 0) if has_failed else due - missing[charge]
        most = due if has_failed else least
        if not least <= taken[charge] <= most:
            yield f"taken back of {charge}: {taken[charge]}, {missing[charge]} were spent, due are {due}"


CHAINS = {
    AuditAction.PLAN_CHANGED: ("plan", lambda workspace: workspace.subscription_plan, None),
    AuditAction.STATUS_CHANGED: ("status", lambda workspace: workspace.subscription_status, None),
    AuditAction.CREDITS_CHANGED: ("credits", lambda workspace: workspace.credits, 0),
    AuditAction.BILLING_EMAIL_CHANGED: ("email", lambda workspace: workspace.billing_email, None),
}
ENDS = (AuditAction.STATUS_CHANGED, AuditAction.END_DATE_CHANGED)
CUSTOMER = (AuditAction.CUSTOMER_LINKED, AuditAction.CUSTOMER_DELETED)


def _audit(held: Held) -> Iterator[str]:
    for action, (name, current, beginning) in CHAINS.items():
        at = beginning
        for row in held.audit:
            if row.action is not action:
                continue
            before, after = (row.before or {}).get(name), (row.after or {}).get(name)
            if before != at:
                yield f"audit row {row.id}: {name} was {before!r} where it had become {at!r}"
            at = after
        if at != current(held.workspace):
            yield f"the audit log ends with {name} {at!r}, held is {current(held.workspace)!r}"
    yield from _audited_end(held)
    yield from _audited_subscription(held)
    customer = None
    for row in held.audit:
        if row.action in CUSTOMER:
            if (row.before or {}).get("customer") != customer:
                yield f"audit row {row.id}: customer was {row.before}, not {customer}"
            customer = (row.after or {}).get("customer")
    if customer != held.workspace.stripe_customer_id:
        yield f"the audit log ends with the customer {customer}"


def _audited_end(held: Held) -> Iterator[str]:
    ends = None
    for row in held.audit:
        before, after = row.before or {}, row.after or {}
        if row.action is AuditAction.END_DATE_CHANGED and before["ends_at"] != ends:
            yield f"audit row {row.id}: the end was {before['ends_at']}, not {ends}"
        if row.action in ENDS:
            ends = after.get("ends_at")
    if ends != to_jsonable_python(held.workspace.cancel_at):
        yield f"the audit log ends with the end {ends}, held is {held.workspace.cancel_at}"


def _audited_subscription(held: Held) -> Iterator[str]:
    replaced = [row for row in held.audit if row.action is AuditAction.SUBSCRIPTION_REPLACED]
    told = [((row.before or {})["subscription"], (row.after or {})["subscription"]) for row in replaced]
    for (_, after), (before, _) in pairwise(told):
        if after != before:
            yield f"the audit log has the subscription {before} where it had become {after}"
    if told and told[-1][1] != held.workspace.stripe_subscription_id:
        yield f"the audit log ends with the subscription {told[-1][1]}"


def _mails(held: Held, truth: Truth) -> Iterator[str]:
    keys = [mail.key for mail in held.mails]
    required = required_mails(truth)
    if twice := repeated(keys):
        yield f"mails written twice: {twice}"
    if missing := required - set(keys):
        yield f"mails missing: {sorted(missing)}"
    others = {key for key in keys if not key.startswith(TWO)}
    if surplus := others - required - allowed_mails(truth):
        yield f"mails about what did not happen: {sorted(surplus)}"
    yield from _mails_about_several(keys, truth)


def _mails_about_several(keys: list[str], truth: Truth) -> Iterator[str]:
    told, to_staff = told_together(keys), told_together(keys, to=STAFF)
    if wrong := [sorted(ids) for ids in told if not overlap(ids, truth)]:
        yield f"mails about subscriptions that did not run beside each other: {wrong}"
    if sorted(map(sorted, told)) != sorted(map(sorted, to_staff * 2)):
        yield f"of several subscriptions staff and owner were told differently: {told}, {to_staff}"
    if len(truth.running) > 1 and not any(truth.running <= ids for ids in told):
        yield f"nobody was told that {sorted(truth.running)} run beside each other"


def _ledger(held: Held, truth: Truth, acknowledged: set[str]) -> Iterator[str]:
    settled = {row.id for row in held.events if row.status in (EventStatus.PROCESSED, EventStatus.IGNORED)}
    settled |= {row.id for row in held.events if row.status is EventStatus.UNMATCHED} & truth.of_nobody()
    if lost := acknowledged - {row.id for row in held.events}:
        yield f"answered 2xx and not stored: {sorted(lost)}"
    if parked := [f"{row.id} {row.type}: {row.reason}" for row in held.events if row.id not in settled]:
        yield f"events not settled: {parked}"
    if missed := truth.handled() - settled:
        yield f"events never taken: {sorted(missed)}"


def _invoices(held: Held, truth: Truth) -> Iterator[str]:
    paid = {row.id: row.amount_paid for row in held.invoices if row.status == "paid"}
    if paid != truth.paid_invoices:
        yield f"paid invoices {paid}, at Stripe {truth.paid_invoices}"
    given_up = {row.id: row.status for row in held.invoices if row.status in ("void", "uncollectible")}
    if given_up != truth.given_up:
        yield f"invoices given up {given_up}, at Stripe {truth.given_up}"
