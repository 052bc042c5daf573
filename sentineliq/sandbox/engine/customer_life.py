"""A customer's beginning and end, where cards and subscriptions are concerned too."""

from sentineliq.sandbox.engine import checkout, customers, payment_methods, subscriptions
from sentineliq.sandbox.engine.books import Books
from sentineliq.sandbox.engine.errors import InvalidRequest
from sentineliq.sandbox.engine.values import Document


def create(books: Books, params: Document) -> Document:
    fields = {key: value for key, value in params.items() if key != "payment_method"}
    customer = customers.create(books, fields)
    if token := params.get("payment_method"):
        method = payment_methods.attach(books, token, customer["id"])
        if customer["invoice_settings"]["default_payment_method"] == token:
            customer["invoice_settings"]["default_payment_method"] = method["id"]
            books.save(customer)
    return customer


def update(books: Books, customer_id: str, params: Document) -> Document:
    """Raises MissingReference for a default card that is not the customer's."""
    reference = params.get("invoice_settings", {}).get("default_payment_method")
    if reference:
        param = "invoice_settings[default_payment_method]"
        method = books.refer("payment_method", reference, param=param)
        if method["customer"] != customer_id:
            raise InvalidRequest(
                "The customer does not have a payment method with the ID " + reference + ".",
                code="resource_missing",
                param=param,
            )
    return customers.update(books, customer_id, params)


def delete(books: Books, customer_id: str) -> Document:
    """Its subscriptions end, its open checkouts expire, its cards go; the id stays, as `deleted`."""
    customer = customers.live(books, customer_id)
    for session in books.select("checkout.session", customer=customer_id, status="open"):
        checkout.expire(books, session["id"])
    for subscription in books.select("subscription", customer=customer_id):
        if subscription["status"] not in subscriptions.ENDED:
            subscriptions.end(books, subscription)
    for invoice in books.select("invoice", customer=customer_id, status="open"):
        invoice |= {"auto_advance": False, "next_payment_attempt": None}
        books.save(invoice, event="invoice.updated")
    for method in books.select("payment_method", customer=customer_id):
        payment_methods.detach(books, method["id"])
    books.emit("customer.deleted", customer)
    return books.save({"id": customer_id, "object": "customer", "deleted": True})
