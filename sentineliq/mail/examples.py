"""A context of each kind of mail, as the rest of the product would give it: for the gallery and for tests."""

from typing import Any

from .contexts import (
    CancellationScheduledContext,
    CardExpiringContext,
    InvitationContext,
    InvoiceNotFinalizedContext,
    PasswordResetContext,
    PaymentActionRequiredContext,
    PaymentDisputedContext,
    PaymentFailedContext,
    PaymentReceivedContext,
    PaymentRefundedContext,
    PlanOnHoldContext,
    RefundFailedContext,
    SubscriptionCanceledContext,
    TrialEndedContext,
    TrialEndingContext,
    TrialPaidContext,
    TrialRefusedContext,
    TwoSubscriptionsContext,
    VerifyEmailContext,
)
from .models import MailKind

BILLING_URL = "https://app.example.com/workspace/billing"
INVOICE_URL = "https://invoice.stripe.com/i/acct_1/test_1"

EXAMPLES: dict[MailKind, Any] = {
    MailKind.VERIFY_EMAIL: VerifyEmailContext(
        url="https://app.example.com/verify-email?token=abc.def.ghi", valid_hours=48
    ),
    MailKind.PASSWORD_RESET: PasswordResetContext(
        url="https://app.example.com/reset-password?token=abc.def.ghi", valid_hours=1
    ),
    MailKind.PAYMENT_RECEIVED: PaymentReceivedContext(
        workspace_name="Acme",
        plan_name="Hobby",
        amount=999,
        currency="usd",
        invoice_url=INVOICE_URL,
        period_end="2026-12-31T23:30:00+00:00",
        billing_url=BILLING_URL,
    ),
    MailKind.PAYMENT_FAILED: PaymentFailedContext(
        workspace_name="Acme",
        plan_name="Pro",
        amount=2000,
        currency="JPY",
        invoice_url=INVOICE_URL,
        next_attempt_at="2026-12-03T08:00:00+02:00",
        billing_url=BILLING_URL,
    ),
    MailKind.PAYMENT_ACTION_REQUIRED: PaymentActionRequiredContext(
        workspace_name="Acme",
        plan_name="Pro",
        amount=1999,
        currency="usd",
        invoice_url=INVOICE_URL,
        billing_url=BILLING_URL,
    ),
    MailKind.PAYMENT_REFUNDED: PaymentRefundedContext(
        workspace_name="Acme", amount=500, currency="eur", billing_url=BILLING_URL
    ),
    MailKind.REFUND_FAILED: RefundFailedContext(
        workspace_name="Acme", amount=500, currency="eur", billing_url=BILLING_URL
    ),
    MailKind.PAYMENT_DISPUTED: PaymentDisputedContext(
        workspace_name="Acme",
        amount=999,
        currency="usd",
        reason="product not received",
        outcome=None,
        billing_url=BILLING_URL,
    ),
    MailKind.INVOICE_NOT_FINALIZED: InvoiceNotFinalizedContext(
        workspace_name="Acme", plan_name="Hobby", billing_url=BILLING_URL
    ),
    MailKind.CARD_EXPIRING: CardExpiringContext(
        workspace_name="Acme", last4="4242", expires="08/2027", billing_url=BILLING_URL
    ),
    MailKind.TRIAL_ENDING: TrialEndingContext(
        workspace_name="Acme", plan_name="Pro", ends_at="2026-12-31T12:00:00Z", billing_url=BILLING_URL
    ),
    MailKind.TRIAL_PAID: TrialPaidContext(
        workspace_name="Acme",
        plan_name="Pro",
        amount=1999,
        currency="usd",
        invoice_url=INVOICE_URL,
        period_end="2026-12-31T12:00:00Z",
        billing_url=BILLING_URL,
    ),
    MailKind.TRIAL_ENDED: TrialEndedContext(
        workspace_name="Acme", plan_name="Pro", outcome="no_card", billing_url=BILLING_URL
    ),
    MailKind.TRIAL_REFUSED: TrialRefusedContext(
        workspace_name="Acme",
        plan_name="Pro",
        why="This card has had a trial before.",
        billing_url=BILLING_URL,
    ),
    MailKind.CANCELLATION_SCHEDULED: CancellationScheduledContext(
        workspace_name="Acme", plan_name="Hobby", ends_at="2026-12-31T12:00:00Z", billing_url=BILLING_URL
    ),
    MailKind.SUBSCRIPTION_CANCELED: SubscriptionCanceledContext(
        workspace_name="Acme", plan_name="Hobby", billing_url=BILLING_URL
    ),
    MailKind.PLAN_ON_HOLD: PlanOnHoldContext(
        workspace_name="Acme", plan_name="Hobby", is_unpaid=True, billing_url=BILLING_URL
    ),
    MailKind.TWO_SUBSCRIPTIONS: TwoSubscriptionsContext(
        workspace_name="Acme",
        subscriptions=[
            {"id": "sub_1", "plan_name": "Hobby"},
            {"id": "sub_2", "plan_name": "Pro"},
        ],
        billing_url=BILLING_URL,
    ),
    MailKind.INVITATION: InvitationContext(
        url="https://app.example.com/invitations/accept?token=abc.def.ghi",
        valid_days=7,
        workspace_name="Acme",
        invited_by="owner@example.com",
        role="a member",
    ),
}
