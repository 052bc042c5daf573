"""Charges and their refunds (https://docs.stripe.com/refunds).

Since basil a charge does not name its invoice: the invoices' payments name their payment intents
(https://docs.stripe.com/changelog/basil/2025-03-31/add-support-for-multiple-partial-payments-on-invoices).
"""

from datetime import UTC, datetime
from typing import Any

from stripe import IdempotencyError, InvalidRequestError, Refund, StripeError

from ..refunds import Payment, RefundReason, RefundRefused
from .charge_payloads import FAILED_REFUND, ChargeWithRefunds
from .client import stripe_client, stripe_errors
from .fields import dig, first
from .payloads import Json
from .reads import MISSING, charge_with_refunds

LISTED = 50
_REFUSALS = {
    "charge_already_refunded": "This payment has gone back in whole already.",
    "charge_disputed": "This payment is disputed: the bank decides about it, and it cannot be refunded.",
    "balance_insufficient": "The Stripe balance does not cover this refund. Add funds at Stripe first.",
    "insufficient_funds": "The Stripe balance does not cover this refund. Add funds at Stripe first.",
}


async def list_payments(customer_id: str) -> tuple[Payment, ...]:
    client = stripe_client().v1
    async with stripe_errors("list the customer's charges"):
        try:
            charges = await client.charges.list_async(
                {"customer": customer_id, "limit": LISTED, "expand": ["data.refunds"]}
            )
            invoices = await client.invoices.list_async(
                {"customer": customer_id, "limit": LISTED, "expand": ["data.payments"]}
            )
        except InvalidRequestError as error:
            if error.code != MISSING:
                raise
            return ()
    numbers = _numbers(invoice.to_dict() for invoice in invoices.data)
    return tuple(payment_of(charge.to_dict(), numbers) for charge in charges.data)


async def fetch_refunded_charges(customer_id: str, *, before: datetime) -> tuple[ChargeWithRefunds, ...]:
    """The customer's charges with refunds, also failed ones, the last of them made before that moment.

    https://docs.stripe.com/api/charges/list: one request for a hundred charges, with their newest refunds.
    """
    async with stripe_errors("list the customer's charges"):
        try:
            page = await stripe_client().v1.charges.list_async(
                {"customer": customer_id, "limit": 100, "expand": ["data.refunds"]}
            )
            return tuple(
                [
                    await charge_with_refunds(each)
                    async for each in page.auto_paging_iter()
                    if each.refunds and _are_before(before, each.refunds.data)
                ]
            )
        except InvalidRequestError as error:
            if error.code != MISSING:
                raise
            return ()


def _are_before(moment: datetime, refunds: list[Refund]) -> bool:
    return bool(refunds) and max(each.created for each in refunds) < moment.timestamp()


async def fetch_payment(charge_id: str) -> Payment | None:
    async with stripe_errors("retrieve the charge"):
        try:
            charge = await stripe_client().v1.charges.retrieve_async(charge_id, {"expand": ["refunds"]})
        except InvalidRequestError as error:
            if error.code != MISSING:
                raise
            return None
    return payment_of(charge.to_dict(), {})


async def fetch_checkout_payment(session_id: str) -> Payment | None:
    """A one-time purchase names its payment intent; a subscription's is that of its first invoice."""
    client = stripe_client().v1
    async with stripe_errors("retrieve the checkout's payment"):
        try:
            session = await client.checkout.sessions.retrieve_async(
                session_id, {"expand": ["invoice.payments"]}
            )
        except InvalidRequestError as error:
            if error.code != MISSING:
                raise
            return None
        found = session.to_dict()
        payments: list[object] = dig(found, "invoice", "payments", "data") or []
        intents = [dig(each, "payment", "payment_intent") for each in payments]
        intent = next((each for each in [found.get("payment_intent"), *intents] if each), None)
        if intent is None:
            return None
        paying = await client.payment_intents.retrieve_async(intent, {"expand": ["latest_charge"]})
    charge = paying.to_dict().get("latest_charge")
    return payment_of(charge, {}) if charge else None


async def refund(
    charge_id: str, *, amount: int, reason: RefundReason, metadata: dict[str, str], key: str
) -> None:
    async with stripe_errors("refund the charge", acts=True):
        try:
            await stripe_client().v1.refunds.create_async(
                {"charge": charge_id, "amount": amount, "reason": reason.value, "metadata": metadata},
                {"idempotency_key": key},
            )
        except IdempotencyError as error:
            raise RefundRefused("Someone else is refunding this payment right now. Look again.") from error
        except InvalidRequestError as error:
            raise RefundRefused(_words(error)) from error


def _words(error: StripeError) -> str:
    if known := _REFUSALS.get(error.code or ""):
        return known
    return f"Stripe refused this refund: {error.user_message or 'it gave no reason.'}"


def payment_of(charge: Json, numbers: dict[str, str]) -> Payment:
    """`numbers` are those of invoices, by the payment intent that paid them."""
    intent = first(dig(charge, "payment_intent", "id"), charge.get("payment_intent"))
    customer = first(dig(charge, "customer", "id"), charge.get("customer"))
    refunds: list[Json] = dig(charge, "refunds", "data") or []
    return Payment(
        charge_id=charge["id"],
        customer_id=str(customer or ""),
        created=datetime.fromtimestamp(charge["created"], UTC),
        currency=charge["currency"],
        amount=charge["amount"],
        amount_refunded=charge["amount_refunded"],
        status=charge["status"],
        description=charge.get("description") or "",
        is_disputed=bool(charge.get("disputed")),
        invoice_number=numbers.get(str(intent), ""),
        amount_failed=sum(each["amount"] for each in refunds if each["status"] in FAILED_REFUND),
    )


def _numbers(invoices: Any) -> dict[str, str]:
    found: dict[str, str] = {}
    for invoice in invoices:
        payments: list[Any] = dig(invoice, "payments", "data") or []
        for payment in payments:
            intent = dig(payment, "payment", "payment_intent")
            found[str(first(dig(intent, "id"), intent))] = invoice.get("number") or invoice["id"]
    return found
