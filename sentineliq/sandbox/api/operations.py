"""Every operation of the API: `METHOD path` → handler(books, ids of the path, parameters)."""

from collections.abc import Callable
from typing import Any

from sentineliq.sandbox.api import lists, payment_pages
from sentineliq.sandbox.api.lists import listing
from sentineliq.sandbox.engine import (
    catalogue,
    checkout,
    checkout_totals,
    collection,
    customer_life,
    customers,
    discounts,
    endpoints,
    intents,
    invoice_drafts,
    invoices,
    payment_methods,
    portal,
    previews,
    refunds,
    schedules,
    subscription_create,
    subscription_items,
    subscription_update,
    subscriptions,
    tax_settings,
)
from sentineliq.sandbox.engine.books import Books
from sentineliq.sandbox.engine.errors import InvalidRequest, NotFound
from sentineliq.sandbox.engine.values import Document

Handler = Callable[[Books, tuple[str, ...], dict[str, Any]], Document]


def _get(object_type: str) -> Handler:
    return lambda books, ids, _: books.get(object_type, ids[0])


def _of_params(work: Callable[[Books, Document], Document]) -> Handler:
    """A new object has no metadata that an empty string could unset."""
    return lambda books, _, params: work(
        books, {**params, "metadata": params["metadata"] or {}} if "metadata" in params else params
    )


def _of_id(work: Callable[[Books, str], Document]) -> Handler:
    return lambda books, ids, _: work(books, ids[0])


def _of_id_and_params(work: Callable[[Books, str, Document], Document]) -> Handler:
    return lambda books, ids, params: work(books, ids[0], params)


def _customer_methods(books: Books, ids: tuple[str, ...], params: Document) -> Document:
    customer = customers.live(books, ids[0])
    found = lists.filtered(books, "payment_method", {**params, "customer": customer["id"]})
    return lists.page(found, params, f"/v1/customers/{customer['id']}/payment_methods")


def _customer_method(books: Books, ids: tuple[str, ...], _: Document) -> Document:
    method = books.get("payment_method", ids[1])
    if method["customer"] != customers.live(books, ids[0])["id"]:
        raise NotFound("PaymentMethod", ids[1])
    return method


def _session_lines(books: Books, ids: tuple[str, ...], params: Document) -> Document:
    session = books.get("checkout.session", ids[0])
    items = checkout_totals.line_items(books, session)
    return lists.page(items, params, f"/v1/checkout/sessions/{ids[0]}/line_items")


def _invoice_lines(books: Books, ids: tuple[str, ...], params: Document) -> Document:
    lines = books.get("invoice", ids[0])["lines"]["data"]
    return lists.page(lines, params, f"/v1/invoices/{ids[0]}/lines")


def _subscription_items(books: Books, _: tuple[str, ...], params: Document) -> Document:
    subscription = books.refer("subscription", params["subscription"], param="subscription")
    return lists.page(subscription["items"]["data"], params, "/v1/subscription_items")


def _cancel(books: Books, ids: tuple[str, ...], params: Document) -> Document:
    details = {key: value or None for key, value in params.get("cancellation_details", {}).items()}
    return subscriptions.cancel_now(books, ids[0], details=details)


def _drop_discount(books: Books, ids: tuple[str, ...], _: Document) -> Document:
    subscription = subscriptions.live(books, ids[0])
    if not subscription["discounts"]:
        raise InvalidRequest("No active discount for subscription", code="resource_missing")
    discount = books.get("discount", subscription["discounts"][0])
    subscription["discounts"] = subscription["discounts"][1:]
    books.emit("customer.discount.deleted", discount)
    books.save(subscription, event="customer.subscription.updated")
    return {name: value for name, value in discount.items() if name != "end"} | {"deleted": True}


def _finalize(books: Books, ids: tuple[str, ...], _: Document) -> Document:
    return invoices.finalize(books, books.get("invoice", ids[0]))


def _attach(books: Books, ids: tuple[str, ...], params: Document) -> Document:
    return payment_methods.attach(books, ids[0], params["customer"])


def _close_dispute(books: Books, ids: tuple[str, ...], _: Document) -> Document:
    return refunds.close_dispute(books, ids[0], won=False)


def _account(books: Books, _: tuple[str, ...], __: Document) -> Document:
    return books.select("account")[0]


def _tax_settings(_: Books, __: tuple[str, ...], ___: Document) -> Document:
    return tax_settings.settings()


HANDLERS: dict[str, Handler] = {
    "GET /v1/account": _account,
    "GET /v1/tax/settings": _tax_settings,
    "POST /v1/customers": _of_params(customer_life.create),
    "GET /v1/customers": listing("customer", "/v1/customers"),
    "GET /v1/customers/{}": _get("customer"),
    "POST /v1/customers/{}": _of_id_and_params(customer_life.update),
    "DELETE /v1/customers/{}": _of_id(customer_life.delete),
    "GET /v1/customers/{}/payment_methods": _customer_methods,
    "GET /v1/customers/{}/payment_methods/{}": _customer_method,
    "POST /v1/products": _of_params(catalogue.create_product),
    "GET /v1/products": listing("product", "/v1/products"),
    "GET /v1/products/{}": _get("product"),
    "POST /v1/products/{}": _of_id_and_params(catalogue.update_product),
    "DELETE /v1/products/{}": _of_id(catalogue.delete_product),
    "POST /v1/prices": _of_params(catalogue.create_price),
    "GET /v1/prices": listing("price", "/v1/prices"),
    "GET /v1/prices/{}": _get("price"),
    "POST /v1/prices/{}": _of_id_and_params(catalogue.update_price),
    "POST /v1/coupons": _of_params(discounts.create_coupon),
    "GET /v1/coupons": listing("coupon", "/v1/coupons"),
    "GET /v1/coupons/{}": _get("coupon"),
    "POST /v1/coupons/{}": _of_id_and_params(discounts.update_coupon),
    "DELETE /v1/coupons/{}": _of_id(discounts.delete_coupon),
    "POST /v1/promotion_codes": _of_params(discounts.create_promotion_code),
    "GET /v1/promotion_codes": listing("promotion_code", "/v1/promotion_codes"),
    "GET /v1/promotion_codes/{}": _get("promotion_code"),
    "POST /v1/promotion_codes/{}": _of_id_and_params(discounts.update_promotion_code),
    "POST /v1/checkout/sessions": _of_params(checkout.create),
    "GET /v1/checkout/sessions": listing("checkout.session", "/v1/checkout/sessions"),
    "GET /v1/checkout/sessions/{}": _get("checkout.session"),
    "POST /v1/checkout/sessions/{}": _of_id_and_params(checkout.update),
    "POST /v1/checkout/sessions/{}/expire": _of_id(checkout.expire),
    "GET /v1/checkout/sessions/{}/line_items": _session_lines,
    "GET /v1/payment_pages/{}": payment_pages.show,
    "POST /v1/payment_pages/{}/confirm": payment_pages.confirm,
    "POST /v1/billing_portal/sessions": _of_params(portal.create_session),
    "POST /v1/billing_portal/configurations": _of_params(portal.create_configuration),
    "GET /v1/billing_portal/configurations": listing(
        "billing_portal.configuration", "/v1/billing_portal/configurations"
    ),
    "GET /v1/billing_portal/configurations/{}": _get("billing_portal.configuration"),
    "POST /v1/billing_portal/configurations/{}": _of_id_and_params(portal.update_configuration),
    "POST /v1/subscriptions": _of_params(subscription_create.create),
    "GET /v1/subscriptions": listing("subscription", "/v1/subscriptions"),
    "GET /v1/subscriptions/{}": _get("subscription"),
    "POST /v1/subscriptions/{}": _of_id_and_params(subscription_update.update),
    "DELETE /v1/subscriptions/{}": _cancel,
    "POST /v1/subscriptions/{}/resume": _of_id(subscription_update.resume),
    "DELETE /v1/subscriptions/{}/discount": _drop_discount,
    "POST /v1/subscription_items": _of_params(subscription_items.create),
    "GET /v1/subscription_items": _subscription_items,
    "GET /v1/subscription_items/{}": lambda books, ids, _: subscriptions.find_item(books, ids[0])[1],
    "POST /v1/subscription_items/{}": _of_id_and_params(subscription_items.update),
    "DELETE /v1/subscription_items/{}": _of_id_and_params(subscription_items.delete),
    "POST /v1/subscription_schedules": _of_params(schedules.create),
    "GET /v1/subscription_schedules/{}": _get("subscription_schedule"),
    "POST /v1/subscription_schedules/{}": _of_id_and_params(schedules.update),
    "POST /v1/subscription_schedules/{}/release": _of_id(schedules.release),
    "POST /v1/invoices": _of_params(invoice_drafts.create),
    "GET /v1/invoices": listing("invoice", "/v1/invoices"),
    "GET /v1/invoices/{}": _get("invoice"),
    "POST /v1/invoices/{}": _of_id_and_params(invoice_drafts.update),
    "DELETE /v1/invoices/{}": _of_id(invoice_drafts.delete),
    "GET /v1/invoices/{}/lines": _invoice_lines,
    "POST /v1/invoices/create_preview": _of_params(previews.create),
    "POST /v1/invoices/{}/pay": _of_id_and_params(collection.pay),
    "POST /v1/invoices/{}/finalize": _finalize,
    "POST /v1/invoices/{}/void": _of_id(invoices.void),
    "POST /v1/invoices/{}/mark_uncollectible": _of_id(invoices.mark_uncollectible),
    "POST /v1/invoiceitems": _of_params(invoice_drafts.create_item),
    "GET /v1/invoiceitems": listing("invoiceitem", "/v1/invoiceitems"),
    "GET /v1/invoiceitems/{}": _get("invoiceitem"),
    "DELETE /v1/invoiceitems/{}": _of_id(invoice_drafts.delete_item),
    "GET /v1/invoice_payments": listing("invoice_payment", "/v1/invoice_payments"),
    "GET /v1/invoice_payments/{}": _get("invoice_payment"),
    "POST /v1/payment_intents": _of_params(intents.create_payment),
    "GET /v1/payment_intents": listing("payment_intent", "/v1/payment_intents"),
    "GET /v1/payment_intents/{}": _get("payment_intent"),
    "POST /v1/payment_intents/{}": _of_id_and_params(intents.update_payment),
    "POST /v1/payment_intents/{}/confirm": _of_id_and_params(intents.confirm_payment),
    "POST /v1/payment_intents/{}/cancel": _of_id_and_params(intents.cancel_payment),
    "GET /v1/charges": listing("charge", "/v1/charges"),
    "GET /v1/charges/{}": _get("charge"),
    "POST /v1/refunds": _of_params(refunds.create),
    "GET /v1/refunds": listing("refund", "/v1/refunds"),
    "GET /v1/refunds/{}": _get("refund"),
    "POST /v1/refunds/{}": _of_id_and_params(refunds.update),
    "GET /v1/disputes": listing("dispute", "/v1/disputes"),
    "GET /v1/disputes/{}": _get("dispute"),
    "POST /v1/disputes/{}/close": _close_dispute,
    "POST /v1/payment_methods": _of_params(payment_methods.create),
    "GET /v1/payment_methods": listing("payment_method", "/v1/payment_methods"),
    "GET /v1/payment_methods/{}": _get("payment_method"),
    "POST /v1/payment_methods/{}": _of_id_and_params(payment_methods.update),
    "POST /v1/payment_methods/{}/attach": _attach,
    "POST /v1/payment_methods/{}/detach": _of_id(payment_methods.detach),
    "POST /v1/setup_intents": _of_params(intents.create_setup),
    "GET /v1/setup_intents": listing("setup_intent", "/v1/setup_intents"),
    "GET /v1/setup_intents/{}": _get("setup_intent"),
    "POST /v1/setup_intents/{}/confirm": _of_id_and_params(intents.confirm_setup),
    "GET /v1/events": listing("event", "/v1/events"),
    "GET /v1/events/{}": _get("event"),
    "POST /v1/webhook_endpoints": _of_params(endpoints.create),
    "GET /v1/webhook_endpoints": listing("webhook_endpoint", "/v1/webhook_endpoints"),
    "GET /v1/webhook_endpoints/{}": _get("webhook_endpoint"),
    "POST /v1/webhook_endpoints/{}": _of_id_and_params(endpoints.update),
    "DELETE /v1/webhook_endpoints/{}": _of_id(endpoints.delete),
    "GET /v1/balance_transactions": listing("balance_transaction", "/v1/balance_transactions"),
    "GET /v1/balance_transactions/{}": _get("balance_transaction"),
}
