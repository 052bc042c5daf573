"""Charges, their refunds and their disputes as we read them."""

from typing import Annotated

from pydantic import Field

from .payloads import STORABLE, Currency, Metadata, MinorUnits, Payload, StripeId


class ChargePayload(Payload):
    """https://docs.stripe.com/api/charges/object; `amount_refunded` is the sum so far."""

    id: StripeId
    customer: StripeId | None = None
    payment_intent: StripeId | None = None
    currency: Currency
    amount: MinorUnits
    amount_refunded: MinorUnits
    metadata: Metadata = {}


FAILED_REFUND = ("failed", "canceled")
"""Refunds whose money is ours again; both are final (https://docs.stripe.com/refunds#failed-refunds)."""


class RefundPayload(Payload):
    """https://docs.stripe.com/api/refunds/object; it names a charge, if any, and no customer."""

    id: StripeId
    charge: StripeId | None = None
    currency: Currency
    amount: MinorUnits
    status: Annotated[str, Field(max_length=32, pattern=STORABLE)] | None = None
    failure_reason: Annotated[str, Field(max_length=64, pattern=STORABLE)] | None = None

    @property
    def has_failed(self) -> bool:
        return self.status in FAILED_REFUND


class ChargeWithRefunds(ChargePayload):
    """A charge as it was read, with all of its refunds."""

    refunds: tuple[RefundPayload, ...]

    @property
    def amount_sent(self) -> int:
        """The sum of all refunds, of those that failed too: it never becomes less."""
        return sum(refund.amount for refund in self.refunds)

    @property
    def went_back(self) -> int:
        """The same without those that failed."""
        return sum(refund.amount for refund in self.refunds if not refund.has_failed)


class DisputePayload(Payload):
    """https://docs.stripe.com/api/disputes/object; it names a charge and no customer."""

    id: StripeId
    charge: StripeId
    currency: Currency
    amount: MinorUnits
    status: Annotated[str, Field(max_length=64, pattern=STORABLE)]
    reason: Annotated[str, Field(max_length=64, pattern=STORABLE)]
