"""Payments that can go back, in our own types, and what a payment processor does about them."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from ..errors import AppError


class RefundReason(StrEnum):
    """Why money goes back, in Stripe's words."""

    REQUESTED_BY_CUSTOMER = "requested_by_customer"
    DUPLICATE = "duplicate"
    FRAUDULENT = "fraudulent"


class RefundRefused(AppError):
    """The processor said no; the message says why."""

    status = 409
    message = "Stripe refused this refund."


@dataclass(frozen=True, slots=True)
class Payment:
    """A charge as the processor has it. Amounts in minor units of `currency`."""

    charge_id: str
    customer_id: str
    created: datetime
    currency: str
    amount: int
    amount_refunded: int
    """Without what failed afterwards."""
    status: str
    description: str
    is_disputed: bool = False
    invoice_number: str = ""
    amount_failed: int = 0
    """Of refunds that failed or were cancelled: it may be refunded again."""

    @property
    def refundable(self) -> int:
        """What may still go back."""
        return self.amount - self.amount_refunded if self.status == "succeeded" else 0


class RefundProcessor(Protocol):
    """Part of `PaymentProcessor`."""

    async def list_payments(self, customer_id: str) -> tuple[Payment, ...]:
        """The customer's newest charges, newest first, with the numbers of the invoices that they paid."""
        ...

    async def fetch_payment(self, charge_id: str) -> Payment | None:
        """One charge; None where the processor has none of that id."""
        ...

    async def fetch_checkout_payment(self, session_id: str) -> Payment | None:
        """What a checkout session was paid with; None where nothing was due."""
        ...

    async def refund(
        self, charge_id: str, *, amount: int, reason: RefundReason, metadata: dict[str, str], key: str
    ) -> None:
        """The same `key` again refunds nothing more. Raises `RefundRefused`."""
        ...
