"""Moving money: payment intents and charges (https://docs.stripe.com/api/payment_intents)."""

from dataclasses import dataclass

from sentineliq.sandbox.engine import bank_accounts, cards, charges, payment_methods
from sentineliq.sandbox.engine.books import Books
from sentineliq.sandbox.engine.cards import Decline
from sentineliq.sandbox.engine.documents import random_text
from sentineliq.sandbox.engine.errors import CardDeclined
from sentineliq.sandbox.engine.values import Document


@dataclass(frozen=True)
class Payment:
    """One try to take money; `decline` says why it failed. A bank debit stays open for some days."""

    intent: Document
    charge: Document | None
    decline: Decline | None

    @property
    def is_settled(self) -> bool:
        """Whether the money is there."""
        return self.intent["status"] == "succeeded"

    def or_raise(self) -> "Payment":
        """Raises CardDeclined when it failed."""
        if self.decline is not None:
            raise CardDeclined(
                self.decline.message,
                code=self.decline.code,
                decline_code=self.decline.decline_code,
                charge=self.charge["id"] if self.charge else None,
                payment_intent=self.intent,
            )
        return self


ASKS_HOLDER = Decline(
    "Your card was declined. This transaction requires authentication.",
    "authentication_required",
    "authentication_required",
)
NO_CARD = Decline("There is no payment method to charge this to.", "payment_method_unactivated")


def new_intent(
    books: Books, *, amount: int, currency: str, customer: str | None, **fields: object
) -> Document:
    intent = books.new("payment_intent", amount=amount, currency=currency, customer=customer, **fields)
    intent["client_secret"] = f"{intent['id']}_secret_{random_text(24)}"
    return books.add(intent, event="payment_intent.created")


def take(
    books: Books,
    intent: Document,
    method: Document | None,
    *,
    first_payment: bool = False,
    authenticated: bool = False,
    on_session: bool = False,
) -> Payment:
    """Charge an intent to a card or a bank account; what happened is written, also when it failed.

    `first_payment` is one at a checkout; `authenticated` says that the holder has just confirmed it,
    `on_session` that the bank may ask for that.
    """
    if method is None:
        return Payment(intent, None, NO_CARD)
    decline = _decline(
        books, intent, method, first_payment=first_payment, authenticated=authenticated, on_session=on_session
    )
    if decline is None and method["type"] == bank_accounts.TYPE:
        return _debit(books, intent, method)
    charge = charges.attempt(books, intent, method, decline)
    intent["latest_charge"] = charge["id"]
    if decline is None:
        succeed(books, intent, method["id"])
    elif decline is ASKS_HOLDER:
        intent |= {
            "status": "requires_action",
            "payment_method": method["id"],
            "next_action": {"type": "use_stripe_sdk", "use_stripe_sdk": {"type": "three_d_secure_redirect"}},
            "last_payment_error": _last_error(decline, charge, method),
        }
        books.save(intent, event="payment_intent.requires_action")
    else:
        fail(books, intent, decline, charge=charge, method=method)
    return Payment(intent, charge, decline)


def succeed(books: Books, intent: Document, method_id: str) -> Document:
    intent |= {
        "status": "succeeded",
        "amount_received": intent["amount"],
        "payment_method": method_id,
        "last_payment_error": None,
        "next_action": None,
    }
    return books.save(intent, event="payment_intent.succeeded")


def fail(books: Books, intent: Document, decline: Decline, *, charge: Document, method: Document) -> Document:
    intent |= {
        "status": "requires_payment_method",
        "payment_method": None,
        "last_payment_error": _last_error(decline, charge, method),
    }
    return books.save(intent, event="payment_intent.payment_failed")


def _debit(books: Books, intent: Document, method: Document) -> Payment:
    """The money is asked for; it comes, or not, in some days."""
    charge = charges.begin(books, intent, method)
    intent |= {
        "latest_charge": charge["id"],
        "payment_method": method["id"],
        "payment_method_options": {
            **intent["payment_method_options"],
            bank_accounts.TYPE: {"verification_method": "automatic"},
        },
        "payment_method_types": ["card", bank_accounts.TYPE],
        "status": "processing",
    }
    books.save(intent, event="payment_intent.processing")
    return Payment(intent, charge, None)


def default_method(books: Books, customer: Document, subscription: Document | None = None) -> Document | None:
    """The subscription's card, else the customer's."""
    reference = (subscription or {}).get("default_payment_method")
    reference = reference or customer["invoice_settings"]["default_payment_method"]
    return books.find("payment_method", reference)


def _decline(
    books: Books,
    intent: Document,
    method: Document,
    *,
    first_payment: bool,
    authenticated: bool,
    on_session: bool,
) -> Decline | None:
    customer_id = intent["customer"]
    if customer_id and books.secret(customer_id).get("fail_next_payment"):
        books.keep_secret(customer_id, fail_next_payment=False)
        return bank_accounts.REFUSED if method["type"] == bank_accounts.TYPE else cards.GENERIC
    if method["type"] == bank_accounts.TYPE:
        return None
    number = payment_methods.number_of(books, method)
    if not (first_payment or authenticated) and cards.needs_authentication(number, on_session=on_session):
        return ASKS_HOLDER
    return cards.refusal(number, first_payment=first_payment)


def _last_error(decline: Decline, charge: Document, method: Document) -> Document:
    error = {
        "charge": charge["id"],
        "code": decline.code,
        "doc_url": f"https://docs.stripe.com/error-codes/{decline.code.replace('_', '-')}",
        "message": decline.message,
        "payment_method": method,
        "type": "card_error",
    }
    return error | ({"decline_code": decline.decline_code} if decline.decline_code else {})
