"""Changing a running subscription: the part of the processor's interface for it, in our own types."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from ..errors import AppError


class PaymentDeclined(AppError):
    status = 402
    message = "Your card was declined. Nothing was changed; please update the payment method and try again."


class CurrencyLocked(AppError):
    """A customer pays in one currency, forever (https://docs.stripe.com/billing/customer#currency)."""

    status = 409
    message = (
        "This workspace is billed in another currency than this plan is sold in, and Stripe keeps a "
        "customer to one currency. Please write to us to change it; nothing was charged."
    )


@dataclass(frozen=True, slots=True)
class PlannedChange:
    """A change of price that takes place by itself."""

    price_id: str
    at: datetime


@dataclass(frozen=True, slots=True)
class RunningSubscription:
    """A subscription as the processor has it now. `ends_at` is set once it is to end by itself;
    `waiting_invoice_url` leads to the invoice that a change waits for."""

    id: str
    customer_id: str
    item_id: str
    price_id: str
    currency: str
    period_start: datetime
    period_end: datetime
    is_trial: bool
    ends_at: datetime | None
    cancels_at_period_end: bool
    is_waiting: bool
    waiting_invoice_url: str
    schedule_id: str | None
    planned: PlannedChange | None
    discount_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class InvoicePreview:
    """An invoice that does not exist yet, in minor units of `currency`. `total` is negative where the
    customer gets credit; `amount_due` is what the card would be charged, the customer's credit deducted.
    `price_id` is what renews, empty where that is no plan of ours; `changes_to` is the plan's name where
    another one is held until then. `as_of` is when Stripe told it, where it cannot be asked now."""

    currency: str
    total: int
    tax: int
    amount_due: int
    at: datetime
    price_id: str = ""
    changes_to: str = ""
    as_of: datetime | None = None


class SubscriptionProcessor(Protocol):
    """Every method may raise `PaymentProcessorUnavailable` or `PaymentProcessorRefused`."""

    async def fetch_subscription(self, subscription_id: str) -> RunningSubscription:
        """The subscription as it stands now."""
        ...

    async def preview_next_invoice(self, subscription_id: str) -> InvoicePreview | None:
        """What the next renewal asks for; None where nothing is coming."""
        ...

    async def preview_price_change(
        self, subscription: RunningSubscription, *, price_id: str, prorated_at: datetime
    ) -> InvoicePreview:
        """What a change of price would charge at once."""
        ...

    async def preview_renewal(self, subscription: RunningSubscription, *, price_id: str) -> InvoicePreview:
        """What a renewal at that price asks for, and when the first one is."""
        ...

    async def change_price(
        self, subscription: RunningSubscription, *, price_id: str, prorated_at: datetime, key: str
    ) -> RunningSubscription:
        """Change it at once, once by `key`; it waits where the payment needs its owner.

        Raises `PaymentDeclined` and `CurrencyLocked`.
        """
        ...

    async def plan_price_change(self, subscription: RunningSubscription, *, price_id: str, key: str) -> None:
        """Change it at the end of the running period, once by `key`."""
        ...

    async def end_trial_now(self, subscription_id: str) -> None:
        """Charge for the first period at once; nothing happens to one that is not on trial any more.

        Raises `PaymentDeclined`: then the trial goes on.
        """
        ...

    async def drop_planned_change(self, schedule_id: str) -> None:
        """Nothing is planned any more."""
        ...

    async def end_at_period_end(self, subscription_id: str, *, feedback: str | None, comment: str) -> None:
        """Let it run out. `feedback` is one of Stripe's reasons."""
        ...

    async def resume(self, subscription: RunningSubscription) -> None:
        """Take back an end that has not come yet."""
        ...
