"""What a handler is told beside its event: what Stripe said to its question, and whose customer it is."""

from dataclasses import dataclass
from datetime import datetime

from ...billed import BilledWorkspace
from ...views import PaymentMethodView
from ..charge_payloads import ChargeWithRefunds
from ..payloads import SubscriptionPayload


@dataclass(frozen=True, slots=True)
class PaymentMethodAnswer:
    """The card that pays, None where there is none."""

    card: PaymentMethodView | None


@dataclass(frozen=True, slots=True)
class EmailAnswer:
    """The customer's address, None where it has none."""

    email: str | None


@dataclass(frozen=True, slots=True)
class TrialCardAnswer:
    """The fingerprint of the card behind that subscription's trial, None where there is no card."""

    subscription_id: str
    fingerprint: str | None


@dataclass(frozen=True, slots=True)
class ChargeAnswer:
    """The charge, None where Stripe has none of that id."""

    charge: ChargeWithRefunds | None

    @property
    def customer(self) -> str:
        """Whose it is; empty for a guest's charge or an unknown one."""
        return (self.charge and self.charge.customer) or ""


@dataclass(frozen=True, slots=True)
class Answers:
    """None where nothing was asked."""

    subscriptions: tuple[SubscriptionPayload, ...] | None = None
    price_ids: tuple[str, ...] | None = None
    charge: ChargeAnswer | None = None
    payment_method: PaymentMethodAnswer | None = None
    email: EmailAnswer | None = None
    trial_card: TrialCardAnswer | None = None
    seen: str | None = None
    told_at: datetime | None = None
    """When Stripe told the subscriptions."""
    is_former_customer: bool = False
    """Whether the workspace had the event's customer before, and has none now: it was deleted."""
    has_failed_refund: bool = False
    """Whether a refund of the event's charge is known to have failed."""

    def subscriptions_for(self, workspace: BilledWorkspace) -> tuple[SubscriptionPayload, ...] | None:
        """The answer, unless the workspace has changed since the question."""
        return self.subscriptions if self.seen == workspace.subscription_as_of_event else None
