"""What each kind of mail tells, typed: the values its template may use.

Amounts are minor units of `currency` (ISO 4217, any case), times are ISO 8601 with an offset, addresses
are absolute. A context is checked when it is put into the outbox: a misspelt or missing value never
becomes a broken mail.
"""

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import ConfigDict, TypeAdapter, with_config
from pydantic_core import to_jsonable_python
from typing_extensions import TypedDict

from .models import MailKind

_EXACT = ConfigDict(extra="forbid", strict=True)


@with_config(_EXACT)
class VerifyEmailContext(TypedDict):
    url: str
    valid_hours: int


@with_config(_EXACT)
class PasswordResetContext(TypedDict):
    url: str
    valid_hours: int


@with_config(_EXACT)
class InvitationContext(TypedDict):
    """`role` as people say it: `an admin`, `a member`."""

    url: str
    valid_days: int
    workspace_name: str
    invited_by: str
    role: str


class AboutWorkspace(TypedDict):
    """What every mail about billing has."""

    workspace_name: str
    billing_url: str


@with_config(_EXACT)
class PaymentReceivedContext(AboutWorkspace):
    """`plan_name` is what was paid for, credits too; `period_end` until when, for a subscription."""

    plan_name: str
    amount: int
    currency: str
    invoice_url: str | None
    period_end: str | None


@with_config(_EXACT)
class PaymentFailedContext(AboutWorkspace):
    """`next_attempt_at` is None when Stripe will not try again by itself."""

    plan_name: str
    amount: int
    currency: str
    invoice_url: str | None
    next_attempt_at: str | None


@with_config(_EXACT)
class PaymentActionRequiredContext(AboutWorkspace):
    """`invoice_url` is the hosted page on which the bank lets the owner confirm."""

    plan_name: str
    amount: int
    currency: str
    invoice_url: str | None


@with_config(_EXACT)
class PaymentRefundedContext(AboutWorkspace):
    amount: int
    currency: str


@with_config(_EXACT)
class RefundFailedContext(AboutWorkspace):
    amount: int
    currency: str


@with_config(_EXACT)
class PaymentDisputedContext(AboutWorkspace):
    """`outcome` is None while the dispute is open."""

    amount: int
    currency: str
    reason: str
    outcome: str | None


@with_config(_EXACT)
class InvoiceNotFinalizedContext(AboutWorkspace):
    plan_name: str


@with_config(_EXACT)
class CardExpiringContext(AboutWorkspace):
    """`expires` as on the card: `08/2027`."""

    last4: str
    expires: str


@with_config(_EXACT)
class TrialEndingContext(AboutWorkspace):
    plan_name: str
    ends_at: str | None


@with_config(_EXACT)
class TrialPaidContext(PaymentReceivedContext):
    """The first payment after a trial."""


@with_config(_EXACT)
class TrialEndedContext(AboutWorkspace):
    """`outcome`: nobody paid, because it was `canceled` or there was `no_card`."""

    plan_name: str
    outcome: Literal["canceled", "no_card"]


@with_config(_EXACT)
class TrialRefusedContext(AboutWorkspace):
    """`why` is a sentence."""

    plan_name: str
    why: str


@with_config(_EXACT)
class CancellationScheduledContext(AboutWorkspace):
    plan_name: str
    ends_at: str | None


@with_config(_EXACT)
class SubscriptionCanceledContext(AboutWorkspace):
    plan_name: str


@with_config(_EXACT)
class PlanOnHoldContext(AboutWorkspace):
    """`is_unpaid` when payments failed for good; else a payment method is missing."""

    plan_name: str
    is_unpaid: bool


@with_config(_EXACT)
class RunningSubscription(TypedDict):
    """`id` is Stripe's, so that the right one can be found there."""

    id: str
    plan_name: str


@with_config(_EXACT)
class TwoSubscriptionsContext(AboutWorkspace):
    """`subscriptions` are all that run; two, as a rule."""

    subscriptions: list[RunningSubscription]


_SHAPES: dict[MailKind, TypeAdapter[Any]] = {
    MailKind.VERIFY_EMAIL: TypeAdapter(VerifyEmailContext),
    MailKind.PASSWORD_RESET: TypeAdapter(PasswordResetContext),
    MailKind.PAYMENT_RECEIVED: TypeAdapter(PaymentReceivedContext),
    MailKind.PAYMENT_FAILED: TypeAdapter(PaymentFailedContext),
    MailKind.PAYMENT_ACTION_REQUIRED: TypeAdapter(PaymentActionRequiredContext),
    MailKind.PAYMENT_REFUNDED: TypeAdapter(PaymentRefundedContext),
    MailKind.REFUND_FAILED: TypeAdapter(RefundFailedContext),
    MailKind.PAYMENT_DISPUTED: TypeAdapter(PaymentDisputedContext),
    MailKind.INVOICE_NOT_FINALIZED: TypeAdapter(InvoiceNotFinalizedContext),
    MailKind.CARD_EXPIRING: TypeAdapter(CardExpiringContext),
    MailKind.TRIAL_ENDING: TypeAdapter(TrialEndingContext),
    MailKind.TRIAL_PAID: TypeAdapter(TrialPaidContext),
    MailKind.TRIAL_ENDED: TypeAdapter(TrialEndedContext),
    MailKind.TRIAL_REFUSED: TypeAdapter(TrialRefusedContext),
    MailKind.CANCELLATION_SCHEDULED: TypeAdapter(CancellationScheduledContext),
    MailKind.SUBSCRIPTION_CANCELED: TypeAdapter(SubscriptionCanceledContext),
    MailKind.PLAN_ON_HOLD: TypeAdapter(PlanOnHoldContext),
    MailKind.TWO_SUBSCRIPTIONS: TypeAdapter(TwoSubscriptionsContext),
    MailKind.INVITATION: TypeAdapter(InvitationContext),
}


def checked_context(kind: MailKind, context: Mapping[str, Any]) -> dict[str, Any]:
    """The context as JSON holds it, times as text. Raises `pydantic.ValidationError` when it does not fit."""
    return _SHAPES[kind].validate_python(to_jsonable_python(dict(context)))
