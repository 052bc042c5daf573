"""What pages show of billing: plain values, safe for the browser, no ORM rows and nothing of Stripe's."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from ..workspaces.models import Role, SubscriptionStatus
from .card_expiry import CardExpiry
from .limits import Limit
from .plans import PaymentPlanId


class PlanAction(StrEnum):
    """What the button of a plan's card does for the one who looks at it."""

    LOG_IN = "log_in"
    BUY = "buy"
    MANAGE = "manage"
    SWITCH = "switch"
    OWNER_ONLY = "owner_only"


@dataclass(frozen=True, slots=True)
class PriceView:
    """A price as Stripe has it. `amount` is in minor units of `currency` (lower case ISO 4217)."""

    amount: int
    currency: str
    interval: str | None = None
    interval_count: int = 1


@dataclass(frozen=True, slots=True)
class PlanCard:
    """`price` is None while Stripe cannot be asked; `annual` also where no plan is sold by the year.
    `trial_days`: for so long it is free to begin with."""

    plan_id: PaymentPlanId
    name: str
    description: str
    features: tuple[str, ...]
    price: PriceView | None
    action: PlanAction
    is_current: bool = False
    annual: PriceView | None = None
    trial_days: int = 0


@dataclass(frozen=True, slots=True)
class InvoiceView:
    """`total` in minor units. Links are Stripe's own, absolute."""

    id: str
    number: str
    created: datetime
    total: int
    currency: str
    status: str
    hosted_url: str
    pdf_url: str


@dataclass(frozen=True, slots=True)
class AuditView:
    id: int
    at: datetime
    actor: str
    summary: str


@dataclass(frozen=True, slots=True)
class AuditChange:
    """One field of an audit row; empty where the row says nothing of before or after."""

    field: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class AuditLine:
    """Who did what, when, from where, and from what to what. `origin` is empty for whoever may not see it."""

    id: int
    at: datetime
    actor: str
    actor_kind: str
    action: str
    summary: str
    changes: tuple[AuditChange, ...]
    origin: str
    event_id: str


@dataclass(frozen=True, slots=True)
class AuditPage:
    """`retention_days` is how far back the plan shows; None is all of it."""

    lines: tuple[AuditLine, ...]
    has_more: bool
    retention_days: int | None


@dataclass(frozen=True, slots=True)
class PaymentMethodView:
    """`as_of` is when Stripe told it, where it cannot be asked now."""

    brand: str
    last4: str
    exp_month: int
    exp_year: int
    expiry: CardExpiry = CardExpiry.VALID
    as_of: datetime | None = None


class BillingAlert(StrEnum):
    """Why the billing page has a banner."""

    PAST_DUE = "past_due"
    CANCELING = "canceling"
    UNPAID = "unpaid"
    INCOMPLETE = "incomplete"
    PAUSED = "paused"


@dataclass(frozen=True, slots=True)
class UsageView:
    """One limit of the plan; `limit` None is unlimited, and storage is in bytes.

    `must_go` says what has to be given up, where more is used than the plan allows.
    """

    label: str
    used: int
    limit: int | None
    kind: Limit | None = None
    must_go: str = ""


@dataclass(frozen=True, slots=True)
class BillingOverview:
    """The billing page of one workspace for one member.

    `plan_name` is what holds now, paid for or complimentary; `subscribed_plan` what is subscribed to, also
    where it may not be used now. `grace_ends` is until when that stays on after a failed payment, and
    `is_on_hold` whether that time is over; `as_of` is when Stripe last told of the subscription, and
    `customer_as_of` of the customer.
    """

    workspace_id: str
    workspace_name: str
    role: Role
    plan_name: str
    plan_id: PaymentPlanId | None
    status: SubscriptionStatus | None
    status_label: str
    renewal_date: datetime | None
    ends_at: datetime | None
    credits: int
    alert: BillingAlert | None
    can_manage: bool
    has_customer: bool
    is_subscribed: bool = False
    subscribed_plan: str = ""
    grace_ends: datetime | None = None
    is_on_hold: bool = False
    as_of: datetime | None = None
    customer_as_of: datetime | None = None
    trial_days_left: int | None = None
    billing_email: str = ""
    complimentary_plan: str = ""
    complimentary_until: datetime | None = None
    has_more_invoices: bool = False
    invoices: tuple[InvoiceView, ...] = field(default=())
    audit: tuple[AuditView, ...] = field(default=())
    usage: tuple[UsageView, ...] = field(default=())


class CheckoutProgress(StrEnum):
    """What the return page says of a checkout session."""

    CONFIRMING = "confirming"
    PROCESSING = "processing"
    SUCCESSFUL = "successful"
    FAILED = "failed"
    EXPIRED = "expired"
    UNKNOWN = "unknown"
