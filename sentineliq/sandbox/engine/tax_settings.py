"""The account's tax settings (https://docs.stripe.com/api/tax/settings): complete: Checkout computes tax."""

import copy

from sentineliq.sandbox.engine.values import Document

_SETTINGS: Document = {
    "object": "tax.settings",
    "defaults": {"tax_behavior": "exclusive", "tax_code": "txcd_10103001"},
    "head_office": {
        "address": {
            "city": "San Francisco",
            "country": "US",
            "line1": "354 Oyster Point Blvd",
            "line2": None,
            "postal_code": "94080",
            "state": "CA",
        }
    },
    "livemode": False,
    "status": "active",
    "status_details": {"active": {}},
}


def settings() -> Document:
    return copy.deepcopy(_SETTINGS)
