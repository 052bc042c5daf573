"""What happens when a customer pays at the checkout (https://docs.stripe.com/payments/checkout/fulfill-orders).

Since basil the subscription is created after its first payment: a declined card leaves none.
"""

from dataclasses import dataclass

from sentineliq.sandbox.engine import (
    bank_accounts,
    checkout,
    checkout_invoice,
    customers,
    payment_methods,
    payments,
)
from sentineliq.sandbox.engine import checkout_fulfilment as fulfilment
from sentineliq.sandbox.engine.books import Books
from sentineliq.sandbox.engine.checkout_totals import (
    bill_of,
    billing_country,
    due_of,
    reckon,
    takes_bank_debits,
)
from sentineliq.sandbox.engine.errors import AuthenticationRequired, InvalidRequest
from sentineliq.sandbox.engine.values import Card, Document

EVENT_ORDER = (
    "customer.created",
    "charge.succeeded",
    "charge.pending",
    "payment_method.attached",
    "checkout.session.completed",
    "customer.updated",
    "customer.subscription.created",
    "invoiceitem.created",
    "invoice.created",
    "invoice.finalized",
    "invoice.paid",
    "invoice.payment_succeeded",
    "payment_intent.succeeded",
    "payment_intent.processing",
    "payment_intent.created",
)
"""How the deliveries of one successful checkout typically come in: not in the order of what happened."""


@dataclass(frozen=True)
class SavedMethod:
    """A payment method that is stored already."""

    id: str


@dataclass(frozen=True)
class Buyer:
    """Who pays, as typed on the page. `country`: two letters of ISO 3166."""

    pays_with: Card | SavedMethod | None
    """None: the test bank account is debited."""
    email: str
    name: str
    country: str
    postal_code: str = ""
    authenticated: bool = False

    @property
    def address(self) -> Document:
        return {**customers.ADDRESS, "country": self.country, "postal_code": self.postal_code or None}


def complete(books: Books, session_id: str, buyer: Buyer) -> str:
    """Pay and answer the success URL. Raises CardDeclined, AuthenticationRequired, SessionNotOpen."""
    session = checkout.open_session(books, session_id)
    method = _method_of(books, session, buyer)
    if payment_methods.asks_holder(books, method, on_session=True) and not buyer.authenticated:
        raise AuthenticationRequired
    country = billing_country(books, session, buyer.country)
    total = bill_of(books, session, country=country).total
    due = due_of(books, session, total)
    intent = _take(books, session, method, due) if due else None
    books.event_order = EVENT_ORDER
    reckon(books, session, country=country)
    customer = _customer(books, session, buyer)
    if customer is not None and (session["mode"] != "payment" or _saves_card(books, session)):
        is_paying = intent is not None  # else the bank is asked about the card itself
        method = payment_methods.attach(books, method["id"], customer["id"], first_payment=is_paying)
    if session["mode"] == "subscription":
        assert customer is not None
        fulfilment.subscribe(books, session, customer, method, intent)
    else:
        fulfilment.sell_once(books, session, customer, intent)
    if session["mode"] == "setup":
        session["setup_intent"] = fulfilment.set_up(books, customer, method)["id"]
    return _finish(books, session, customer, buyer, intent)


def _method_of(books: Books, session: Document, buyer: Buyer) -> Document:
    """Raises CardDeclined, InvalidRequest."""
    if isinstance(buyer.pays_with, SavedMethod):
        return books.get("payment_method", buyer.pays_with.id)
    if isinstance(buyer.pays_with, Card):
        return payment_methods.from_card(
            books, buyer.pays_with, email=buyer.email, name=buyer.name, address=buyer.address
        )
    if not takes_bank_debits(session):
        raise InvalidRequest("This checkout takes no bank debits.", param="payment_method")
    return bank_accounts.open_account(books, email=buyer.email, name=buyer.name, address=buyer.address)


def _take(books: Books, session: Document, method: Document, due: int) -> Document:
    """The payment; a decline is written with its events, and raised."""
    secret = books.secret(session["id"])
    given = secret.get("payment_intent_data", {})
    intent = books.find("payment_intent", secret.get("payment_intent"))
    if intent is None or intent["amount"] != due:
        intent = payments.new_intent(
            books,
            amount=due,
            currency=session["currency"],
            customer=session["customer"],
            description=given.get("description")
            or ("Subscription creation" if session["mode"] == "subscription" else None),
            metadata=given.get("metadata", {}),
            receipt_email=given.get("receipt_email"),
            shipping=_shipping(given.get("shipping")),
            setup_future_usage=given.get("setup_future_usage")
            or ("off_session" if session["mode"] == "subscription" else None),
        )
        books.keep_secret(session["id"], payment_intent=intent["id"])
    return payments.take(books, intent, method, first_payment=True).or_raise().intent


def _shipping(given: Document | None) -> Document | None:
    if given is None:
        return None
    rest = {"carrier": None, "phone": None, "tracking_number": None}
    return {**rest, **given, "address": customers.full_address(given["address"])}


def _customer(books: Books, session: Document, buyer: Buyer) -> Document | None:
    """The session's customer, updated as `customer_update` allows; or a new one where one is due."""
    if session["customer"] is None:
        needless = session["customer_creation"] == "if_required" and not checkout_invoice.is_wanted(session)
        if needless or session["mode"] == "setup":
            return None
        details = {"email": buyer.email, "name": buyer.name, "address": buyer.address}
        return customers.create(books, details)
    customer = books.get("customer", session["customer"])
    allowed = books.secret(session["id"]).get("customer_update", {})
    if allowed.get("address") == "auto":
        customer["address"] = buyer.address
    if allowed.get("name") == "auto" and buyer.name:
        customer["name"] = buyer.name
    customer["email"] = customer["email"] or buyer.email
    if session["mode"] == "subscription":
        customer["currency"] = session["currency"]
    return books.save(customer, event="customer.updated")


def _saves_card(books: Books, session: Document) -> bool:
    return "setup_future_usage" in books.secret(session["id"]).get("payment_intent_data", {})


def _finish(
    books: Books, session: Document, customer: Document | None, buyer: Buyer, intent: Document | None
) -> str:
    session |= {
        "customer": customer["id"] if customer else None,
        "customer_details": {
            "address": buyer.address,
            "email": (customer or {}).get("email") or buyer.email,
            "name": buyer.name or None,
            "phone": None,
            "tax_exempt": "none",
            "tax_ids": [],
        },
        "payment_status": _payment_status(intent),
        "status": "complete",
        "url": None,
    }
    books.save(session, event="checkout.session.completed")
    target = session["success_url"] or session["return_url"] or books.config.app_url
    return target.replace("{CHECKOUT_SESSION_ID}", session["id"])


def _payment_status(intent: Document | None) -> str:
    if intent is None:
        return "no_payment_required"
    return "paid" if intent["status"] == "succeeded" else "unpaid"
