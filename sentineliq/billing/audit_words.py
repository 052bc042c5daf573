"""The fields of audit rows, named and shown as people read them. The log itself keeps what was written."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from ..activity.summaries import FEEDBACK_NAMES, PLAN_NAMES
from ..i18n import Money, day, mark, number, say
from ..workspaces.members import ROLE_NAMES
from .plan_ids import BillingInterval
from .plan_views import ChangeTime
from .refunds import RefundReason
from .status_labels import STATUS_LABELS
from .trials import WHY

FIELDS = {
    "plan": mark("Plan"),
    "status": mark("Status"),
    "credits": mark("Credits"),
    "customer": mark("Customer"),
    "email": mark("Email"),
    "role": mark("Role"),
    "name": mark("Name"),
    "owner": mark("Owner"),
    "user": mark("User"),
    "invoice": mark("Invoice"),
    "amount": mark("Amount"),
    "currency": mark("Currency"),
    "charge": mark("Charge"),
    "refund": mark("Refund"),
    "dispute": mark("Dispute"),
    "interval": mark("Interval"),
    "when": mark("When"),
    "feedback": mark("Reason"),
    "comment": mark("Comment"),
    "source": mark("Source"),
    "description": mark("Description"),
    "ends_at": mark("Ends on"),
    "shortfall": mark("Shortfall"),
    "subscription": mark("Subscription"),
    "differences": mark("Differences"),
    "until": mark("Until"),
    "reason": mark("Reason"),
    "note": mark("Note"),
    "why": mark("Why"),
    "event": mark("Event"),
    "outcome": mark("Outcome"),
}
_REFUND_REASONS = {
    RefundReason.REQUESTED_BY_CUSTOMER.value: mark("requested by customer"),
    RefundReason.DUPLICATE.value: mark("duplicate"),
    RefundReason.FRAUDULENT.value: mark("fraudulent"),
}
_FAILURES = {
    "charge_for_pending_refund_disputed": mark("the payment is disputed"),
    "declined": mark("declined"),
    "expired_or_canceled_card": mark("expired or cancelled card"),
    "insufficient_funds": mark("insufficient funds"),
    "lost_or_stolen_card": mark("lost or stolen card"),
    "merchant_request": mark("cancelled by the business"),
    "unknown": mark("unknown"),
}
"""Why a refund failed (https://docs.stripe.com/api/refunds/object#refund_object-failure_reason)."""
DISPUTES = (
    mark("needs response"),
    mark("under review"),
    mark("warning needs response"),
    mark("warning under review"),
)
"""Stripe's words for disputes that are open; those of closed ones are in their mail too."""
_TIMES = {ChangeTime.NOW.value: mark("At once"), ChangeTime.PERIOD_END.value: mark("At the period's end")}
_INTERVALS = {BillingInterval.MONTH.value: mark("Monthly"), BillingInterval.YEAR.value: mark("Yearly")}

Values = Mapping[str, Any]


def field_name(field: str) -> str:
    return say(FIELDS.get(field, field.replace("_", " ").capitalize()))


def in_words(values: Values, field: str) -> str:
    """What the row says of a field: ids and what people have typed as they stand, all else in words."""
    value, show = values[field], _SHOWN.get(field)
    if value is None and field not in ("plan", "status"):  # of which nothing is the free plan
        return say("none")
    return show(value, values) if show else str(value)


def as_written(values: Values, field: str) -> str:
    """What the row says of a field, for machines."""
    return say("none") if values[field] is None else str(values[field])


def _amount(value: Any, values: Values) -> str:
    currency = values.get("currency")
    return str(Money(value, currency)) if currency else number(value)


def _count(value: Any, _values: Values) -> str:
    return number(value)


def _status(value: Any, _values: Values) -> str:
    """A subscription's, or a dispute's, which is Stripe's word."""
    return say(STATUS_LABELS.get(value) or str(value).replace("_", " "))


def _plan(value: Any, _values: Values) -> str:
    return say(PLAN_NAMES.get(value) or str(value or "Free"))


def _day(value: Any, _values: Values) -> str:
    """Of a moment, or of a day alone."""
    moment = datetime.fromisoformat(value)
    return day(moment if moment.tzinfo else moment.replace(tzinfo=UTC))


def _one_of(words: Mapping[Any, str]) -> Callable[[Any, Values], str]:
    """What is none of these was typed by someone."""
    return lambda value, _values: say(words[value]) if value in words else str(value)


_SHOWN: dict[str, Callable[[Any, Values], str]] = {
    "amount": _amount,
    "credits": _count,
    "shortfall": _count,
    "differences": _count,
    "plan": _plan,
    "status": _status,
    "role": _one_of(ROLE_NAMES),
    "ends_at": _day,
    "until": _day,
    "when": _one_of(_TIMES),
    "interval": _one_of(_INTERVALS),
    "feedback": _one_of(FEEDBACK_NAMES),
    "reason": _one_of(_REFUND_REASONS | _FAILURES),
    "why": _one_of(WHY),
}
