"""Cards on file (https://docs.stripe.com/api/payment_methods)."""

import hashlib

from sentineliq.sandbox.engine import cards, customers
from sentineliq.sandbox.engine.books import Books
from sentineliq.sandbox.engine.catalogue import merge_fields
from sentineliq.sandbox.engine.errors import AuthenticationRequired, CardDeclined, InvalidRequest
from sentineliq.sandbox.engine.values import Card, Document


def from_card(
    books: Books, card: Card, *, email: str = "", name: str = "", address: Document | None = None
) -> Document:
    """A card that belongs to nobody yet. Raises CardDeclined when it cannot be one."""
    number = cards.check(card, now=books.now)
    method = books.new("payment_method", metadata={})
    year = card.exp_year + 2000 if card.exp_year < 100 else card.exp_year
    method["card"] = _face(method["card"], number, exp_month=card.exp_month, exp_year=year)
    method["billing_details"] |= {"email": email or None, "name": name or None}
    if address:
        method["billing_details"]["address"] = customers.full_address(address)
    books.add(method)
    books.keep_secret(method["id"], number=number)
    return method


def from_token(books: Books, token: str) -> Document:
    """A new card from one of Stripe's test names (`pm_card_visa`, `tok_visa`)."""
    method = books.new("payment_method", metadata={})
    method["card"] = _face(method["card"], cards.TOKENS[token], exp_month=12, exp_year=2040)
    books.add(method)
    books.keep_secret(method["id"], number=cards.TOKENS[token])
    return method


def resolve(books: Books, reference: str, *, param: str = "payment_method") -> Document:
    """A stored card, or a new one from a test name. Raises MissingReference."""
    if reference in cards.TOKENS:
        return from_token(books, reference)
    return books.refer("payment_method", reference, param=param)


def create(books: Books, params: Document) -> Document:
    """From `card[number]` or `card[token]`."""
    given = params.get("card", {})
    if params.get("type", "card") != "card":
        raise InvalidRequest("The sandbox knows cards only.", param="type")
    if "token" in given:
        if given["token"] not in cards.TOKENS:
            raise InvalidRequest(
                f"No such token: '{given['token']}'", code="resource_missing", param="card[token]"
            )
        method = from_token(books, given["token"])
    else:
        method = from_card(
            books,
            Card(
                given.get("number", ""),
                given.get("exp_month", 0),
                given.get("exp_year", 0),
                given.get("cvc", "123"),
            ),
        )
    return update(
        books, method["id"], {key: params[key] for key in ("billing_details", "metadata") if key in params}
    )


def update(books: Books, method_id: str, params: Document) -> Document:
    method = books.get("payment_method", method_id)
    if details := params.get("billing_details"):
        address = customers.full_address(details.get("address")) or method["billing_details"]["address"]
        method["billing_details"] |= {**details, "address": address}
    if expiry := params.get("card"):
        method["card"] |= {key: expiry[key] for key in ("exp_month", "exp_year") if key in expiry}
    merge_fields(method, {key: params[key] for key in ("metadata", "allow_redisplay") if key in params})
    return books.save(method, event="payment_method.updated" if method["customer"] else None)


def attach(books: Books, reference: str, customer_id: str, *, first_payment: bool = False) -> Document:
    """Give a card to a customer. Raises CardDeclined for cards that are refused at once."""
    customers.live(books, customer_id, param="customer")
    method = resolve(books, reference)
    if method["customer"] not in {None, customer_id}:
        raise InvalidRequest(
            "The payment method you provided has already been attached to a customer.",
            param="payment_method",
        )
    if not first_payment:
        _verify(books, method)
    method["customer"] = customer_id
    return books.save(method, event="payment_method.attached")


def detach(books: Books, method_id: str) -> Document:
    """The card is no one's any more, nor any one's default."""
    method = books.get("payment_method", method_id)
    if method["customer"] is None:
        raise InvalidRequest(
            "The payment method you provided is not attached to a customer so detachment is impossible.",
            param="payment_method",
        )
    customer = books.find("customer", method["customer"])
    if customer and not customer.get("deleted"):
        if customer["invoice_settings"]["default_payment_method"] == method_id:
            customer["invoice_settings"]["default_payment_method"] = None
            books.save(customer, event="customer.updated")
        for subscription in books.select(
            "subscription", customer=customer["id"], default_payment_method=method_id
        ):
            subscription["default_payment_method"] = None
            books.save(subscription, event="customer.subscription.updated")
    previous = method["customer"]
    method["customer"] = None
    books.save(method)
    books.emit("payment_method.detached", method, previous={"customer": previous})
    return method


def replace_card(books: Books, customer_id: str, card: Card, *, authenticated: bool = False) -> Document:
    """A new card as the default of the customer and of its living subscriptions."""
    customer = customers.live(books, customer_id)
    method = from_card(books, card, email=customer["email"] or "", name=customer["name"] or "")
    if asks_holder(books, method, on_session=True) and not authenticated:
        raise AuthenticationRequired
    method = attach(books, method["id"], customer_id)
    intent = books.new("setup_intent", customer=customer_id, payment_method=method["id"], status="succeeded")
    intent["client_secret"] = f"{intent['id']}_secret_sandbox"
    books.add(intent, event="setup_intent.succeeded")
    customer["invoice_settings"]["default_payment_method"] = method["id"]
    books.save(customer, event="customer.updated")
    for subscription in books.select("subscription", customer=customer_id):
        if subscription["status"] not in {"canceled", "incomplete_expired"}:
            subscription["default_payment_method"] = method["id"]
            books.save(subscription, event="customer.subscription.updated")
    return method


def asks_holder(books: Books, method: Document, *, on_session: bool) -> bool:
    """Whether a payment with it wants the holder's answer; bank accounts never ask."""
    if method["type"] != "card":
        return False
    return cards.needs_authentication(number_of(books, method), on_session=on_session)


def number_of(books: Books, method: Document) -> str:
    """A card's digits."""
    return books.secret(method["id"])["number"]


def _verify(books: Books, method: Document) -> None:
    if method["type"] != "card":
        return
    number = number_of(books, method)
    decline = cards.refusal(number, first_payment=True)
    if decline is not None:
        error = CardDeclined(decline.message, code=decline.code, decline_code=decline.decline_code)
        error.keeps_effects = False  # nothing was charged: no trace stays
        raise error


def _face(card: Document, number: str, *, exp_month: int, exp_year: int) -> Document:
    brand = cards.brand_of(number)
    return card | {
        "brand": brand,
        "country": cards.country_of(number),
        "display_brand": brand,
        "exp_month": exp_month,
        "exp_year": exp_year,
        "fingerprint": hashlib.sha256(number.encode()).hexdigest()[:16],
        "funding": "debit" if number == cards.TOKENS["pm_card_visa_debit"] else "credit",
        "last4": number[-4:],
        "networks": {"available": [brand], "preferred": None},
    }
