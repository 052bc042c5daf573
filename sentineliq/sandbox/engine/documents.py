"""New documents: a blank of each object in Stripe's shape, its id and its prefix."""

import copy
import json
import secrets
import string
from importlib import resources
from typing import Any

from sentineliq.sandbox.engine.values import Document

API_VERSION = "2025-04-30.basil"

_BLANKS: dict[str, Document] = json.loads(
    resources.files("sentineliq.sandbox.engine").joinpath("blanks.json").read_text()
)
_ALPHABET = string.ascii_letters + string.digits

PREFIXES = {
    "account": "acct_1",
    "balance_transaction": "txn_3",
    "billing_portal.configuration": "bpc_1",
    "billing_portal.session": "bps_1",
    "charge": "ch_3",
    "checkout.session": "cs_test_a1",
    "coupon": "",
    "customer": "cus_",
    "discount": "di_1",
    "dispute": "du_1",
    "event": "evt_1",
    "invoice": "in_1",
    "invoice_payment": "inpay_1",
    "invoiceitem": "ii_1",
    "item": "li_1",
    "line_item": "il_1",
    "payment_intent": "pi_3",
    "payment_method": "pm_1",
    "plan": "price_1",
    "price": "price_1",
    "product": "prod_",
    "promotion_code": "promo_1",
    "refund": "re_3",
    "setup_intent": "seti_1",
    "subscription": "sub_1",
    "subscription_item": "si_",
    "subscription_schedule": "sub_sched_1",
    "webhook_endpoint": "we_1",
}

NOUNS = {
    "checkout.session": "checkout.session",
    "billing_portal.session": "billing_portal session",
    "billing_portal.configuration": "configuration",
    "payment_method": "PaymentMethod",
    "promotion_code": "promotion code",
    "webhook_endpoint": "webhook endpoint",
}
"""What Stripe calls an object in "No such …"; others go by their own name."""


def random_text(length: int) -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(length))


def new_id(object_type: str) -> str:
    """A fresh id with the prefix of its type, of the length that Stripe's have."""
    if object_type == "checkout.session":
        return PREFIXES[object_type] + random_text(56)
    if object_type == "coupon":
        return random_text(8)
    return PREFIXES[object_type] + random_text(14 if object_type in {"customer", "product"} else 23)


def noun(object_type: str) -> str:
    return NOUNS.get(object_type, object_type.replace("_", " ") if "." not in object_type else object_type)


def blank(object_type: str, /, *, created: int | None = None, **fields: Any) -> Document:
    """All fields that Stripe sends, `fields` filled in; `created=None` for objects without one."""
    document = {"id": new_id(object_type), **copy.deepcopy(_BLANKS[object_type])}
    if created is not None:
        document["created"] = created
    return {**document, **fields}


def differences(before: Any, after: Any) -> Any:
    """`data.previous_attributes`: the former values of what changed, hashes descended into, lists whole."""
    return {
        key: (
            differences(before[key], after[key])
            if isinstance(before.get(key), dict) and isinstance(after.get(key), dict)
            else before.get(key)
        )
        for key in {**before, **after}
        if before.get(key) != after.get(key)
    }


def list_of(items: list[Document], url: str, *, has_more: bool = False, **extra: Any) -> Document:
    """Stripe's list envelope."""
    return {"object": "list", "data": items, "has_more": has_more, **extra, "url": url}
