"""A customer's beginning and end, where cards and subscriptions are concerned too."""

from sentineliq.sandbox.engine import customers, payment_methods, subscriptions
from sentineliq.sandbox.engine.books import Books
from sentineliq.sandbox.engine.values import Document


def create(books: Books, params: Document) -> Document:
    fields = {key: value for key, value in params.items() if key != "payment_method"}
    customer = customers.create(books, fields)
    if token := params.get("payment_method"):
        payment_methods.attach(books, token, customer["id"])
    return customer


def delete(books: Books, customer_id: str) -> Document:
    """Ends its subscriptions and lets its cards go; the id stays, as `deleted`."""
    customer = customers.live(books, customer_id)
    for subscription in books.select("subscription", customer=customer_id):
        if subscription["status"] not in subscriptions.ENDED:
            subscriptions.end(books, subscription)
    for method in books.select("payment_method", customer=customer_id):
        payment_methods.detach(books, method["id"])
    books.emit("customer.deleted", customer)
    return books.save({"id": customer_id, "object": "customer", "deleted": True})
