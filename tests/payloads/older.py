"""An event of 2025-04-30.basil as an account pinned to 2020-08-27 is sent it.

What was moved or taken away since, by Stripe's changelog (https://docs.stripe.com/changelog): periods sat on
the subscription, an invoice named its subscription, charge and payment, a line its price and proration, a
charge its invoice and refunds. Fields that were only added since are sent to older versions too.
"""

import copy
from typing import Any

Json = dict[str, Any]
VERSION = "2020-08-27"


def in_older_shape(event: Json) -> Json:
    """A copy; the event itself stays."""
    older = copy.deepcopy(event) | {"api_version": VERSION}
    data = older["data"]
    data["object"] = _older(data["object"])
    if "previous_attributes" in data:
        data["previous_attributes"] = _older_changes(data["previous_attributes"])
    return older


def _older(document: Json) -> Json:
    match document["object"]:
        case "subscription":
            return _subscription(document)
        case "invoice":
            return _invoice(document)
        case "charge":
            return _charge(document)
        case "checkout.session":
            return _session(document)
        case _:
            return document


def _subscription(subscription: Json) -> Json:
    items = subscription["items"]["data"]
    subscription |= {
        "billing_thresholds": None,
        "current_period_end": max(item["current_period_end"] for item in items),
        "current_period_start": min(item["current_period_start"] for item in items),
        "discount": None,
    }
    for item in items:
        _item(item)
    _plan(subscription["plan"])
    return subscription


def _item(item: Json) -> None:
    del item["current_period_end"], item["current_period_start"]
    item["billing_thresholds"] = None
    _plan(item["plan"])
    _price(item["price"])


def _plan(plan: Json | None) -> None:
    if plan is not None:
        plan["aggregate_usage"] = None


def _price(price: Json) -> None:
    if price["recurring"]:
        price["recurring"]["aggregate_usage"] = None


def _older_changes(changes: Json) -> Json:
    items = (changes.get("items") or {}).get("data")
    if items:
        changes["current_period_end"] = items[0]["current_period_end"]
        changes["current_period_start"] = items[0]["current_period_start"]
        for item in items:
            _item(item)
    return changes


def _invoice(invoice: Json) -> Json:
    details = (invoice.pop("parent", None) or {}).get("subscription_details") or {}
    taxes = invoice.pop("total_taxes", None) or []
    payments = (invoice.pop("payments", None) or {}).get("data") or []
    intent = payments[0]["payment"].get("payment_intent") if payments else None
    invoice.pop("amount_overpaid", None)
    invoice.pop("confirmation_secret", None)
    invoice |= {
        "application_fee_amount": None,
        "charge": f"ch_{intent[3:]}" if intent else None,
        "discount": None,
        "paid": invoice["status"] == "paid",
        "paid_out_of_band": False,
        "payment_intent": intent,
        "quote": None,
        "rendering_options": None,
        "subscription": details.get("subscription"),
        "subscription_details": {"metadata": details.get("metadata")},
        "tax": sum(tax["amount"] for tax in taxes) if taxes else None,
        "total_tax_amounts": [_tax(tax) for tax in taxes],
        "transfer_data": None,
    }
    for line in invoice["lines"]["data"]:
        _line(line)
    return invoice


def _line(line: Json) -> None:
    parent = line.pop("parent", None) or {}
    pricing = line.pop("pricing", None) or {}
    details = parent.get("subscription_item_details") or parent.get("invoice_item_details") or {}
    price = (pricing.get("price_details") or {}).get("price")
    is_of_subscription = bool(parent.get("subscription_item_details"))
    line |= {
        "amount_excluding_tax": line["amount"],
        "plan": {"id": price, "object": "plan", "aggregate_usage": None} if price else None,
        "price": _price_of(line, pricing, price=price, recurs=is_of_subscription) if price else None,
        "proration": details.get("proration", False),
        "proration_details": details.get("proration_details") or {"credited_items": None},
        "subscription": details.get("subscription"),
        "subscription_item": details.get("subscription_item"),
        "tax_amounts": [_tax(tax) for tax in line.pop("taxes", None) or []],
        "tax_rates": [],
        "type": "subscription" if is_of_subscription else "invoiceitem",
        "unit_amount_excluding_tax": pricing.get("unit_amount_decimal"),
    }


def _price_of(line: Json, pricing: Json, *, price: str, recurs: bool) -> Json:
    recurring = {"aggregate_usage": None, "interval": "month", "interval_count": 1, "usage_type": "licensed"}
    return {
        "id": price,
        "object": "price",
        "active": True,
        "billing_scheme": "per_unit",
        "currency": line["currency"],
        "livemode": False,
        "metadata": {},
        "product": pricing["price_details"]["product"],
        "recurring": recurring if recurs else None,
        "type": "recurring" if recurs else "one_time",
        "unit_amount_decimal": pricing["unit_amount_decimal"],
    }


def _tax(tax: Json) -> Json:
    return {
        "amount": tax["amount"],
        "inclusive": tax.get("tax_behavior") == "inclusive",
        "tax_rate": (tax.get("tax_rate_details") or {}).get("tax_rate"),
        "taxability_reason": tax.get("taxability_reason"),
        "taxable_amount": tax.get("taxable_amount"),
    }


def _charge(charge: Json) -> Json:
    refunds = {
        "object": "list",
        "data": [],
        "has_more": False,
        "total_count": 0,
        "url": f"/v1/charges/{charge['id']}/refunds",
    }
    charge["billing_details"].pop("tax_id", None)
    return charge | {"invoice": None, "refunds": refunds}


def _session(session: Json) -> Json:
    session.pop("permissions", None)
    session.pop("wallet_options", None)
    session["automatic_tax"].pop("provider", None)
    return session | {"shipping": None, "shipping_rate": None}
