"""What the page of a plan change shows: plain values, safe for the browser but for the quote's own ids."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from .plan_ids import BillingInterval, PaymentPlanId
from .subscription_changes import InvoicePreview
from .views import PriceView


class ChangeTime(StrEnum):
    """When a change takes place."""

    NOW = "now"
    PERIOD_END = "period_end"


class CancellationFeedback(StrEnum):
    """Why people leave, in Stripe's words."""

    TOO_EXPENSIVE = "too_expensive"
    MISSING_FEATURES = "missing_features"
    SWITCHED_SERVICE = "switched_service"
    UNUSED = "unused"
    CUSTOMER_SERVICE = "customer_service"
    TOO_COMPLEX = "too_complex"
    LOW_QUALITY = "low_quality"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class PlanOffer:
    """A plan that may be switched to; a price is None where it is not sold that way or Stripe is down."""

    plan_id: PaymentPlanId
    name: str
    features: tuple[str, ...]
    monthly: PriceView | None
    annual: PriceView | None


@dataclass(frozen=True, slots=True)
class PlannedPlan:
    """A change to come. `plan_name` is empty for a price that is not ours."""

    plan_name: str
    interval: BillingInterval
    at: datetime


@dataclass(frozen=True, slots=True)
class PlanChoices:
    """The subscription as Stripe has it now, and what it may become. `waiting_url` leads to the payment
    that a change waits for."""

    plan_id: PaymentPlanId | None
    interval: BillingInterval
    renews_at: datetime
    is_trial: bool
    ends_at: datetime | None
    is_waiting: bool
    waiting_url: str
    planned: PlannedPlan | None
    offers: tuple[PlanOffer, ...]
    by_the_year: bool


@dataclass(frozen=True, slots=True)
class PlanQuote:
    """A change with what it costs, as it was shown to the owner.

    It stays on the server: what is confirmed is this very quote, with its `prorated_at`.
    """

    id: str
    workspace_id: str
    subscription_id: str
    plan_id: PaymentPlanId
    interval: BillingInterval
    from_price: str
    to_price: str
    prorated_at: datetime
    made_at: datetime
    due_now: InvoicePreview | None
    renewal: InvoicePreview
    is_downgrade: bool
    is_trial: bool
    period_end: datetime
    must_go: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ChangeOutcome:
    """`pay_url` is where the owner completes the payment that the change waits for, empty if it is done."""

    plan_name: str
    pay_url: str = ""
    takes_place_at: datetime | None = None
