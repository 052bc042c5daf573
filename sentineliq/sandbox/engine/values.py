"""Plain values that go in and out of the engine. Amounts are integer minor units; times are Unix seconds."""

from dataclasses import dataclass
from typing import Any

Document = dict[str, Any]
"""An API object exactly as Stripe's API answers it."""


@dataclass(frozen=True)
class Card:
    """What a customer types into a hosted page; spaces in the number are fine."""

    number: str
    exp_month: int
    exp_year: int
    cvc: str


@dataclass(frozen=True)
class SummaryLine:
    """One position of a checkout."""

    description: str
    quantity: int
    unit_amount: int
    amount: int
    interval: str | None
    """`month`, `year`, …; None for a one-time price."""
    interval_count: int = 1


@dataclass(frozen=True)
class CheckoutSummary:
    """What the hosted checkout page shows. `total` is due today; `tax` is as known so far."""

    session_id: str
    mode: str
    """`payment`, `subscription` or `setup`."""
    status: str
    """`open`, `complete` or `expired`."""
    currency: str
    lines: tuple[SummaryLine, ...]
    subtotal: int
    discount: int
    tax: int
    credit: int
    """What the customer's balance pays; in `total` already."""
    total: int
    automatic_tax: bool
    bank_debit: bool
    """Whether the test bank account may pay."""
    allow_promotion_codes: bool
    promotion_code: str | None
    """The code that is applied, as typed (`LAUNCH50`)."""
    discount_label: str | None
    """`50% off`, `30% off once`."""
    interval: str | None
    interval_count: int
    trial_days: int | None
    customer_email: str | None
    customer_name: str | None
    customer_country: str | None
    success_url: str | None
    cancel_url: str | None
    submit_message: str = ""
    """The merchant's words beside the button."""


@dataclass(frozen=True)
class PlanChangePreview:
    """What a switch costs now. A negative `amount_due_now` never occurs: credit goes to the balance."""

    currency: str
    amount_due_now: int
    credit: int
    charge: int
    tax: int = 0
    balance: int = 0
    """What the customer's balance takes off, below zero, or adds."""


@dataclass(frozen=True)
class DeliveryAttempt:
    """One try to hand an event to an endpoint."""

    endpoint_id: str
    url: str
    attempted_at: float
    status: int | None
    """HTTP status; None when nobody answered."""
    response: str
    """The first characters of the answer, or of the failure."""


@dataclass(frozen=True)
class EventRecord:
    """An event, the tries so far, and when the next one is due (None: delivered or given up)."""

    event: Document
    attempts: tuple[DeliveryAttempt, ...]
    next_attempt_at: float | None
    delivered: bool
