"""The truth of a life, told apart from the product: Stripe's final state and the list of what happened.

Equality, once every event that was not lost has been taken and reconciliation has run:

- **Subscription.** Of all subscriptions ever made for the workspace, the one that counts ranks first in
  `RANKS`, and is the newest of its rank by its own `created` (of two of the same second, either). The
  workspace has its id, plan (by its price; none once ended), status, period end and, where it is set to
  end, its end.
- **Customer.** The workspace's customer is the one that is not deleted, or none.
- **Credits.** 10 for each paid one-time session, booked under the session's own source, once; each spend
  that was accepted, once; each return of one, once; of each refunded charge of credits the whole number of
  credits in proportion to what did not come back, less the shortfall that its entry names, and there is one
  only where credits had been spent. The balance is the sum, and was never below zero.
- **Audit.** For plan, status, credits, customer, subscription, end and billing address, each row's `before`
  is the previous row's `after`, the first begins at nothing, and the last is what the workspace holds.
- **Mails.** No key twice; one for every payment, refund, failed refund and dispute that an event tells of,
  for every failure of an invoice that is neither paid yet nor void, and for subscriptions that run beside
  each other now; none about what did not happen.
- **Ledger.** Every event that was answered 2xx, and every lost one that reconciliation can still see, is
  stored once as processed or ignored.
- **Invoices.** Each paid invoice is held as paid with its amount, each void or written-off one as that.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sentineliq.billing.stripe.handlers import HANDLERS
from sentineliq.sandbox.engine import Engine
from tests.history.stripe_side import events_after, everything

PLANS = {"price_sandbox_hobby": "hobby", "price_sandbox_pro": "pro"}
CREDITS = 10
ENDED = ("canceled", "incomplete_expired")
RANKS = {
    "active": 4,
    "trialing": 4,
    "past_due": 3,
    "unpaid": 2,
    "paused": 2,
    "incomplete": 1,
    "incomplete_expired": 0,
    "canceled": 0,
}
RUNNING = 2
"""The least that may charge."""


@dataclass(frozen=True)
class SubscriptionTruth:
    """What the workspace must hold of its subscription."""

    id: str | None
    status: str | None
    plan: str | None
    period_end: datetime | None
    cancel_at: datetime | None
    trial_end: datetime | None


NOTHING = SubscriptionTruth(None, None, None, None, None, None)


@dataclass(frozen=True)
class Truth:
    """What happened to a customer, as Stripe has it in the end."""

    subscriptions: frozenset[SubscriptionTruth]
    """Any of these is right."""
    customer: str | None
    is_told: bool
    """Whether an event that the product acts on names that customer."""
    grants: frozenset[str]
    """Sources of credits."""
    refunds_due: dict[str, int]
    """Charge of credits to credits that go back for it."""
    failed_refunds: dict[str, str]
    """Refund that failed to its charge."""
    events: tuple[dict[str, Any], ...]
    paid_invoices: dict[str, int]
    """Invoice to amount paid."""
    given_up: dict[str, str]
    """Invoice that is void or written off to its status."""
    email: str | None
    """What the living customer's latest update told; None where none did."""
    last_payment: datetime | None
    lifetimes: dict[str, tuple[int, int | None]]
    """Each subscription, from when until when it lived; None for one that lives."""
    running: frozenset[str]
    """Subscriptions that may charge now."""

    def handled(self) -> set[str]:
        return {event["id"] for event in self.events if event["type"] in HANDLERS}

    def of_nobody(self) -> set[str]:
        """Checkouts that ran out under a customer that is gone: who it was may never have been written down,
        and nothing was sold."""
        expired = [event for event in self.events if event["type"] == "checkout.session.expired"]
        return {event["id"] for event in expired if event["data"]["object"]["customer"] != self.customer}


async def truth_of(engine: Engine) -> Truth:
    """Read once, at the end of the life."""
    _, events = await events_after(engine, 0)
    sessions = await everything(engine, "checkout.session")
    sold = [
        one
        for one in sessions
        if one["mode"] == "payment" and one["payment_status"] in ("paid", "no_payment_required")
    ]
    customers = await everything(engine, "customer")
    issued = await everything(engine, "invoice")
    invoices = [one for one in issued if one["status"] == "paid"]
    refunds = await everything(engine, "refund")
    named = {_customer_of(event) for event in events if event["type"] in HANDLERS}
    alive = customers[-1]["id"] if customers else None
    subscriptions = await everything(engine, "subscription")
    updates = [event["data"]["object"] for event in events if event["type"] == "customer.updated"]
    addresses = [one["email"] for one in updates if one["id"] == alive]
    paid = [one["status_transitions"]["paid_at"] for one in invoices if one["amount_paid"] > 0]
    return Truth(
        subscriptions=_current(subscriptions),
        customer=alive,
        is_told=alive in named,
        grants=frozenset(f"checkout_session:{one['id']}" for one in sold),
        refunds_due=_refunds_due(await everything(engine, "charge"), sold),
        failed_refunds={one["id"]: one["charge"] for one in refunds if one["status"] == "failed"},
        events=tuple(events),
        paid_invoices={one["id"]: one["amount_paid"] for one in invoices},
        given_up={one["id"]: one["status"] for one in issued if one["status"] in ("void", "uncollectible")},
        email=addresses[-1] if addresses else None,
        last_payment=_time(max(paid)) if paid else None,
        lifetimes={one["id"]: (one["created"], one["ended_at"]) for one in subscriptions},
        running=frozenset(one["id"] for one in subscriptions if RANKS[one["status"]] >= RUNNING),
    )


def _sold(session: dict[str, Any]) -> bool:
    return (
        session["mode"] == "payment" and session["payment_status"] == "paid" and session["amount_total"] > 0
    )


def _customer_of(event: dict[str, Any]) -> str | None:
    about = event["data"]["object"]
    return about["id"] if about["object"] == "customer" else about.get("customer")


def _current(subscriptions: list[dict[str, Any]]) -> frozenset[SubscriptionTruth]:
    if not subscriptions:
        return frozenset({NOTHING})
    best = max(RANKS[one["status"]] for one in subscriptions)
    candidates = [one for one in subscriptions if RANKS[one["status"]] == best]
    newest = max(one["created"] for one in candidates)
    return frozenset(_subscription(one) for one in candidates if one["created"] == newest)


def _subscription(subscription: dict[str, Any]) -> SubscriptionTruth:
    status = subscription["status"]
    ends = subscription["cancel_at_period_end"] or subscription["cancel_at"]
    items = subscription["items"]["data"]
    if status in ENDED:
        mine, plan, ends = ("deleted" if status == "canceled" else None), None, None
    else:
        [plan] = {PLANS[item["price"]["id"]] for item in items}
        mine = "cancel_at_period_end" if ends and status in ("active", "trialing") else status
    period_end = max(item["current_period_end"] for item in items)
    cancel_at = (subscription["cancel_at"] or period_end) if mine == "cancel_at_period_end" else None
    times = (_time(each) for each in (period_end, cancel_at, subscription["trial_end"]))
    return SubscriptionTruth(subscription["id"], mine, plan, *times)


def _refunds_due(charges: list[dict[str, Any]], sold: list[dict[str, Any]]) -> dict[str, int]:
    intents = {one["payment_intent"] for one in sold if one["payment_intent"]}
    return {
        one["id"]: CREDITS * one["amount_refunded"] // one["amount"]
        for one in charges
        if one["payment_intent"] in intents and one["amount_refunded"]
    }


def required_mails(truth: Truth) -> set[str]:
    """One for every payment, refund and dispute, and for every failure that still matters."""
    required: set[str] = set()
    for event in truth.events:
        if not _is_overtaken(event, truth):
            required |= _mails_about(event)
    return required


def _is_overtaken(event: dict[str, Any], truth: Truth) -> bool:
    """A failure whose invoice has been paid or voided since, a refund of a charge of which one has failed: it
    is told only if it comes before that."""
    about = event["data"]["object"]
    if event["type"] == "charge.refunded":
        return about["id"] in truth.failed_refunds.values()
    settled = {*truth.paid_invoices, *(id_ for id_, status in truth.given_up.items() if status == "void")}
    if event["type"] == "checkout.session.async_payment_failed":
        return about["invoice"] in settled
    is_failure = event["type"] in ("invoice.payment_failed", "invoice.payment_action_required")
    return is_failure and about["id"] in settled


def _mails_about(event: dict[str, Any]) -> set[str]:
    about = event["data"]["object"]
    match event["type"]:
        case "invoice.paid" if about["amount_paid"] > 0:
            return {f"payment_received:{about['id']}"}
        case "checkout.session.completed" | "checkout.session.async_payment_succeeded" if _sold(about):
            return {f"payment_received:{about['invoice'] or about['id']}"}
        case "checkout.session.async_payment_failed":
            return {f"payment_failed:{about['invoice'] or about['id']}"}
        case "invoice.payment_failed":
            return {f"payment_failed:{about['id']}"}
        case "invoice.payment_action_required":
            return {f"payment_action_required:{about['id']}"}
        case "charge.refunded":
            return {f"refunded:{about['id']}:{about['amount_refunded']}"}
        case "refund.failed":
            return {f"refund_failed:{about['id']}", f"refund_failed:{about['id']}:staff@example.com"}
        case "charge.dispute.created":
            return {f"dispute_created:{about['id']}", f"dispute_created:{about['id']}:staff@example.com"}
        case "charge.dispute.closed":
            return {f"dispute_closed:{about['id']}", f"dispute_closed:{about['id']}:staff@example.com"}
    return set()


def allowed_mails(truth: Truth) -> set[str]:
    """What may be said beyond that: of cancellations and ends that did happen, when they were newest."""
    ended = (id_ for id_, (_, until) in truth.lifetimes.items() if until is not None)
    allowed = {f"subscription_canceled:{id_}" for id_ in ended} | _refunds_after_failures(truth)
    for event in truth.events:
        allowed |= _mails_about(event)
        if not event["type"].startswith("customer.subscription."):
            continue
        about = event["data"]["object"]
        if about["trial_end"]:
            allowed |= {f"trial_will_end:{about['id']}", f"trial_refused:{about['id']}"}
        if about["status"] in ("unpaid", "paused"):
            period_end = about["items"]["data"][0]["current_period_end"]
            allowed.add(f"on_hold:{about['id']}:{about['status']}:{period_end}")
        elif about["cancel_at_period_end"]:
            allowed.add(f"cancellation_scheduled:{about['id']}:{about['canceled_at'] or 0}")
    return allowed


def _refunds_after_failures(truth: Truth) -> set[str]:
    """Of a charge of which a refund has failed, each is told by the sum of all until then."""
    sent: Counter[str] = Counter()
    keys: set[str] = set()
    for event in truth.events:
        if event["type"] == "refund.created":
            refund = event["data"]["object"]
            sent[refund["charge"]] += refund["amount"]
            if refund["charge"] in truth.failed_refunds.values():
                keys.add(f"refunded:{refund['charge']}:{sent[refund['charge']]}")
    return keys


TWO = "two_subscriptions:"
STAFF = ":staff@example.com"


def told_together(keys: Iterable[str], *, to: str = "") -> list[frozenset[str]]:
    """The subscriptions of each mail about several; `to` is what such a mail's key ends with."""
    mine = [key.removeprefix(TWO) for key in keys if key.startswith(TWO) and key.endswith(to)]
    return [frozenset(key.removesuffix(STAFF).split("+")) for key in mine]


def overlap(ids: frozenset[str], truth: Truth) -> bool:
    """Whether there are several, and all of them lived at one time."""
    if len(ids) < 2 or not ids <= truth.lifetimes.keys():
        return False
    lives = [truth.lifetimes[id_] for id_ in ids]
    latest = max(since for since, _ in lives)
    return latest <= min(until or latest for _, until in lives)


def repeated(keys: list[str]) -> list[str]:
    """Those that are there more than once."""
    return [key for key, times in Counter(keys).items() if times > 1]


def _time(seconds: int | None) -> datetime | None:
    return datetime.fromtimestamp(seconds, UTC) if seconds else None
