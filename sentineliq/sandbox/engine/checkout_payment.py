"""What happens when a customer pays at the checkout (https://docs.stripe.com/payments/checkout/fulfill-orders).

Since basil the subscription is created after its first payment: a declined card leaves none.
"""

from dataclasses import dataclass

from sentineliq.sandbox.engine import (
    billing,
    cards,
    checkout,
    checkout_invoice,
    customers,
    discounts,
    invoices,
    payment_methods,
    payments,
    subscriptions,
)
from sentineliq.sandbox.engine.books import Books
from sentineliq.sandbox.engine.checkout_totals import (
    DAY,
    bill_of,
    billing_country,
    credit_of,
    lines_of,
    reckon,
)
from sentineliq.sandbox.engine.errors import AuthenticationRequired
from sentineliq.sandbox.engine.values import Card, Document

EVENT_ORDER = (
    "customer.created",
    "charge.succeeded",
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
    "payment_intent.created",
)
"""How the deliveries of one successful checkout typically come in: not in the order of what happened."""


@dataclass(frozen=True)
class Buyer:
    """Who pays, as typed on the page. `country`: two letters of ISO 3166."""

    card: Card
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
    method = payment_methods.from_card(
        books, buyer.card, email=buyer.email, name=buyer.name, address=buyer.address
    )
    number = payment_methods.number_of(books, method)
    if cards.needs_authentication(number, on_session=True) and not buyer.authenticated:
        raise AuthenticationRequired
    country = billing_country(books, session, buyer.country)
    total = bill_of(books, session, country=country).total
    due = total - credit_of(books, session, total)
    intent = _take(books, session, method, due) if due else None
    books.event_order = EVENT_ORDER
    reckon(books, session, country=country)
    customer = _customer(books, session, buyer)
    if customer is not None and (session["mode"] != "payment" or _saves_card(books, session)):
        method = payment_methods.attach(books, method["id"], customer["id"], first_payment=True)
    if session["mode"] == "subscription":
        assert customer is not None
        _subscribe(books, session, customer, method, intent)
    else:
        _sell_once(books, session, customer, intent)
    if session["mode"] == "setup":
        session["setup_intent"] = _set_up(books, customer, method)["id"]
    return _finish(books, session, customer, buyer, paid=intent is not None)


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
            setup_future_usage=given.get("setup_future_usage")
            or ("off_session" if session["mode"] == "subscription" else None),
        )
        books.keep_secret(session["id"], payment_intent=intent["id"])
    return payments.take(books, intent, method, first_payment=True).or_raise().intent


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


def _subscribe(
    books: Books, session: Document, customer: Document, method: Document, intent: Document | None
) -> None:
    given = books.secret(session["id"]).get("subscription_data", {})
    lines = lines_of(books, session)
    subscription = subscriptions.draft(
        books,
        customer,
        [(line["price"], line["quantity"], {}) for line in lines if line["price"]["recurring"]],
        trial_end=given.get("trial_end") or _trial_end(books, given),
        default_payment_method=method["id"],
        description=given.get("description"),
        metadata=given.get("metadata", {}),
    )
    subscription["automatic_tax"] |= {
        "enabled": session["automatic_tax"]["enabled"],
        "liability": session["automatic_tax"]["liability"],
    }
    subscription["discounts"] = _grant_discounts(books, session, customer, subscription)
    extra = checkout_invoice.one_time_drafts(books, session, customer)
    invoice = billing.first_invoice(books, subscription, extra=extra)
    invoices.issue(books, invoice)
    billing.claim_pending(books, invoice)
    if intent is not None and intent["customer"] is None:
        intent = _claim_intent(books, intent, customer)
    invoices.mark_paid(books, invoice, intent=intent)
    billing.use_up_discounts(books, subscription)
    subscription["latest_invoice"] = invoice["id"]
    books.add(subscription, event="customer.subscription.created")
    session |= {"invoice": invoice["id"], "subscription": subscription["id"]}


def _sell_once(books: Books, session: Document, customer: Document | None, intent: Document | None) -> None:
    if intent is not None:
        intent = _claim_intent(books, intent, customer)
        session["payment_intent"] = intent["id"]
    granted = _grant_discounts(books, session, customer, None)
    if customer is not None and checkout_invoice.is_wanted(session):
        discounts = [books.get("discount", one) for one in granted]
        invoice = checkout_invoice.issue_paid(books, session, customer, intent=intent, discounts=discounts)
        session["invoice"] = invoice["id"]


def _grant_discounts(
    books: Books, session: Document, customer: Document | None, subscription: Document | None
) -> list[str]:
    granted = []
    for one in books.secret(session["id"]).get("discounts", []):
        coupon = books.get("coupon", one["coupon"])
        promotion = books.find("promotion_code", one["promotion_code"])
        discount = discounts.grant(
            books,
            coupon,
            promotion=promotion,
            customer=customer["id"] if customer else None,
            subscription=subscription["id"] if subscription else None,
            checkout_session=session["id"],
        )
        granted.append(discount["id"])
    return granted


def _trial_end(books: Books, given: Document) -> int | None:
    days = given.get("trial_period_days")
    return books.now + days * DAY if days else None


def _saves_card(books: Books, session: Document) -> bool:
    return "setup_future_usage" in books.secret(session["id"]).get("payment_intent_data", {})


def _claim_intent(books: Books, intent: Document, customer: Document | None) -> Document:
    """A payment made before its customer existed gets it."""
    if customer is not None and intent["customer"] is None:
        intent["customer"] = customer["id"]
        books.save(intent)
        charge = books.get("charge", intent["latest_charge"])
        books.save({**charge, "customer": customer["id"]})
    return intent


def _set_up(books: Books, customer: Document | None, method: Document) -> Document:
    intent = books.new(
        "setup_intent",
        customer=customer["id"] if customer else None,
        payment_method=method["id"],
        status="succeeded",
    )
    intent["client_secret"] = f"{intent['id']}_secret_sandbox"
    return books.add(intent, event="setup_intent.succeeded")


def _finish(books: Books, session: Document, customer: Document | None, buyer: Buyer, *, paid: bool) -> str:
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
        "payment_status": "paid" if paid else "no_payment_required",
        "status": "complete",
        "url": None,
    }
    books.save(session, event="checkout.session.completed")
    target = session["success_url"] or session["return_url"] or books.config.app_url
    return target.replace("{CHECKOUT_SESSION_ID}", session["id"])
