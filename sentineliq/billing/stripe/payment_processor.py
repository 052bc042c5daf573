"""Stripe as the payment processor of `billing.processor`."""

from datetime import datetime

from ..plan_ids import BillingInterval
from ..plans import PaymentPlan
from ..processor import BillingCustomer, CheckoutSession, PortalFlow, Spare
from ..refunds import Payment, RefundReason
from ..subscription_changes import InvoicePreview, RunningSubscription
from ..views import PaymentMethodView, PriceView
from . import cancellation, checkout, customers, portal, reads, refunds, subscription_changes
from .subscriptions import has_ended, is_running


class StripePaymentProcessor:
    """Implements `PaymentProcessor`; each call is one module's."""

    id = "stripe"

    async def fetch_customer(self, customer: BillingCustomer) -> str:
        return await customers.fetch_stripe_customer(customer)

    async def update_customer_email(self, customer_id: str, email: str) -> None:
        await customers.update_customer_email(customer_id, email)

    async def create_checkout_session(
        self,
        *,
        customer_id: str,
        workspace_id: str,
        plan: PaymentPlan,
        checkout_id: str,
        interval: BillingInterval = BillingInterval.MONTH,
        trial_days: int = 0,
    ) -> CheckoutSession:
        return await checkout.create_stripe_checkout_session(
            customer_id=customer_id,
            workspace_id=workspace_id,
            plan=plan,
            checkout_id=checkout_id,
            interval=interval,
            trial_days=trial_days,
        )

    async def expire_checkout_session(self, session_id: str) -> None:
        await checkout.expire_checkout_session(session_id)

    async def expire_open_checkout_sessions(self, customer_id: str, *, spare: Spare | None = None) -> None:
        await checkout.expire_open_checkout_sessions(customer_id, spare=spare)

    async def has_running_subscription(self, customer_id: str) -> bool:
        return any(is_running(each) for each in await reads.fetch_subscriptions(customer_id))

    async def list_unended_subscriptions(self, customer_id: str) -> tuple[str, ...]:
        return tuple(each.id for each in await reads.fetch_subscriptions(customer_id) if not has_ended(each))

    async def cancel_subscription_now(self, subscription_id: str) -> None:
        await cancellation.cancel_subscription_now(subscription_id)

    async def fetch_customer_portal_url(
        self, *, customer_id: str | None, email: str, flow: PortalFlow, subscription_id: str | None
    ) -> str:
        return await portal.fetch_customer_portal_url(
            customer_id=customer_id, email=email, flow=flow, subscription_id=subscription_id
        )

    async def fetch_price(self, price_id: str) -> PriceView:
        return await reads.fetch_price(price_id)

    async def fetch_payment_method(self, customer_id: str) -> PaymentMethodView | None:
        return await reads.fetch_payment_method(customer_id)

    async def list_payments(self, customer_id: str) -> tuple[Payment, ...]:
        return await refunds.list_payments(customer_id)

    async def fetch_payment(self, charge_id: str) -> Payment | None:
        return await refunds.fetch_payment(charge_id)

    async def fetch_checkout_payment(self, session_id: str) -> Payment | None:
        return await refunds.fetch_checkout_payment(session_id)

    async def refund(
        self, charge_id: str, *, amount: int, reason: RefundReason, metadata: dict[str, str], key: str
    ) -> None:
        await refunds.refund(charge_id, amount=amount, reason=reason, metadata=metadata, key=key)

    async def fetch_subscription(self, subscription_id: str) -> RunningSubscription:
        return await subscription_changes.fetch_subscription(subscription_id)

    async def preview_next_invoice(self, subscription_id: str) -> InvoicePreview | None:
        return await subscription_changes.preview_next_invoice(subscription_id)

    async def preview_price_change(
        self, subscription: RunningSubscription, *, price_id: str, prorated_at: datetime
    ) -> InvoicePreview:
        return await subscription_changes.preview_price_change(
            subscription, price_id=price_id, prorated_at=prorated_at
        )

    async def preview_renewal(self, subscription: RunningSubscription, *, price_id: str) -> InvoicePreview:
        return await subscription_changes.preview_renewal(subscription, price_id=price_id)

    async def change_price(
        self, subscription: RunningSubscription, *, price_id: str, prorated_at: datetime, key: str
    ) -> RunningSubscription:
        return await subscription_changes.change_price(
            subscription, price_id=price_id, prorated_at=prorated_at, key=key
        )

    async def plan_price_change(self, subscription: RunningSubscription, *, price_id: str, key: str) -> None:
        await subscription_changes.plan_price_change(subscription, price_id=price_id, key=key)

    async def end_trial_now(self, subscription_id: str) -> None:
        await subscription_changes.end_trial_now(subscription_id)

    async def drop_planned_change(self, schedule_id: str) -> None:
        await subscription_changes.drop_planned_change(schedule_id)

    async def end_at_period_end(self, subscription_id: str, *, feedback: str | None, comment: str) -> None:
        await subscription_changes.end_at_period_end(subscription_id, feedback=feedback, comment=comment)

    async def resume(self, subscription: RunningSubscription) -> None:
        await subscription_changes.resume(subscription)
