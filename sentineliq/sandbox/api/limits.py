"""What the sandbox does not act on, and more of something than Stripe takes: both are refused."""

from collections.abc import Mapping
from typing import Any

from sentineliq.sandbox.engine.errors import InvalidRequest

_NOT_MODELLED: dict[str, frozenset[str]] = {
    "POST /v1/checkout/sessions": frozenset(
        {"after_expiration", "consent_collection", "custom_fields", "optional_items"}
        | {"shipping_address_collection", "shipping_options"}
    ),
    "DELETE /v1/subscriptions/{}": frozenset({"invoice_now", "prorate"}),
    "POST /v1/coupons": frozenset({"applies_to", "currency_options"}),
    "POST /v1/invoices": frozenset({"from_invoice", "discounts", "transfer_data", "on_behalf_of"}),
    "POST /v1/payment_intents": frozenset({"transfer_data", "on_behalf_of", "application_fee_amount"}),
    "POST /v1/prices": frozenset(
        {"currency_options", "custom_unit_amount", "tiers", "tiers_mode", "transform_quantity"}
    ),
    "POST /v1/subscriptions": frozenset(
        {"add_invoice_items", "backdate_start_date", "billing_cycle_anchor", "billing_cycle_anchor_config"}
        | {"on_behalf_of", "transfer_data", "application_fee_percent"}
    ),
    "POST /v1/subscriptions/{}": frozenset(
        {"add_invoice_items", "on_behalf_of", "transfer_data", "application_fee_percent"}
    ),
}
MAX_EVENT_TYPES = 20
"""https://docs.stripe.com/api/events/list"""


def check(operation: str, params: Mapping[str, Any]) -> None:
    """Raises InvalidRequest."""
    for name in params:
        if name in _NOT_MODELLED.get(operation, ()):
            raise InvalidRequest(f"The sandbox does not know `{name}` yet; Stripe does.", param=name)
    if operation == "GET /v1/events" and len(params.get("types", ())) > MAX_EVENT_TYPES:
        raise InvalidRequest(f"At most {MAX_EVENT_TYPES} types can be asked for.", param="types")
