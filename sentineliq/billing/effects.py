"""What an event does to a workspace, as values: handlers decide, the ledger applies.

Handlers stay pure, so that every rule about money can be tested without a database, and one writer
(`payment_details`) carries all of it out in the transaction of the event's row.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ..activity.models import AuditAction, NotificationKind
from ..i18n import Phrase
from ..mail.models import MailKind
from ..workspaces.models import SubscriptionStatus
from .models import CheckoutStatus
from .plans import PaymentPlanId
from .recurring import RecurringPrice


@dataclass(frozen=True, slots=True)
class SubscriptionDetails:
    """A workspace's subscription after an event. `as_of` is None where only an invoice told of it:
    then any whole subscription supersedes it."""

    subscription_id: str
    status: SubscriptionStatus | None
    plan: PaymentPlanId | None
    current_period_end: datetime | None
    cancel_at: datetime | None
    past_due_since: datetime | None
    created: datetime | None
    as_of: datetime | None
    as_of_event: str | None
    has_others: bool = False
    """Whether Stripe has shown another one, unended or later: when this one ends, that one may count."""
    trial_end: datetime | None = None
    price: RecurringPrice | None = None
    is_discounted: bool = False


@dataclass(frozen=True, slots=True)
class TrialStart:
    """A trial that has begun, heard of for the first time. `card` is its fingerprint, None without a card."""

    subscription_id: str
    plan_name: str
    card: str | None


@dataclass(frozen=True, slots=True)
class CreditGrant:
    """Credits, once per `source` (`checkout_session:cs_…`)."""

    amount: int
    source: str
    description: str


@dataclass(frozen=True, slots=True)
class InvoiceRecord:
    """An invoice as the event told it; amounts in minor units."""

    id: str
    number: str | None
    status: str
    currency: str
    total: int
    amount_paid: int
    amount_remaining: int
    created: datetime
    as_of: datetime
    hosted_invoice_url: str | None
    invoice_pdf: str | None
    next_payment_attempt: datetime | None = None


@dataclass(frozen=True, slots=True)
class CheckoutRecord:
    """What became of a checkout session of ours. `checkout_id` is our reservation, from its metadata."""

    session_id: str
    checkout_id: str | None
    status: CheckoutStatus
    plan_id: PaymentPlanId | None
    subscription_id: str | None
    payment_intent: str | None
    created: datetime


@dataclass(frozen=True, slots=True)
class FailedRefund:
    """A refund whose money has come back to us, or that was cancelled; in minor units."""

    id: str
    amount: int


@dataclass(frozen=True, slots=True)
class RefundRecord:
    """What was refunded of a charge so far, in minor units, with what failed afterwards; `failed` is the
    refund of which that is told."""

    charge_id: str
    payment_intent: str | None
    currency: str
    amount: int
    amount_refunded: int
    failed: FailedRefund | None = None


@dataclass(frozen=True, slots=True)
class CustomerChange:
    """What happened to the customer itself at Stripe; of a former customer it changes nothing."""

    customer_id: str
    email: str | None = None
    as_of: datetime | None = None
    deleted: bool = False


@dataclass(frozen=True, slots=True)
class Notice:
    """An in-app notification for every member, once per `about`."""

    kind: NotificationKind
    about: str
    title: Phrase
    body: Phrase | str = ""


@dataclass(frozen=True, slots=True)
class OwnerMail:
    """A mail to the owner, and to staff where they must know, once per `key` and address."""

    kind: MailKind
    key: str
    context: dict[str, Any]
    staff_too: bool = False


@dataclass(frozen=True, slots=True)
class AuditNote:
    """An audit row: what handlers note beyond those that the writer makes of each changed field."""

    action: AuditAction
    after: dict[str, Any]
    before: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Effects:
    """Everything that one event does, applied in one transaction or not at all."""

    subscription: SubscriptionDetails | None = None
    trial: TrialStart | None = None
    date_paid: datetime | None = None
    credits: CreditGrant | None = None
    invoice: InvoiceRecord | None = None
    checkout: CheckoutRecord | None = None
    refund: RefundRecord | None = None
    customer: CustomerChange | None = None
    notices: tuple[Notice, ...] = ()
    mails: tuple[OwnerMail, ...] = ()
    audit: tuple[AuditNote, ...] = ()


@dataclass(frozen=True, slots=True)
class Unmatched:
    """Something in the event is not known to us: park it, change nothing."""

    reason: str


@dataclass(frozen=True, slots=True)
class NeedsSubscriptions:
    """The event alone does not settle it: read the customer's subscriptions, outside the transaction.

    `seen` is the event behind what the workspace held when the question arose; an answer to an older
    state is asked for again.
    """

    customer_id: str
    seen: str | None


@dataclass(frozen=True, slots=True)
class NeedsCheckoutPrices:
    """The session does not say what it sold: read its line items, outside the transaction."""

    session_id: str


@dataclass(frozen=True, slots=True)
class NeedsCharge:
    """Whose a charge is, or what has become of its refunds, is not in the event: read it."""

    charge_id: str


@dataclass(frozen=True, slots=True)
class NeedsPaymentMethod:
    """Whether the card lapses before the next payment is not in the event: read it."""

    customer_id: str


@dataclass(frozen=True, slots=True)
class NeedsCustomerEmail:
    """Two changes of an address in one second do not tell which was the last: read the customer."""

    customer_id: str


@dataclass(frozen=True, slots=True)
class NeedsTrialCard:
    """Which card a trial was begun with is not in the event: read it."""

    subscription_id: str


Question = (
    NeedsSubscriptions
    | NeedsCheckoutPrices
    | NeedsCharge
    | NeedsPaymentMethod
    | NeedsCustomerEmail
    | NeedsTrialCard
)
Decision = Effects | Unmatched | Question
