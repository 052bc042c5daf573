"""Money that goes back: refunds and disputes (https://docs.stripe.com/refunds, https://docs.stripe.com/disputes)."""

from sentineliq.sandbox.engine import cards, charges
from sentineliq.sandbox.engine.books import Books
from sentineliq.sandbox.engine.catalogue import merge_fields
from sentineliq.sandbox.engine.documents import differences
from sentineliq.sandbox.engine.errors import InvalidRequest
from sentineliq.sandbox.engine.money import display
from sentineliq.sandbox.engine.values import Document

DISPUTE_FEE = 1500
EVIDENCE_DAYS = 9
DAY = 86_400
FAILS_AFTER = 60
"""Seconds until a refund to a card that takes none fails, when nobody decides it before."""


def create(books: Books, params: Document) -> Document:
    """Of a charge or a payment intent. Raises InvalidRequest when less than that is left."""
    charge = _charge_of(books, params)
    left = charge["amount"] - charge["amount_refunded"]
    amount = params.get("amount", left)
    _check(books, charge, amount, left)
    refund = books.new(
        "refund",
        amount=amount,
        charge=charge["id"],
        currency=charge["currency"],
        metadata=params.get("metadata", {}),
        payment_intent=charge["payment_intent"],
        reason=params.get("reason"),
    )
    refund["balance_transaction"] = charges.book_transaction(books, refund, kind="refund", amount=-amount)[
        "id"
    ]
    books.add(refund, event="refund.created")
    charge["amount_refunded"] += amount
    charge["refunded"] = charge["amount_refunded"] == charge["amount"]
    books.save(charge, event="charge.refunded")
    if books.secret(charge["payment_method"]).get("number") == cards.REFUND_FAILS:
        books.keep_secret(refund["id"], fails=True)
    return refund


def fail(books: Books, refund_id: str) -> Document:
    """The bank sends the money back to us: https://docs.stripe.com/refunds#failed-refunds.

    Raises InvalidRequest for a refund that has failed already.
    """
    refund = books.get("refund", refund_id)
    if refund["status"] != "succeeded":
        raise InvalidRequest(f"Refund {refund_id} has {refund['status']} already.")
    before = {**refund}
    returned = charges.book_transaction(books, refund, kind="refund_failure", amount=refund["amount"])
    refund |= {
        "failure_balance_transaction": returned["id"],
        "failure_reason": "expired_or_canceled_card",
        "status": "failed",
    }
    books.save(refund, event="refund.updated")
    books.emit("charge.refund.updated", refund, previous=differences(before, refund))
    books.emit("refund.failed", refund)
    charge = books.get("charge", refund["charge"])
    charge |= {"amount_refunded": charge["amount_refunded"] - refund["amount"], "refunded": False}
    books.save(charge)
    return refund


def failing(books: Books) -> list[Document]:
    """Refunds that will fail by themselves."""
    return [one for one in books.select("refund", status="succeeded") if books.secret(one["id"]).get("fails")]


def update(books: Books, refund_id: str, params: Document) -> Document:
    refund = books.get("refund", refund_id)
    merge_fields(refund, params)
    return books.save(refund, event="refund.updated")


def dispute(books: Books, charge_id: str) -> Document:
    """The cardholder's bank takes the money back, for now."""
    charge = books.get("charge", charge_id)
    if charge["disputed"] or not charge["paid"]:
        raise InvalidRequest("This charge cannot be disputed.")
    made = books.new(
        "dispute",
        amount=charge["amount"] - charge["amount_refunded"],
        charge=charge_id,
        currency=charge["currency"],
        payment_intent=charge["payment_intent"],
    )
    made["evidence_details"]["due_by"] = books.now + EVIDENCE_DAYS * DAY
    withdrawn = charges.book_transaction(books, made, kind="dispute", amount=-made["amount"], fee=DISPUTE_FEE)
    made["balance_transactions"] = [withdrawn]
    books.add(made, event="charge.dispute.created")
    charge |= {"disputed": True, "dispute": made["id"]}
    books.save(charge, event="charge.updated")
    books.emit("charge.dispute.funds_withdrawn", made)
    return made


def close_dispute(books: Books, dispute_id: str, *, won: bool) -> Document:
    closed = books.get("dispute", dispute_id)
    if closed["status"] in {"won", "lost"}:
        raise InvalidRequest("This dispute is already closed.")
    closed["status"] = "won" if won else "lost"
    closed["evidence_details"]["submission_count"] = 1 if won else 0
    if won:
        back = charges.book_transaction(books, closed, kind="dispute_reversal", amount=closed["amount"])
        closed["balance_transactions"] = [*closed["balance_transactions"], back]
    books.save(closed, event="charge.dispute.closed")
    if won:
        books.emit("charge.dispute.funds_reinstated", closed)
    return closed


def _charge_of(books: Books, params: Document) -> Document:
    if reference := params.get("charge"):
        return books.refer("charge", reference, param="charge")
    if reference := params.get("payment_intent"):
        intent = books.refer("payment_intent", reference, param="payment_intent")
        if intent["latest_charge"] is None:
            raise InvalidRequest(
                f"This PaymentIntent ({reference}) does not have a successful charge to refund.",
                param="payment_intent",
            )
        return books.get("charge", intent["latest_charge"])
    raise InvalidRequest(
        "One of the following params should be provided for this request: payment_intent or charge.",
        code="parameter_missing",
    )


def _check(books: Books, charge: Document, amount: int, left: int) -> None:
    if not charge["paid"]:
        raise InvalidRequest(f"Charge {charge['id']} has failed: it cannot be refunded.")
    if charge["disputed"] and books.get("dispute", charge["dispute"])["status"] != "won":
        raise InvalidRequest(
            f"Charge {charge['id']} has been charged back; cannot issue a refund.", code="charge_disputed"
        )
    if left == 0:
        raise InvalidRequest(
            f"Charge {charge['id']} has already been refunded.", code="charge_already_refunded"
        )
    if amount > left:
        asked, remains = display(amount, charge["currency"]), display(left, charge["currency"])
        raise InvalidRequest(
            f"Refund amount ({asked}) is greater than unrefunded amount on charge ({remains})", param="amount"
        )
    if amount < 1:
        raise InvalidRequest("Invalid positive integer", code="parameter_invalid_integer", param="amount")
