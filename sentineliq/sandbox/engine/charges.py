"""Charges and the account's balance (https://docs.stripe.com/api/charges)."""

from decimal import Decimal

from sentineliq.sandbox.engine.books import Books
from sentineliq.sandbox.engine.cards import Decline
from sentineliq.sandbox.engine.documents import random_text
from sentineliq.sandbox.engine.money import rounded
from sentineliq.sandbox.engine.values import Document

BANK_FEE_CAP = 500
"""Minor units."""


def attempt(books: Books, intent: Document, method: Document, decline: Decline | None) -> Document:
    """What came of charging an intent at once."""
    charge = _blank(books, intent, method)
    return fail(books, charge, decline) if decline else succeed(books, charge)


def begin(books: Books, intent: Document, method: Document) -> Document:
    """A debit whose outcome the bank will tell in some days."""
    charge = _blank(books, intent, method)
    charge |= {"outcome": _outcome(None), "status": "pending"}
    return _put(books, charge, event="charge.pending")


def succeed(books: Books, charge: Document) -> Document:
    """The money is there."""
    charge |= {
        "amount_captured": charge["amount"],
        "captured": True,
        "outcome": _outcome(None),
        "paid": True,
        "status": "succeeded",
    }
    charge["balance_transaction"] = book_transaction(
        books, charge, kind="charge", amount=charge["amount"], fee=_fee(charge)
    )["id"]
    return _put(books, charge, event="charge.succeeded")


def fail(books: Books, charge: Document, decline: Decline) -> Document:
    """The bank says no."""
    charge |= {
        "failure_code": decline.code,
        "failure_message": decline.message,
        "outcome": _outcome(decline),
        "status": "failed",
    }
    return _put(books, charge, event="charge.failed")


def _put(books: Books, charge: Document, *, event: str) -> Document:
    known = books.find("charge", charge["id"]) is not None
    return books.save(charge, event=event) if known else books.add(charge, event=event)


def _blank(books: Books, intent: Document, method: Document) -> Document:
    kind = method["type"]
    details = _card_details(method, intent["amount"]) if kind == "card" else _bank_details(method)
    return books.new(
        "charge",
        amount=intent["amount"],
        billing_details={**method["billing_details"]},
        currency=intent["currency"],
        customer=intent["customer"],
        description=intent["description"],
        metadata=intent["metadata"],
        payment_intent=intent["id"],
        payment_method=method["id"],
        payment_method_details={kind: details, "type": kind},
    )


def _fee(charge: Document) -> int:
    """Stripe's 2.9 % and 30 cents of a card, 0.8 % up to five dollars of a bank debit."""
    amount = Decimal(charge["amount"])
    if charge["payment_method_details"]["type"] == "card":
        return rounded(amount * 29 / 1000) + 30
    return min(rounded(amount * 8 / 1000), BANK_FEE_CAP)


def book_transaction(books: Books, source: Document, *, kind: str, amount: int, fee: int = 0) -> Document:
    """A movement of the account's balance."""
    details = [
        {
            "amount": fee,
            "application": None,
            "currency": source["currency"],
            "description": "Stripe processing fees",
            "type": "stripe_fee",
        }
    ]
    transaction = books.new(
        "balance_transaction",
        amount=amount,
        available_on=books.now,
        currency=source["currency"],
        fee=fee,
        fee_details=details if fee else [],
        net=amount - fee,
        reporting_category=kind,
        source=source["id"],
        type="adjustment" if kind.startswith("dispute") else kind,
    )
    return books.add(transaction)


def _outcome(decline: Decline | None) -> Document:
    if decline is None:
        return {
            "advice_code": None, "network_advice_code": None, "network_decline_code": None,
            "network_status": "approved_by_network", "reason": None, "risk_level": "normal", "risk_score": 9,
            "seller_message": "Payment complete.", "type": "authorized",
        }  # fmt: skip
    return {
        "advice_code": "try_again_later", "network_advice_code": None, "network_decline_code": "01",
        "network_status": "declined_by_network", "reason": decline.decline_code or decline.code,
        "risk_level": "normal", "risk_score": 9,
        "seller_message": "The bank did not return any further details with this decline.",
        "type": "issuer_declined",
    }  # fmt: skip


def _card_details(method: Document, amount: int) -> Document:
    card = method["card"]
    shared = (
        "brand",
        "checks",
        "country",
        "exp_month",
        "exp_year",
        "fingerprint",
        "funding",
        "last4",
        "regulated_status",
        "wallet",
    )
    return {
        **{key: card[key] for key in shared},
        "amount_authorized": amount,
        "authorization_code": None,
        "extended_authorization": {"status": "disabled"},
        "incremental_authorization": {"status": "unavailable"},
        "installments": None,
        "mandate": None,
        "multicapture": {"status": "unavailable"},
        "network": card["brand"],
        "network_token": {"used": False},
        "network_transaction_id": random_text(15),
        "overcapture": {"maximum_amount_capturable": amount, "status": "unavailable"},
        "three_d_secure": None,
    }


def _bank_details(method: Document) -> Document:
    account = method["us_bank_account"]
    shared = ("account_holder_type", "account_type", "bank_name", "fingerprint", "last4", "routing_number")
    return {**{key: account[key] for key in shared}, "payment_reference": random_text(12)}
