"""Changing the plan in place: compare, preview, confirm. What was shown is what is charged.

https://docs.stripe.com/billing/subscriptions/upgrade-downgrade. The workspace's record changes by Stripe's
word alone: after a change it is reconciled, and the webhooks that follow find nothing left to do.
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from uuid import uuid4

from .. import db
from ..activity import audit
from ..activity.models import AuditAction
from ..errors import AppError
from ..workspaces.members import Member
from . import planned_again, usage
from .plan_ids import BillingInterval, PaymentPlanId
from .plan_views import ChangeOutcome, ChangeTime, PlanChoices, PlannedPlan, PlanOffer, PlanQuote
from .plans import (
    PaymentPlan,
    UnknownPlan,
    get_plan,
    get_plan_id_by_price_id,
    interval_of_price,
    payment_plans,
    sold_by_the_year,
    subscription_plans,
)
from .prices import prices_of
from .processor import OutcomeUnknown, payment_processor
from .reconcile import follow
from .running import ChangeWaiting, changeable, running
from .subscription_changes import CurrencyLocked, InvoicePreview, RunningSubscription

QUOTE_HOLDS = timedelta(minutes=15)
"""How long a shown price may be confirmed; prorations move with time."""


class AlreadyOnPlan(AppError):
    status = 409
    message = "The workspace is on this plan already."


class QuoteOutdated(AppError):
    status = 409
    message = "This price is no longer current. Please look at it again; nothing was changed."


class SubscriptionEnding(AppError):
    status = 409
    message = "This subscription is set to end. Resume it first, then change the plan."


class NotADowngrade(AppError):
    status = 409
    message = "Only a change to a smaller plan can wait for the end of the period."


async def get_plan_choices(member: Member) -> PlanChoices:
    """The subscription and what it may become. Raises `NotWorkspaceOwner` and `NothingToManage`."""
    member.require_owner()
    subscription = await running(member)
    plans = subscription_plans()
    monthly, annual = await asyncio.gather(prices_of(plans), prices_of(plans, BillingInterval.YEAR))
    return PlanChoices(
        plan_id=get_plan_id_by_price_id(subscription.price_id),
        interval=interval_of_price(subscription.price_id),
        renews_at=subscription.period_end,
        is_trial=subscription.is_trial,
        ends_at=subscription.ends_at,
        is_waiting=subscription.is_waiting,
        waiting_url=subscription.waiting_invoice_url,
        planned=_planned(subscription),
        offers=tuple(
            PlanOffer(plan.id, plan.name, plan.features, by_month, by_year)
            for plan, by_month, by_year in zip(plans, monthly, annual, strict=True)
        ),
        by_the_year=sold_by_the_year(),
    )


def _planned(subscription: RunningSubscription) -> PlannedPlan | None:
    planned = subscription.planned
    if planned is None:
        return None
    plan_id = get_plan_id_by_price_id(planned.price_id)
    name = payment_plans()[plan_id].name if plan_id else ""
    return PlannedPlan(plan_name=name, interval=interval_of_price(planned.price_id), at=planned.at)


async def preview_plan_change(
    *, member: Member, plan_id: str, interval: BillingInterval = BillingInterval.MONTH
) -> PlanQuote:
    """What the change costs, at this moment.

    Raises `NotWorkspaceOwner`, `UnknownPlan`, `AlreadyOnPlan`, `SubscriptionEnding`, `CurrencyLocked`, what
    `changeable` raises and what the processor does.
    """
    member.require_owner()
    plan = get_plan(plan_id)
    if not plan.is_subscription:
        raise UnknownPlan
    price_id = plan.get_payment_processor_plan_id(interval)
    subscription = await changeable(member)
    await _require_possible(subscription, plan, interval)
    prorated_at = _prorated_at(subscription)
    due_now, renewal = await asyncio.gather(
        _due_now(subscription, price_id=price_id, prorated_at=prorated_at),
        payment_processor().preview_renewal(subscription, price_id=price_id),
    )
    async with db.reading() as session:
        must_go = await usage.downgrade_blockers(session, workspace_id=member.workspace_id, plan=plan.id)
    return PlanQuote(
        id=uuid4().hex,
        workspace_id=member.workspace_id,
        subscription_id=subscription.id,
        plan_id=plan.id,
        interval=interval,
        from_price=subscription.price_id,
        to_price=price_id,
        prorated_at=prorated_at,
        made_at=db.now(),
        due_now=due_now,
        renewal=renewal,
        is_downgrade=_is_downgrade(subscription.price_id, plan.id, interval),
        is_trial=subscription.is_trial,
        period_end=subscription.period_end,
        must_go=must_go,
    )


async def change_plan(
    *, member: Member, quote: PlanQuote, when: ChangeTime = ChangeTime.NOW
) -> ChangeOutcome:
    """Carry out what was shown, once however often it is confirmed.

    Raises `NotWorkspaceOwner`, `QuoteOutdated` when anything differs from what was shown, `NotADowngrade`,
    `PaymentDeclined`, what `changeable` raises and what the processor does; nothing has changed then.
    """
    member.require_owner()
    if quote.workspace_id != member.workspace_id or db.now() - quote.made_at > QUOTE_HOLDS:
        raise QuoteOutdated
    subscription = await changeable(member)
    if _is_done(subscription, quote, when):  # an answer was lost on the way
        await follow(member.workspace_id)
        at = subscription.period_end if when is ChangeTime.PERIOD_END else None
        return ChangeOutcome(plan_name=get_plan(quote.plan_id).name, takes_place_at=at)
    if (subscription.id, subscription.price_id) != (quote.subscription_id, quote.from_price):
        raise QuoteOutdated
    if when is ChangeTime.PERIOD_END:
        return await _plan_ahead(member, quote, subscription)
    return await _change_now(member, quote, subscription)


def _is_done(subscription: RunningSubscription, quote: PlanQuote, when: ChangeTime) -> bool:
    price = subscription.price_id
    if when is ChangeTime.PERIOD_END:
        price = subscription.planned.price_id if subscription.planned else None
    return (subscription.id, price) == (quote.subscription_id, quote.to_price)


async def _change_now(member: Member, quote: PlanQuote, subscription: RunningSubscription) -> ChangeOutcome:
    now = await _due_now(subscription, price_id=quote.to_price, prorated_at=quote.prorated_at)
    if _figures(now) != _figures(quote.due_now):
        raise QuoteOutdated
    await _note_request(member, quote, ChangeTime.NOW)
    async with _in_place_of_the_planned(subscription, quote):
        changed = await payment_processor().change_price(
            subscription,
            price_id=quote.to_price,
            prorated_at=quote.prorated_at,
            key=f"plan-change-{quote.id}",
        )
    if not changed.is_waiting:
        await planned_again.forget(member.workspace_id)
    await follow(member.workspace_id)
    if changed.is_waiting and not changed.waiting_invoice_url:
        raise ChangeWaiting
    return ChangeOutcome(plan_name=get_plan(quote.plan_id).name, pay_url=changed.waiting_invoice_url)


async def _plan_ahead(member: Member, quote: PlanQuote, subscription: RunningSubscription) -> ChangeOutcome:
    if not quote.is_downgrade or subscription.is_trial:
        raise NotADowngrade
    await _note_request(member, quote, ChangeTime.PERIOD_END)
    async with _in_place_of_the_planned(subscription, quote):
        await payment_processor().plan_price_change(
            subscription,
            price_id=quote.to_price,
            key=f"plan-change-{quote.id}-{subscription.schedule_id or 'first'}",
        )
    await planned_again.forget(member.workspace_id)
    return ChangeOutcome(plan_name=get_plan(quote.plan_id).name, takes_place_at=subscription.period_end)


@asynccontextmanager
async def _in_place_of_the_planned(
    subscription: RunningSubscription, quote: PlanQuote
) -> AsyncGenerator[None]:
    """Drop a change that was planned before; what is refused inside, or breaks off, leaves it planned."""
    await planned_again.note(quote.workspace_id, subscription, key=f"plan-again-{quote.id}")
    if subscription.schedule_id:
        await payment_processor().drop_planned_change(subscription.schedule_id)
    try:
        yield
    except OutcomeUnknown:
        raise  # it may take its place yet
    except AppError:
        await planned_again.settle(quote.workspace_id)
        raise


async def keep_plan(member: Member) -> None:
    """Take back a change that was planned for the end of the period; nothing happens if there is none."""
    member.require_owner()
    subscription = await running(member)
    await planned_again.forget(member.workspace_id)
    if subscription.schedule_id is None:
        return
    async with db.transaction() as session:
        audit.record(
            session,
            workspace_id=member.workspace_id,
            actor=member.user_id,
            action=AuditAction.PLANNED_CHANGE_DROPPED,
            origin=member.origin,
        )
    await payment_processor().drop_planned_change(subscription.schedule_id)


async def _require_possible(
    subscription: RunningSubscription, plan: PaymentPlan, interval: BillingInterval
) -> None:
    held = get_plan_id_by_price_id(subscription.price_id)
    if held is plan.id and interval_of_price(subscription.price_id) is interval:
        raise AlreadyOnPlan
    if subscription.ends_at is not None:
        raise SubscriptionEnding
    [price] = await prices_of([plan], interval)
    if price is not None and price.currency != subscription.currency:
        raise CurrencyLocked


def _prorated_at(subscription: RunningSubscription) -> datetime:
    """Now, in whole seconds, within the period that Stripe says is running."""
    now = db.now().replace(microsecond=0)
    return min(max(now, subscription.period_start), subscription.period_end - timedelta(seconds=1))


async def _due_now(
    subscription: RunningSubscription, *, price_id: str, prorated_at: datetime
) -> InvoicePreview | None:
    """None during a trial, which goes on under the new plan: nothing is charged before its end."""
    if subscription.is_trial:
        return None
    return await payment_processor().preview_price_change(
        subscription, price_id=price_id, prorated_at=prorated_at
    )


def _figures(preview: InvoicePreview | None) -> tuple[str, int, int] | None:
    return (preview.currency, preview.total, preview.amount_due) if preview else None


def _is_downgrade(from_price: str, to_plan: PaymentPlanId, to_interval: BillingInterval) -> bool:
    """A smaller plan, or the same one by the month instead of the year."""
    held = get_plan_id_by_price_id(from_price)
    order = [plan.id for plan in subscription_plans()]
    if held is None or held not in order:
        return False
    if held is not to_plan:
        return order.index(to_plan) < order.index(held)
    return to_interval is BillingInterval.MONTH


async def _note_request(member: Member, quote: PlanQuote, when: ChangeTime) -> None:
    """What the owner asked for and was shown, before Stripe is asked."""
    shown = quote.due_now
    async with db.transaction() as session:
        audit.record(
            session,
            workspace_id=member.workspace_id,
            actor=member.user_id,
            action=AuditAction.PLAN_CHANGE_REQUESTED,
            before={"plan": get_plan_id_by_price_id(quote.from_price)},
            after={
                "plan": quote.plan_id,
                "interval": quote.interval,
                "when": when,
                "amount": shown.amount_due if shown and when is ChangeTime.NOW else 0,
                "currency": quote.renewal.currency,
            },
            origin=member.origin,
        )
