"""Changing a running subscription at Stripe, previewed first.

https://docs.stripe.com/billing/subscriptions/prorations#preview-proration: the same `proration_date` in
preview and change makes what was shown what is charged.
https://docs.stripe.com/billing/subscriptions/pending-updates: a change that cannot be paid for waits.
https://docs.stripe.com/billing/subscriptions/subscription-schedules: a change at the end of the period.
"""

from datetime import datetime
from typing import Literal, cast

from stripe import InvalidRequestError
from stripe.params import (
    InvoiceCreatePreviewParams,
    InvoiceCreatePreviewParamsSubscriptionDetails,
    SubscriptionUpdateParams,
    SubscriptionUpdateParamsCancellationDetails,
)

from ..subscription_changes import InvoicePreview, RunningSubscription
from .client import stripe_client, stripe_errors
from .reads import MISSING
from .running import EXPANDED, preview_of, running_of
from .schedule_phases import phases_of

Feedback = Literal[
    "customer_service", "low_quality", "missing_features", "other", "switched_service", "too_complex",
    "too_expensive", "unused",
]  # fmt: skip
NOTHING_UPCOMING = "invoice_upcoming_none"
TRIALING = "trialing"


async def fetch_subscription(subscription_id: str) -> RunningSubscription:
    async with stripe_errors("retrieve the subscription"):
        found = await stripe_client().v1.subscriptions.retrieve_async(
            subscription_id, {"expand": list(EXPANDED)}
        )
    return running_of(found.to_dict())


async def preview_next_invoice(subscription_id: str) -> InvoicePreview | None:
    async with stripe_errors("preview the next invoice"):
        try:
            invoice = await stripe_client().v1.invoices.create_preview_async(
                {"subscription": subscription_id}
            )
        except InvalidRequestError as error:
            if error.code != NOTHING_UPCOMING:
                raise
            return None
    return preview_of(invoice.to_dict())


async def preview_price_change(
    subscription: RunningSubscription, *, price_id: str, prorated_at: datetime
) -> InvoicePreview:
    return await _preview(
        subscription,
        {
            "items": [{"id": subscription.item_id, "price": price_id}],
            "proration_behavior": "always_invoice",
            "proration_date": int(prorated_at.timestamp()),
        },
    )


async def preview_renewal(subscription: RunningSubscription, *, price_id: str) -> InvoicePreview:
    return await _preview(
        subscription,
        {"items": [{"id": subscription.item_id, "price": price_id}], "proration_behavior": "none"},
    )


async def _preview(
    subscription: RunningSubscription, change: InvoiceCreatePreviewParamsSubscriptionDetails
) -> InvoicePreview:
    parameters: InvoiceCreatePreviewParams = {
        "customer": subscription.customer_id,
        "subscription": subscription.id,
        "subscription_details": change,
    }
    async with stripe_errors("preview the change"):
        invoice = await stripe_client().v1.invoices.create_preview_async(parameters)
    return preview_of(invoice.to_dict(), running_until=subscription.period_end)


async def change_price(
    subscription: RunningSubscription, *, price_id: str, prorated_at: datetime, key: str
) -> RunningSubscription:
    """The same `key` again gives the first answer, also when that was a refusal."""
    change: SubscriptionUpdateParams = {
        "items": [{"id": subscription.item_id, "price": price_id}],
        "proration_behavior": "always_invoice",
        "payment_behavior": "pending_if_incomplete",
        "expand": list(EXPANDED),
    }
    if not subscription.is_trial:  # a trial prorates nothing
        change["proration_date"] = int(prorated_at.timestamp())
    async with stripe_errors("change the subscription", acts=True):
        changed = await stripe_client().v1.subscriptions.update_async(
            subscription.id, change, {"idempotency_key": key}
        )
    return running_of(changed.to_dict())


async def plan_price_change(subscription: RunningSubscription, *, price_id: str, key: str) -> None:
    """A schedule of two phases: as it is until the period ends, then the new price; then it lets go."""
    schedules = stripe_client().v1.subscription_schedules
    async with stripe_errors("plan the change", acts=True):
        made = await schedules.create_async(
            {"from_subscription": subscription.id}, {"idempotency_key": f"{key}-schedule"}
        )
        phases = phases_of(made.to_dict(), subscription, price_id=price_id)
        await schedules.update_async(made.id, phases, {"idempotency_key": f"{key}-phases"})


async def end_trial_now(subscription_id: str) -> None:
    """Off session, for the holder is not there to be asked; what cannot be paid at once is refused.

    https://docs.stripe.com/billing/subscriptions/trials
    """
    async with stripe_errors("end the trial"):
        try:
            subscription = await stripe_client().v1.subscriptions.retrieve_async(subscription_id)
        except InvalidRequestError as error:
            if error.code != MISSING:
                raise
            return
        if subscription.status != TRIALING:
            return
        await stripe_client().v1.subscriptions.update_async(
            subscription_id,
            {"trial_end": "now", "off_session": True, "payment_behavior": "error_if_incomplete"},
        )


async def drop_planned_change(schedule_id: str) -> None:
    async with stripe_errors("drop the planned change", acts=True):
        await stripe_client().v1.subscription_schedules.release_async(schedule_id)


async def end_at_period_end(subscription_id: str, *, feedback: str | None, comment: str) -> None:
    """https://docs.stripe.com/billing/subscriptions/cancel"""
    details: SubscriptionUpdateParamsCancellationDetails = {}
    if feedback:
        details["feedback"] = cast(Feedback, feedback)
    if comment:
        details["comment"] = comment
    change: SubscriptionUpdateParams = {"cancel_at_period_end": True}
    if details:
        change["cancellation_details"] = details
    await _update(subscription_id, change, doing="cancel the subscription")


async def resume(subscription: RunningSubscription) -> None:
    """The portal may have set `cancel_at` alone: then that is what is taken back."""
    change: SubscriptionUpdateParams = (
        {"cancel_at_period_end": False} if subscription.cancels_at_period_end else {"cancel_at": ""}
    )
    await _update(subscription.id, change, doing="resume the subscription")


async def _update(subscription_id: str, change: SubscriptionUpdateParams, *, doing: str) -> None:
    async with stripe_errors(doing, acts=True):
        await stripe_client().v1.subscriptions.update_async(subscription_id, change)
