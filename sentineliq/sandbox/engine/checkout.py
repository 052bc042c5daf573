"""Checkout sessions up to the payment (https://docs.stripe.com/api/checkout/sessions)."""

from collections.abc import Sequence

from sentineliq.sandbox.engine import (
    bank_accounts,
    catalogue,
    checkout_invoice,
    checkout_rules,
    customers,
    discounts,
)
from sentineliq.sandbox.engine.books import Books
from sentineliq.sandbox.engine.checkout_totals import (
    bill_of,
    billing_country,
    coupons_of,
    credit_of,
    due_of,
    lines_of,
    make_line,
    reckon,
    takes_bank_debits,
    trial_days,
)
from sentineliq.sandbox.engine.documents import random_text
from sentineliq.sandbox.engine.errors import InvalidPromotionCode, SessionNotOpen
from sentineliq.sandbox.engine.values import CheckoutSummary, Document, SummaryLine

HOUR = 3600
LIVES = 24 * HOUR
_KEPT = (
    "allow_promotion_codes", "billing_address_collection", "cancel_url", "client_reference_id",
    "customer_email",
    "locale", "metadata", "mode", "payment_method_collection", "return_url", "submit_type",
    "success_url", "ui_mode",
)  # fmt: skip
_MERGED = ("custom_text", "phone_number_collection")
_SECRETS = ("customer_update", "subscription_data", "payment_intent_data", "setup_intent_data")


def create(books: Books, params: Document) -> Document:
    """Raises InvalidRequest as Stripe does for parameters that do not go together."""
    params = {"mode": "payment", **params}
    checkout_rules.check(params)
    customer = customers.live(books, params["customer"], param="customer") if params.get("customer") else None
    checkout_rules.check_tax_location(params, customer)
    session = books.new("checkout.session", **{key: params[key] for key in _KEPT if key in params})
    checkout_rules.check_times(params, now=books.now)
    lines = [make_line(books, params, place) for place in range(len(params.get("line_items") or ()))]
    checkout_rules.check_lines(params["mode"], lines)
    currency = lines[0]["price"]["currency"] if lines else params.get("currency")
    mode = params["mode"]
    checkout_rules.check_currency(mode, currency, customer)
    session |= {
        "client_secret": None
        if session["ui_mode"] == "hosted"
        else f"{session['id']}_secret_{random_text(40)}",
        "currency": currency,
        "customer": customer["id"] if customer else None,
        "customer_creation": _customer_creation(params),
        "customer_details": _known_details(params, customer),
        "expires_at": params.get("expires_at", books.now + LIVES),
        "payment_method_collection": params.get(
            "payment_method_collection", "always" if mode == "subscription" else "if_required"
        ),
        "payment_method_types": checkout_rules.payment_method_types(params, currency=currency),
        "payment_status": "no_payment_required" if mode == "setup" else "unpaid",
        "url": f"{books.config.public_url}/checkout/{session['id']}"
        if session["ui_mode"] == "hosted"
        else None,
    }
    for name in _MERGED:
        session[name] = {**(session.get(name) or {}), **params[name]} if name in params else session.get(name)
    if takes_bank_debits(session):
        session["payment_method_options"][bank_accounts.TYPE] = {"verification_method": "instant"}
    if mode != "subscription":
        session["saved_payment_method_options"] = None
    if mode == "payment":
        session["invoice_creation"] = checkout_invoice.wanted(params)
    if params.get("automatic_tax", {}).get("enabled"):
        session["automatic_tax"] = {
            "enabled": True, "liability": {"type": "self"}, "provider": "stripe",
            "status": "requires_location_inputs",
        }  # fmt: skip
    books.add(session)
    secrets = {key: params[key] for key in _SECRETS if key in params}
    books.keep_secret(session["id"], lines=lines, **secrets)
    if params.get("discounts"):
        _put_discounts(books, session, params["discounts"])
    reckon(books, session, country=customers.country_of(customer))
    checkout_rules.check_total(session)
    return session


def update(books: Books, session_id: str, params: Document) -> Document:
    session = books.get("checkout.session", session_id)
    catalogue.merge_fields(session, {key: params[key] for key in ("metadata",) if key in params})
    return books.save(session)


def expire(books: Books, session_id: str) -> Document:
    """Raises SessionNotOpen."""
    session = open_session(books, session_id)
    session |= {"status": "expired", "url": None}
    return books.save(session, event="checkout.session.expired")


def open_session(books: Books, session_id: str) -> Document:
    session = books.get("checkout.session", session_id)
    if session["status"] != "open":
        raise SessionNotOpen(
            f"This Checkout Session is {session['status']}: only Checkout Sessions with a status of "
            f"open can do this."
        )
    return session


def apply_promotion_code(books: Books, session_id: str, code: str) -> None:
    """Raises InvalidPromotionCode, SessionNotOpen. One code at a time: a new one replaces the old."""
    session = open_session(books, session_id)
    if not session["allow_promotion_codes"]:
        raise InvalidPromotionCode("This checkout takes no promotion codes.")
    promotion = discounts.redeemable(
        books, code, customer=session["customer"], subtotal=session["amount_subtotal"]
    )
    _put_discounts(books, session, [{"promotion_code": promotion["id"]}])
    reckon(books, session)


def remove_promotion_code(books: Books, session_id: str) -> None:
    """Raises SessionNotOpen."""
    session = open_session(books, session_id)
    _put_discounts(books, session, [])
    reckon(books, session)


def summary(books: Books, session_id: str, *, country: str | None = None) -> CheckoutSummary:
    session = books.get("checkout.session", session_id)
    customer = books.find("customer", session["customer"])
    known = session["customer_details"] or {}
    lines, bill = (
        lines_of(books, session),
        bill_of(books, session, country=billing_country(books, session, country)),
    )
    credit = credit_of(books, session, bill.total)
    recurring = next((line["price"]["recurring"] for line in lines if line["price"]["recurring"]), None)
    promotion = next((one for one in books.secret(session_id).get("discounts", [])), None)
    coupon = next(iter(coupons_of(books, session)), None)
    named = books.find("promotion_code", promotion["promotion_code"]) if promotion else None
    return CheckoutSummary(
        session_id=session_id,
        mode=session["mode"],
        status=session["status"],
        currency=session["currency"] or "usd",
        lines=tuple(_summary_line(line) for line in lines),
        subtotal=bill.subtotal,
        discount=bill.discount,
        tax=bill.tax,
        credit=credit,
        total=due_of(books, session, bill.total),
        automatic_tax=session["automatic_tax"]["enabled"],
        bank_debit=takes_bank_debits(session) and bill.total > credit,
        allow_promotion_codes=bool(session["allow_promotion_codes"]),
        promotion_code=named["code"] if named else None,
        discount_label=discounts.label(coupon) if coupon else None,
        interval=recurring["interval"] if recurring else None,
        interval_count=recurring["interval_count"] if recurring else 1,
        trial_days=trial_days(books, session),
        customer_email=known.get("email") or (customer or {}).get("email"),
        customer_name=known.get("name") or (customer or {}).get("name"),
        customer_country=customers.country_of(customer),
        success_url=session["success_url"],
        cancel_url=session["cancel_url"],
        submit_message=((session["custom_text"] or {}).get("submit") or {}).get("message", ""),
    )


def _summary_line(line: Document) -> SummaryLine:
    recurring = line["price"]["recurring"]
    return SummaryLine(
        description=line["name"],
        quantity=line["quantity"],
        unit_amount=line["price"]["unit_amount"] or 0,
        amount=line["amount"],
        interval=recurring["interval"] if recurring else None,
        interval_count=recurring["interval_count"] if recurring else 1,
    )


def _put_discounts(books: Books, session: Document, given: Sequence[Document]) -> None:
    """Note what is applied; it becomes a discount when the session completes."""
    noted = []
    for one in given:
        coupon, promotion = discounts.named(books, one, customer=session["customer"])
        noted.append({"coupon": coupon["id"], "promotion_code": promotion["id"] if promotion else None})
    books.keep_secret(session["id"], discounts=noted)
    session["discounts"] = [
        {**one, "coupon": None}
        if one["promotion_code"]
        else {"coupon": one["coupon"], "promotion_code": None}
        for one in noted
    ]


def _customer_creation(params: Document) -> str | None:
    if params.get("customer") or params["mode"] == "subscription":
        return None
    return params.get("customer_creation", "if_required" if params["mode"] == "payment" else None)


def _known_details(params: Document, customer: Document | None) -> Document | None:
    email = customer["email"] if customer else params.get("customer_email")
    if email is None:
        return None
    return {
        "address": None,
        "email": email,
        "name": None,
        "phone": None,
        "tax_exempt": "none",
        "tax_ids": None,
    }
