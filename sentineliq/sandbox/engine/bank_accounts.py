"""The test bank account (https://docs.stripe.com/payments/ach-direct-debit): debits take days to settle."""

import hashlib

from sentineliq.sandbox.engine import customers
from sentineliq.sandbox.engine.books import Books
from sentineliq.sandbox.engine.cards import Decline
from sentineliq.sandbox.engine.values import Document

TYPE = "us_bank_account"
NUMBER = "000123456789"
ROUTING_NUMBER = "110000000"
LAST4 = NUMBER[-4:]
SETTLES_AFTER = 4 * 86_400
"""Seconds until a debit settles by itself, when nobody decides it before."""
REFUSED = Decline(
    "The customer's account has insufficient funds to cover this payment.", "insufficient_funds"
)


def open_account(books: Books, *, email: str, name: str, address: Document) -> Document:
    """The payment method of the test account, nobody's yet."""
    method = books.new("payment_method", metadata={})
    del method["card"]
    method["billing_details"] |= {
        "address": customers.full_address(address),
        "email": email or None,
        "name": name or None,
    }
    method |= {
        "type": TYPE,
        TYPE: {
            "account_holder_type": "individual",
            "account_type": "checking",
            "bank_name": "STRIPE TEST BANK",
            "financial_connections_account": None,
            "fingerprint": hashlib.sha256(NUMBER.encode()).hexdigest()[:16],
            "last4": LAST4,
            "networks": {"preferred": "ach", "supported": ["ach"]},
            "routing_number": ROUTING_NUMBER,
            "status_details": {},
        },
    }
    return books.add(method)
