"""What people are told of a subscription that stops, goes on, moves its end or gives way to another."""

from typing import Any

import pytest
from sqlmodel import col, select

from sentineliq import db
from sentineliq.activity.models import AuditAction, AuditEntry, Notification, NotificationKind
from sentineliq.activity.summaries import summarize
from sentineliq.billing.stripe import reads
from sentineliq.billing.stripe.payloads import SubscriptionPayload
from sentineliq.mail.models import MailKind, OutboxMail
from sentineliq.workspaces.models import Workspace
from tests.billing.conftest import Webhook, payload
from tests.billing.test_order import updated

CREATED = payload("customer.subscription.created")
AT = CREATED["created"]
PERIOD_END = 1764460800


def later(event_id: str, minutes: int, **now: Any) -> dict[str, Any]:
    return updated(event_id, at=AT + 60 * minutes, before={"metadata": {}}, **now)


async def mails() -> list[OutboxMail]:
    async with db.reading() as session:
        return list((await session.exec(select(OutboxMail).order_by(col(OutboxMail.id)))).all())


async def notices() -> list[Notification]:
    async with db.reading() as session:
        return list((await session.exec(select(Notification).order_by(col(Notification.id)))).all())


async def audited(action: AuditAction) -> list[AuditEntry]:
    async with db.reading() as session:
        rows = select(AuditEntry).where(AuditEntry.action == action).order_by(col(AuditEntry.id))
        return list((await session.exec(rows)).all())


async def test_owner_hears_once_that_the_plan_is_on_hold_and_that_it_goes_on(
    stripe_webhook: Webhook, workspace: Workspace
) -> None:
    await stripe_webhook.deliver_all(
        CREATED,
        later("evt_unpaid", 1, status="unpaid"),
        later("evt_echo", 2, status="unpaid"),
        later("evt_paid", 3, status="active"),
        later("evt_paused", 4, status="paused"),
    )
    told = [mail for mail in await mails() if mail.kind is MailKind.PLAN_ON_HOLD]
    assert [mail.context["is_unpaid"] for mail in told] == [True, False]
    assert {mail.to for mail in told} == {"owner@example.com"}
    kinds = [notice.kind for notice in await notices()]
    assert kinds.count(NotificationKind.BILLING_PROBLEM) == 2
    assert kinds.count(NotificationKind.SUBSCRIPTION_RESUMED) == 1


async def test_a_moved_end_is_audited_from_day_to_day(stripe_webhook: Webhook, workspace: Workspace) -> None:
    await stripe_webhook.deliver_all(
        CREATED,
        later("evt_ends", 1, cancel_at=PERIOD_END),
        later("evt_moved", 2, cancel_at=PERIOD_END + 86_400),
        later("evt_goes_on", 3),
    )
    [moved] = await audited(AuditAction.END_DATE_CHANGED)
    assert (moved.before, moved.after) == (
        {"ends_at": "2025-11-30T00:00:00Z"},
        {"ends_at": "2025-12-01T00:00:00Z"},
    )
    assert summarize(moved) == "The subscription ends on 1 Dec 2025 instead of 30 Nov 2025"
    statuses = [row.after for row in await audited(AuditAction.STATUS_CHANGED)]
    assert statuses == [
        {"status": "active"},
        {"status": "cancel_at_period_end", "ends_at": "2025-11-30T00:00:00Z"},
        {"status": "active"},
    ]


async def test_another_subscription_of_the_same_plan_is_audited(
    stripe_webhook: Webhook, workspace: Workspace
) -> None:
    ended = payload("customer.subscription.deleted.period-end")
    again = payload(
        "customer.subscription.created", event="evt_again", id="sub_again", created=PERIOD_END + 60
    ) | {"created": PERIOD_END + 61}
    await stripe_webhook.deliver_all(CREATED, ended, again)
    [replaced] = await audited(AuditAction.SUBSCRIPTION_REPLACED)
    assert (replaced.before, replaced.after) == (
        {"subscription": CREATED["data"]["object"]["id"]},
        {"subscription": "sub_again"},
    )


async def test_a_bank_debit_that_fails_is_told_once_though_two_events_tell_it(
    stripe_webhook: Webhook, workspace: Workspace
) -> None:
    failed = payload("invoice.payment_failed.first-attempt")
    session = payload(
        "checkout.session.completed",
        event="evt_session",
        customer=workspace.stripe_customer_id,
        invoice=failed["data"]["object"]["id"],
        payment_status="unpaid",
    ) | {"type": "checkout.session.async_payment_failed"}
    for order in ((failed, session), (session, failed)):
        await stripe_webhook.deliver_all(*order)
    told = [mail for mail in await mails() if mail.kind is MailKind.PAYMENT_FAILED]
    assert [mail.key for mail in told] == [f"payment_failed:{failed['data']['object']['id']}"]
    assert [notice.kind for notice in await notices()].count(NotificationKind.PAYMENT_FAILED) == 1


TRIAL_END = AT + 14 * 86_400


def trial(event_id: str, kind: str, minutes: int, **now: Any) -> dict[str, Any]:
    """An event of a subscription on trial, or as `now` says."""
    status = {"status": "trialing", "trial_end": TRIAL_END}
    event = payload("customer.subscription.created", event=event_id, **(status | now))
    return event | {"type": f"customer.subscription.{kind}", "created": AT + 60 * minutes}


ON_TRIAL = trial("evt_on_trial", "created", 0)
WARNING = trial("evt_warning", "trial_will_end", 3)
SET_TO_END = {"cancel_at_period_end": True, "cancel_at": TRIAL_END, "canceled_at": AT}


@pytest.mark.parametrize(
    "events",
    [
        pytest.param(
            (ON_TRIAL, trial("evt_e", "updated", 1, **SET_TO_END), WARNING | {"created": AT}), id="late"
        ),
        pytest.param((ON_TRIAL, trial("evt_w", "trial_will_end", 3, **SET_TO_END)), id="set to end"),
        pytest.param((ON_TRIAL, trial("evt_w", "trial_will_end", 3, cancel_at=TRIAL_END)), id="flexible"),
        pytest.param((ON_TRIAL, trial("evt_d", "deleted", 4, status="canceled"), WARNING), id="ended"),
        pytest.param((ON_TRIAL, trial("evt_p", "updated", 4, status="active"), WARNING), id="paid for"),
    ],
)
async def test_no_charge_is_announced_that_will_not_be_made(
    stripe_webhook: Webhook, workspace: Workspace, events: tuple[dict[str, Any], ...]
) -> None:
    await stripe_webhook.deliver_all(*events)
    assert MailKind.TRIAL_ENDING not in {mail.kind for mail in await mails()}
    assert not any("ends soon" in notice.title for notice in await notices())


async def test_a_warning_that_comes_late_to_a_running_trial_is_given(
    stripe_webhook: Webhook, workspace: Workspace
) -> None:
    resumed = trial("evt_resumed", "updated", 4)
    await stripe_webhook.deliver_all(ON_TRIAL, resumed, WARNING)
    assert [mail.kind for mail in await mails()] == [MailKind.TRIAL_ENDING]


@pytest.mark.parametrize(("ends", "warnings"), [({}, 1), (SET_TO_END, 0), ({"status": "canceled"}, 0)])
async def test_the_trial_of_a_second_subscription_is_judged_by_what_stripe_says(
    stripe_webhook: Webhook,
    workspace: Workspace,
    monkeypatch: pytest.MonkeyPatch,
    ends: dict[str, Any],
    warnings: int,
) -> None:
    beside = trial("evt_beside", "trial_will_end", 3, id="sub_beside")
    at_stripe = (CREATED["data"]["object"], beside["data"]["object"] | ends)

    async def fetch(_customer: str) -> tuple[SubscriptionPayload, ...]:
        return tuple(SubscriptionPayload.model_validate(each) for each in at_stripe)

    monkeypatch.setattr(reads, "fetch_subscriptions", fetch)
    await stripe_webhook.deliver_all(CREATED, beside)
    assert [mail.kind for mail in await mails()].count(MailKind.TRIAL_ENDING) == warnings
