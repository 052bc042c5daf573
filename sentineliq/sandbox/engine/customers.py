"""Customers (https://docs.stripe.com/api/customers)."""

import re
import secrets
import string

from sentineliq.sandbox.engine.books import Books
from sentineliq.sandbox.engine.catalogue import merged_metadata
from sentineliq.sandbox.engine.documents import blank
from sentineliq.sandbox.engine.errors import InvalidRequest, MissingReference, NotFound
from sentineliq.sandbox.engine.values import Document

ADDRESS = {"city": None, "country": None, "line1": None, "line2": None, "postal_code": None, "state": None}
_ADDRESS_OF_MAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_PREFIX_LETTERS = string.ascii_uppercase + string.digits


def create(books: Books, params: Document) -> Document:
    customer = books.new(
        "customer", invoice_prefix="".join(secrets.choice(_PREFIX_LETTERS) for _ in range(8))
    )
    _fill(customer, params)
    return books.add(customer, event="customer.created")


def update(books: Books, customer_id: str, params: Document) -> Document:
    customer = live(books, customer_id)
    _fill(customer, params)
    return books.save(customer, event="customer.updated")


def live(books: Books, customer_id: str, *, param: str = "id") -> Document:
    """A customer that is not deleted. Raises NotFound, MissingReference when `param` is not the path's id."""
    look = books.get if param == "id" else books.refer
    customer = look("customer", customer_id, param=param)
    if customer.get("deleted"):
        refuse = NotFound if param == "id" else MissingReference
        raise refuse("customer", customer_id, param=param)
    return customer


def country_of(customer: Document | None) -> str | None:
    return ((customer or {}).get("address") or {}).get("country")


def full_address(given: Document | None) -> Document | None:
    return {**ADDRESS, **{key: value or None for key, value in given.items()}} if given else None


def _fill(customer: Document, params: Document) -> None:
    if not _ADDRESS_OF_MAIL.fullmatch(params.get("email") or "a@b.c"):
        raise InvalidRequest(f"Invalid email address: {params['email']}", code="email_invalid", param="email")
    for key, value in params.items():
        if key == "metadata":
            customer["metadata"] = merged_metadata(customer["metadata"], value)
        elif key == "address":
            customer["address"] = full_address(value or None)
        elif key == "invoice_settings":
            settings = {name: (None if one == "" else one) for name, one in value.items()}
            customer["invoice_settings"] = {**customer["invoice_settings"], **settings}
        elif key in blank("customer"):
            customer[key] = None if value == "" else value
