"""Moving money: payment intents and charges (https://docs.stripe.com/api/payment_intents)."""

from dataclasses import dataclass
from decimal import Decimal

from sentineliq.sandbox.engine import cards, payment_methods
from sentineliq.sandbox.engine.books import Books
from sentineliq.sandbox.engine.cards import Decline
from sentineliq.sandbox.engine.documents import random_text
from sentineliq.sandbox.engine.errors import CardDeclined
from sentineliq.sandbox.engine.money import rounded
from sentineliq.sandbox.engine.values import Document


@dataclass(frozen=True)
class Payment:
    """One try to take money; `decline` says why it failed."""

    intent: Document
    charge: Document | None
    decline: Decline | None

    def or_raise(self) -> "Payment":
        """Raises CardDeclined when it failed."""
        if self.decline is not None:
            raise CardDeclined(
                self.decline.message,
                code=self.decline.code,
                decline_code=self.decline.decline_code,
                charge=self.charge["id"] if self.charge else None,
                payment_intent=self.intent["id"],
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
) -> Payment:
    """Charge an intent to a card; what happened is written, also when it failed.

    `first_payment` is one at a checkout; `authenticated` says that the holder has just confirmed it.
    """
    if method is None:
        return Payment(intent, None, NO_CARD)
    decline = _decline(books, intent, method, first_payment=first_payment, authenticated=authenticated)
    charge = _charge(books, intent, method, decline)
    intent |= {"latest_charge": charge["id"]}
    if decline is None:
        intent |= {
            "status": "succeeded",
            "amount_received": intent["amount"],
            "payment_method": method["id"],
            "last_payment_error": None,
            "next_action": None,
        }
        books.save(intent, event="payment_intent.succeeded")
    elif decline is ASKS_HOLDER:
        intent |= {
            "status": "requires_action",
            "payment_method": method["id"],
            "next_action": {"type": "use_stripe_sdk", "use_stripe_sdk": {"type": "three_d_secure_redirect"}},
            "last_payment_error": _last_error(decline, charge, method),
        }
        books.save(intent, event="payment_intent.requires_action")
    else:
        intent |= {
            "status": "requires_payment_method",
            "payment_method": None,
            "last_payment_error": _last_error(decline, charge, method),
        }
        books.save(intent, event="payment_intent.payment_failed")
    return Payment(intent, charge, decline)


def default_method(books: Books, customer: Document, subscription: Document | None = None) -> Document | None:
    """The subscription's card, else the customer's."""
    reference = (subscription or {}).get("default_payment_method")
    reference = reference or customer["invoice_settings"]["default_payment_method"]
    return books.find("payment_method", reference)


def _decline(
    books: Books, intent: Document, method: Document, *, first_payment: bool, authenticated: bool
) -> Decline | None:
    customer_id = intent["customer"]
    if customer_id and books.secret(customer_id).get("fail_next_payment"):
        books.keep_secret(customer_id, fail_next_payment=False)
        return cards.GENERIC
    number = payment_methods.number_of(books, method)
    if not (first_payment or authenticated) and cards.needs_authentication(number, on_session=False):
        return ASKS_HOLDER
    return cards.refusal(number, first_payment=first_payment)


def _charge(books: Books, intent: Document, method: Document, decline: Decline | None) -> Document:
    paid = decline is None
    charge = books.new(
        "charge",
        amount=intent["amount"],
        amount_captured=intent["amount"] if paid else 0,
        billing_details={**method["billing_details"]},
        captured=paid,
        currency=intent["currency"],
        customer=intent["customer"],
        description=intent["description"],
        metadata=intent["metadata"],
        outcome=_outcome(decline),
        paid=paid,
        payment_intent=intent["id"],
        payment_method=method["id"],
        payment_method_details={"card": _card_details(method, intent["amount"]), "type": "card"},
        status="succeeded" if paid else "failed",
    )
    if decline is None:
        charge["balance_transaction"] = _settle(books, charge)["id"]
        return books.add(charge, event="charge.succeeded")
    charge |= {"failure_code": decline.code, "failure_message": decline.message}
    return books.add(charge, event="charge.failed")


def _settle(books: Books, charge: Document) -> Document:
    fee = rounded(Decimal(charge["amount"]) * 29 / 1000) + 30
    return book_transaction(books, charge, kind="charge", amount=charge["amount"], fee=fee)


def book_transaction(books: Books, source: Document, *, kind: str, amount: int, fee: int = 0) -> Document:
    """A movement of the account's balance; `fee` is Stripe's 2.9 % and 30 cents."""
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
