"""Every handled event, whole and in both shapes: it is read and has its effect, once."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import permutations
from typing import Any

import pytest
from sqlmodel import col, select

from sentineliq import db
from sentineliq.activity.models import AuditAction, AuditEntry, Notification, NotificationKind
from sentineliq.billing.models import EventStatus, WebhookEvent
from sentineliq.billing.stripe import reads
from sentineliq.billing.stripe.handlers import HANDLERS
from sentineliq.billing.stripe.payloads import SubscriptionPayload
from sentineliq.mail.models import MailKind, OutboxMail
from sentineliq.workspaces.models import SubscriptionStatus, Workspace
from tests.billing.conftest import Webhook
from tests.billing.test_order import fresh
from tests.payloads.build import BASIL
from tests.payloads.corpus import (  # noqa: F401  two of them are fixtures
    CASES,
    SHAPES,
    billing_settings,
    case,
    customer_of,
    stripe_reads,
    workspace_of,
)
from tests.sandbox import conformance

Notices, Actions = NotificationKind, AuditAction
HOBBY_HELD = ("customer.subscription.created.active",)
PRO_HELD = (*HOBBY_HELD, "customer.subscription.updated.plan_switch")
ENDING = (*PRO_HELD, "customer.subscription.updated.set_to_end")
RENEWED = (*ENDING, "customer.subscription.updated.goes_on")
BOUGHT = ("checkout.session.completed.payment",)


@dataclass(frozen=True)
class Expected:
    """What the workspace is after the event, and what the event itself has left behind."""

    status: SubscriptionStatus | None = None
    plan: str | None = None
    credits: int = 0
    mails: set[MailKind] = field(default_factory=set)
    notices: set[NotificationKind] = field(default_factory=set)
    audit: set[AuditAction] = field(default_factory=set)
    after: tuple[str, ...] = ()
    """The cases that came before it."""


ACTIVE, PAST_DUE = SubscriptionStatus.ACTIVE, SubscriptionStatus.PAST_DUE
EFFECTS = {
    "charge.dispute.closed.lost": Expected(
        mails={MailKind.PAYMENT_DISPUTED}, notices={Notices.BILLING_PROBLEM}, audit={Actions.DISPUTE_CLOSED}
    ),
    "charge.dispute.created.fraudulent": Expected(
        mails={MailKind.PAYMENT_DISPUTED},
        notices={Notices.BILLING_PROBLEM},
        audit={Actions.PAYMENT_DISPUTED},
    ),
    "charge.refunded.half": Expected(
        after=BOUGHT,
        credits=6,  # half of an odd amount is less than half of the credits
        mails={MailKind.PAYMENT_REFUNDED},
        notices={Notices.PAYMENT_REFUNDED},
        audit={Actions.PAYMENT_REFUNDED, Actions.CREDITS_CHANGED},
    ),
    "charge.refunded.whole": Expected(
        after=(*BOUGHT, "charge.refunded.half"),
        mails={MailKind.PAYMENT_REFUNDED},
        notices={Notices.PAYMENT_REFUNDED},
        audit={Actions.PAYMENT_REFUNDED, Actions.CREDITS_CHANGED},
    ),
    "checkout.session.async_payment_failed.bank_debit": Expected(
        mails={MailKind.PAYMENT_FAILED}, notices={Notices.PAYMENT_FAILED}, audit={Actions.PAYMENT_FAILED}
    ),
    "checkout.session.async_payment_succeeded.bank_debit": Expected(
        credits=10,
        mails={MailKind.PAYMENT_RECEIVED},
        notices={Notices.CREDITS_ADDED},
        audit={Actions.CREDITS_CHANGED},
    ),
    "checkout.session.completed.bank_debit": Expected(),
    "checkout.session.completed.payment": Expected(
        credits=10,
        mails={MailKind.PAYMENT_RECEIVED},
        notices={Notices.CREDITS_ADDED},
        audit={Actions.CREDITS_CHANGED},
    ),
    "checkout.session.completed.subscription": Expected(),
    "checkout.session.expired.open": Expected(),
    "customer.deleted.by_hand": Expected(audit={Actions.CUSTOMER_DELETED}),
    "customer.subscription.created.active": Expected(
        status=ACTIVE,
        plan="hobby",
        notices={Notices.PLAN_CHANGED},
        audit={Actions.PLAN_CHANGED, Actions.STATUS_CHANGED},
    ),
    "customer.subscription.deleted.now": Expected(
        after=RENEWED,
        status=SubscriptionStatus.DELETED,
        mails={MailKind.SUBSCRIPTION_CANCELED},
        notices={Notices.SUBSCRIPTION_CANCELED},
        audit={Actions.PLAN_CHANGED, Actions.STATUS_CHANGED},
    ),
    "customer.subscription.paused.no_card": Expected(
        status=SubscriptionStatus.PAUSED,
        plan="hobby",
        mails={MailKind.PLAN_ON_HOLD},
        notices={Notices.BILLING_PROBLEM},
        audit={Actions.PLAN_CHANGED, Actions.STATUS_CHANGED},
    ),
    "customer.subscription.resumed.card_added": Expected(
        status=ACTIVE,
        plan="hobby",
        notices={Notices.PLAN_CHANGED},
        audit={Actions.PLAN_CHANGED, Actions.STATUS_CHANGED},
    ),
    "customer.subscription.trial_will_end.three_days": Expected(
        status=SubscriptionStatus.TRIALING,
        plan="hobby",
        mails={MailKind.TRIAL_ENDING},
        notices={Notices.TRIAL_ENDING, Notices.PLAN_CHANGED},
        audit={Actions.PLAN_CHANGED, Actions.STATUS_CHANGED},
    ),
    "customer.subscription.updated.goes_on": Expected(
        after=ENDING,
        status=ACTIVE,
        plan="pro",
        notices={Notices.SUBSCRIPTION_RESUMED},
        audit={Actions.STATUS_CHANGED},
    ),
    "customer.subscription.updated.plan_switch": Expected(
        after=HOBBY_HELD,
        status=ACTIVE,
        plan="pro",
        notices={Notices.PLAN_CHANGED},
        audit={Actions.PLAN_CHANGED},
    ),
    "customer.subscription.updated.renewal_failed": Expected(
        after=RENEWED, status=PAST_DUE, plan="pro", audit={Actions.STATUS_CHANGED}
    ),
    "customer.subscription.updated.set_to_end": Expected(
        after=PRO_HELD,
        status=SubscriptionStatus.CANCEL_AT_PERIOD_END,
        plan="pro",
        mails={MailKind.CANCELLATION_SCHEDULED},
        notices={Notices.CANCELLATION_SCHEDULED},
        audit={Actions.STATUS_CHANGED},
    ),
    "customer.updated.address": Expected(audit={Actions.BILLING_EMAIL_CHANGED}),
    "invoice.finalization_failed.no_address": Expected(
        mails={MailKind.INVOICE_NOT_FINALIZED}, notices={Notices.BILLING_PROBLEM}
    ),
    "invoice.marked_uncollectible.renewal": Expected(),
    "invoice.voided.renewal": Expected(),
    "invoice.paid.credits": Expected(
        mails={MailKind.PAYMENT_RECEIVED},
        notices={Notices.PAYMENT_RECEIVED},
        audit={Actions.PAYMENT_RECEIVED},
    ),
    "invoice.paid.first": Expected(
        status=ACTIVE,
        plan="hobby",
        mails={MailKind.PAYMENT_RECEIVED},
        notices={Notices.PAYMENT_RECEIVED},
        audit={Actions.PAYMENT_RECEIVED, Actions.PLAN_CHANGED, Actions.STATUS_CHANGED},
    ),
    "invoice.paid.proration": Expected(
        after=PRO_HELD,
        status=ACTIVE,
        plan="pro",
        mails={MailKind.PAYMENT_RECEIVED},
        notices={Notices.PAYMENT_RECEIVED},
        audit={Actions.PAYMENT_RECEIVED},
    ),
    "invoice.payment_action_required.renewal": Expected(
        mails={MailKind.PAYMENT_ACTION_REQUIRED}, notices={Notices.PAYMENT_ACTION_REQUIRED}
    ),
    "invoice.payment_failed.renewal": Expected(
        after=RENEWED,
        status=PAST_DUE,
        plan="pro",
        mails={MailKind.PAYMENT_FAILED},
        notices={Notices.PAYMENT_FAILED},
        audit={Actions.PAYMENT_FAILED, Actions.STATUS_CHANGED},
    ),
    **{
        f"{event_type}.expired_card": Expected(
            mails={MailKind.REFUND_FAILED}, notices={Notices.BILLING_PROBLEM}, audit={Actions.REFUND_FAILED}
        )
        for event_type in ("refund.failed", "refund.updated", "charge.refund.updated")
    },
    "invoice.upcoming.monthly": Expected(mails={MailKind.CARD_EXPIRING}, notices={Notices.CARD_EXPIRING}),
}


@dataclass(frozen=True)
class Rows:
    """What is in the database beside the workspace."""

    mails: list[MailKind]
    notices: list[NotificationKind]
    audit: list[AuditAction]
    events: dict[str, EventStatus]


async def rows() -> Rows:
    async with db.reading() as session:
        events = (await session.exec(select(WebhookEvent))).all()
        return Rows(
            mails=list((await session.exec(select(OutboxMail.kind).order_by(col(OutboxMail.id)))).all()),
            notices=list(
                (await session.exec(select(Notification.kind).order_by(col(Notification.id)))).all()
            ),
            audit=list((await session.exec(select(AuditEntry.action).order_by(col(AuditEntry.id)))).all()),
            events={row.id: row.status for row in events},
        )


def test_corpus_has_every_handled_event_in_both_shapes() -> None:
    for shape in SHAPES:
        types = {case(name, shape)["type"] for name in CASES}
        assert set(HANDLERS) - types == set()
    assert set(EFFECTS) == set(CASES)


def test_corpus_is_in_the_language_of_stripe() -> None:
    spec = conformance.load()
    if spec is None:
        pytest.skip(conformance.MISSING)
    for name in CASES:
        assert conformance.serious(spec.check_object(case(name, BASIL))) == [], name


SWITCH = (
    "customer.subscription.created.active",
    "invoice.paid.first",
    "customer.subscription.updated.plan_switch",
    "invoice.paid.proration",
)


@pytest.mark.parametrize("shape", SHAPES)
async def test_plan_switch_with_proration_lines_ends_on_the_new_plan_in_any_order(
    stripe_webhook: Webhook, monkeypatch: pytest.MonkeyPatch, shape: str
) -> None:
    events = [case(name, shape) for name in SWITCH]
    switched = SubscriptionPayload.model_validate(events[2]["data"]["object"])

    async def stripe_says(customer_id: str) -> tuple[SubscriptionPayload, ...]:
        return (switched,)

    monkeypatch.setattr(reads, "fetch_subscriptions", stripe_says)
    workspace = await workspace_of(customer_of(events[0]))
    for order in permutations(events):
        await fresh(workspace)
        await stripe_webhook.deliver_all(*order)
        assert await _plan_of(workspace) == (SubscriptionStatus.ACTIVE, "pro"), _types(order)


async def _plan_of(workspace: Workspace) -> tuple[SubscriptionStatus | None, str | None]:
    async with db.reading() as session:
        held = await session.get_one(Workspace, workspace.id)
    return held.subscription_status, held.subscription_plan


def _types(events: Sequence[dict[str, Any]]) -> list[str]:
    return [event["type"] for event in events]


@pytest.mark.usefixtures("stripe_reads")
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("name", CASES)
async def test_event_has_its_effect_once(stripe_webhook: Webhook, name: str, shape: str) -> None:
    event, expected = case(name, shape), EFFECTS[name]
    workspace = await workspace_of(customer_of(event))
    await stripe_webhook.deliver_all(*(case(before, shape) for before in expected.after))
    before = await rows()
    await stripe_webhook.deliver_all(event, event)
    after = await rows()
    assert after.events[event["id"]] is EventStatus.PROCESSED
    async with db.reading() as session:
        held = await session.get_one(Workspace, workspace.id)
    assert (held.subscription_status, held.subscription_plan, held.credits) == (
        expected.status,
        expected.plan,
        expected.credits,
    )
    assert set(after.mails[len(before.mails) :]) == expected.mails
    assert set(after.notices[len(before.notices) :]) == expected.notices
    written = after.audit[len(before.audit) :]
    assert set(written) == expected.audit
    assert len(written) == len(expected.audit)
