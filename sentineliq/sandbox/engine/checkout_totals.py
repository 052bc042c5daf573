"""A checkout session's lines and what they come to."""

from sentineliq.sandbox.engine import bank_accounts, catalogue, checkout_rules
from sentineliq.sandbox.engine.books import Books
from sentineliq.sandbox.engine.customers import country_of
from sentineliq.sandbox.engine.documents import blank
from sentineliq.sandbox.engine.errors import InvalidRequest
from sentineliq.sandbox.engine.money import Bill, Position, is_chargeable, make_bill
from sentineliq.sandbox.engine.values import Document

DAY = 86_400


def make_line(books: Books, params: Document, place: int) -> Document:
    """The kept form of `line_items[place]`. Raises MissingReference, InvalidRequest."""
    given, param = params["line_items"][place], f"line_items[{place}]"
    if ("price" in given) == ("price_data" in given):
        raise InvalidRequest(
            f"You must specify exactly one of `{param}[price]` or `{param}[price_data]`.", param=param
        )
    if "price" in given:
        price = books.refer("price", given["price"], param=f"{param}[price]")
    else:
        price = catalogue.create_price(books, given["price_data"])
        price["active"] = False
        books.save(price)
    if "price" in given and not price["active"]:
        raise InvalidRequest(
            "The price specified is inactive. This field only accepts active prices.", param=f"{param}[price]"
        )
    quantity = checkout_rules.check_quantity(given, param)
    product = books.get("product", price["product"])
    return {
        "id": blank("item")["id"],
        "price": price,
        "quantity": quantity,
        "amount": catalogue.line_amount(price, quantity),
        "name": product["name"],
    }


def line_items(books: Books, session: Document) -> list[Document]:
    """The session's lines with their amounts, in order."""
    lines, bill = lines_of(books, session), bill_of(books, session)
    return [
        {
            **blank("item"),
            "id": line["id"],
            "amount_discount": sum(billed.discounts),
            "amount_subtotal": line["amount"],
            "amount_tax": billed.tax,
            "amount_total": line["amount"]
            - sum(billed.discounts)
            + (0 if billed.tax_inclusive else billed.tax),
            "currency": session["currency"],
            "description": line["name"],
            "price": line["price"],
            "quantity": line["quantity"],
        }
        for line, billed in zip(lines, bill.lines, strict=True)
    ]


def bill_of(books: Books, session: Document, *, country: str | None = None) -> Bill:
    """Discounts and tax of the session; its known country unless another is given."""
    place = country or (session["customer_details"] or {}).get("address", {}) or {}
    known = place if isinstance(place, str) else place.get("country")
    lines = lines_of(books, session)
    free = trial_days(books, session) is not None
    positions = [
        Position(
            0 if free and line["price"]["recurring"] else line["amount"],
            tax_inclusive=line["price"]["tax_behavior"] == "inclusive",
        )
        for line in lines
    ]
    taxed = known if session["automatic_tax"]["enabled"] else None
    return make_bill(positions, coupons_of(books, session), taxed)


def billing_country(books: Books, session: Document, typed: str | None) -> str | None:
    """Where the buyer is taxed: what is typed, unless the customer's saved address stays as it is."""
    customer = books.find("customer", session["customer"])
    keeps = books.secret(session["id"]).get("customer_update", {}).get("address") != "auto"
    return (country_of(customer) if keeps else None) or typed


def credit_of(books: Books, session: Document, total: int) -> int:
    """What the customer's balance pays of a subscription's first invoice."""
    customer = books.find("customer", session["customer"])
    if customer is None or session["mode"] != "subscription":
        return 0
    return min(max(-customer["balance"], 0), total)


def due_of(books: Books, session: Document, total: int) -> int:
    """What is paid now; a subscription's first invoice that is too little to charge is owed with the next."""
    due = total - credit_of(books, session, total)
    owed = session["mode"] == "subscription" and not is_chargeable(due, session["currency"])
    return 0 if owed else due


def reckon(books: Books, session: Document, *, country: str | None = None) -> Document:
    """Write the session with its totals as they are now."""
    bill = bill_of(books, session, country=country)
    session["amount_subtotal"] = bill.subtotal
    session["amount_total"] = bill.total
    session["total_details"] = {
        "amount_discount": bill.discount,
        "amount_shipping": 0,
        "amount_tax": bill.tax,
    }
    if session["automatic_tax"]["enabled"] and country:
        session["automatic_tax"]["status"] = "complete"
    return books.save(session)


def takes_bank_debits(session: Document) -> bool:
    """Whether the page offers the test bank account beside the card."""
    return bank_accounts.TYPE in session["payment_method_types"]


def coupons_of(books: Books, session: Document) -> list[Document]:
    return [books.get("coupon", one["coupon"]) for one in books.secret(session["id"]).get("discounts", [])]


def lines_of(books: Books, session: Document) -> list[Document]:
    """Kept beside the session, as only an expanded answer shows them."""
    return books.secret(session["id"]).get("lines", [])


def trial_days(books: Books, session: Document) -> int | None:
    """Of `subscription_data`: days, rounded up when a time was given."""
    given = books.secret(session["id"]).get("subscription_data", {})
    if "trial_end" in given:
        return -(-(given["trial_end"] - session["created"]) // DAY)
    return given.get("trial_period_days")
