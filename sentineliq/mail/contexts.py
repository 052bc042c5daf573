"""What each kind of mail tells, typed: the values its template may use.

Amounts are minor units of `currency` (ISO 4217, any case), times are ISO 8601 with an offset, addresses
are absolute. A context is checked when it is put into the outbox: a misspelt or missing value never
becomes a broken mail.
"""

from collections.abc import Mapping
from typing import Any

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
class PaymentReceivedContext(TypedDict):
    """`plan_name` is what was paid for, credits too; `period_end` until when, for a subscription."""

    workspace_name: str
    plan_name: str
    amount: int
    currency: str
    invoice_url: str | None
    period_end: str | None
    billing_url: str


@with_config(_EXACT)
class PaymentFailedContext(TypedDict):
    """`next_attempt_at` is None when Stripe will not try again by itself."""

    workspace_name: str
    plan_name: str
    amount: int
    currency: str
    invoice_url: str | None
    next_attempt_at: str | None
    billing_url: str


@with_config(_EXACT)
class CancellationScheduledContext(TypedDict):
    workspace_name: str
    plan_name: str
    ends_at: str | None
    billing_url: str


@with_config(_EXACT)
class SubscriptionCanceledContext(TypedDict):
    workspace_name: str
    plan_name: str
    billing_url: str


_SHAPES: dict[MailKind, TypeAdapter[Any]] = {
    MailKind.VERIFY_EMAIL: TypeAdapter(VerifyEmailContext),
    MailKind.PASSWORD_RESET: TypeAdapter(PasswordResetContext),
    MailKind.PAYMENT_RECEIVED: TypeAdapter(PaymentReceivedContext),
    MailKind.PAYMENT_FAILED: TypeAdapter(PaymentFailedContext),
    MailKind.CANCELLATION_SCHEDULED: TypeAdapter(CancellationScheduledContext),
    MailKind.SUBSCRIPTION_CANCELED: TypeAdapter(SubscriptionCanceledContext),
}


def checked_context(kind: MailKind, context: Mapping[str, Any]) -> dict[str, Any]:
    """The context as JSON holds it, times as text. Raises `pydantic.ValidationError` when it does not fit."""
    return _SHAPES[kind].validate_python(to_jsonable_python(dict(context)))
