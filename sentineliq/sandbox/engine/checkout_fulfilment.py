"""What a completed checkout makes: a subscription, a paid purchase, a saved card."""

from sentineliq.sandbox.engine import billing, checkout_invoice, discounts, invoices, subscriptions
from sentineliq.sandbox.engine.books import Books
from sentineliq.sandbox.engine.checkout_totals import DAY, lines_of
from sentineliq.sandbox.engine.values import Document


def subscribe(
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
    subscription["trial_settings"] = given.get("trial_settings", subscription["trial_settings"])
    subscription["automatic_tax"] |= {
        "enabled": session["automatic_tax"]["enabled"],
        "liability": session["automatic_tax"]["liability"],
    }
    subscription["discounts"] = _grant_discounts(books, session, customer, subscription)
    extra = checkout_invoice.one_time_drafts(books, session, customer)
    invoice = billing.first_invoice(books, subscription, extra=extra)
    invoices.issue(books, invoice)
    billing.claim_pending(books, invoice)
    if intent is not None:
        intent = _claim_intent(books, intent, customer)
    if intent is not None and intent["status"] == "processing":
        invoices.await_payment(books, invoice, intent)
    else:
        invoices.mark_paid(books, invoice, intent=intent)
    billing.use_up_discounts(books, subscription, invoice)
    subscription["latest_invoice"] = invoice["id"]
    books.add(subscription, event="customer.subscription.created")
    subscriptions.announce_short_trial(books, subscription)
    session |= {"invoice": invoice["id"], "subscription": subscription["id"]}


def sell_once(books: Books, session: Document, customer: Document | None, intent: Document | None) -> None:
    if intent is not None:
        intent = _claim_intent(books, intent, customer)
        session["payment_intent"] = intent["id"]
    _grant_discounts(books, session, customer, None)
    if intent is None or intent["status"] == "succeeded":
        checkout_invoice.issue_paid(books, session, customer, intent=intent)


def _claim_intent(books: Books, intent: Document, customer: Document | None) -> Document:
    """A payment made before its customer existed gets it."""
    if customer is not None and intent["customer"] is None:
        intent["customer"] = customer["id"]
        books.save(intent)
        charge = books.get("charge", intent["latest_charge"])
        books.save({**charge, "customer": customer["id"]})
    return intent


def set_up(books: Books, customer: Document | None, method: Document) -> Document:
    intent = books.new(
        "setup_intent",
        customer=customer["id"] if customer else None,
        payment_method=method["id"],
        status="succeeded",
    )
    intent["client_secret"] = f"{intent['id']}_secret_sandbox"
    return books.add(intent, event="setup_intent.succeeded")


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
