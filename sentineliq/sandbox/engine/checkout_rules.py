"""What Stripe refuses when a checkout session is made."""

from collections.abc import Sequence

from sentineliq.sandbox.engine import bank_accounts
from sentineliq.sandbox.engine.customers import country_of
from sentineliq.sandbox.engine.errors import InvalidRequest
from sentineliq.sandbox.engine.money import is_chargeable, minimum_charge
from sentineliq.sandbox.engine.values import Document

DAY = 86_400
HALF_HOUR = 1800


def check(params: Document) -> None:
    """Parameters that do not go together. Raises InvalidRequest."""
    mode, ui_mode = params["mode"], params.get("ui_mode", "hosted")
    together = [
        (
            "customer",
            "customer_email",
            "You may only specify one of these parameters: customer, customer_email.",
        ),
        ("customer", "customer_creation", "`customer_creation` can only be used when `customer` is not set."),
        (
            "allow_promotion_codes",
            "discounts",
            "You may only specify one of these parameters: allow_promotion_codes, discounts.",
        ),
    ]
    for first, second, message in together:
        if params.get(first) and params.get(second):
            raise InvalidRequest(message, param=second)
    only = {
        "subscription_data": "subscription",
        "payment_intent_data": "payment",
        "invoice_creation": "payment",
        "setup_intent_data": "setup",
    }
    for name, needed in only.items():
        if name in params and mode != needed:
            raise InvalidRequest(f"You can not pass `{name}` in `{mode}` mode.", param=name)
    if mode != "setup" and not params.get("line_items"):
        raise InvalidRequest(
            f"You must specify at least one line item in `{mode}` mode.",
            code="parameter_missing",
            param="line_items",
        )
    if ui_mode == "hosted" and not params.get("success_url"):
        raise InvalidRequest(
            "Missing required param: success_url.", code="parameter_missing", param="success_url"
        )
    for name in ("success_url", "cancel_url", "return_url"):
        if name in params and not params[name].startswith(("http://", "https://")):
            raise InvalidRequest("Not a valid URL", code="url_invalid", param=name)
    if params.get("customer_update") and not params.get("customer"):
        raise InvalidRequest("`customer_update` can only be used with `customer`.", param="customer_update")


def check_times(params: Document, *, now: int) -> None:
    """Raises InvalidRequest for an end of session or trial that is too near or too far."""
    lives = params.get("expires_at", now + DAY) - now
    if lives < HALF_HOUR or lives > DAY:
        bound = "at least 30 minutes" if lives < HALF_HOUR else "less than 24 hours"
        raise InvalidRequest(
            f"The `expires_at` timestamp must be {bound} from Checkout Session creation.", param="expires_at"
        )
    trial = params.get("subscription_data", {})
    if trial.get("trial_end", now + 2 * DAY) < now + 2 * DAY:
        raise InvalidRequest(
            "The `trial_end` date has to be at least 2 days in the future.",
            param="subscription_data[trial_end]",
        )
    if trial.get("trial_period_days", 1) < 1:
        raise InvalidRequest(
            "The minimum number of trial period days is 1.", param="subscription_data[trial_period_days]"
        )


def check_quantity(given: Document, param: str) -> int:
    """Of a line. Raises InvalidRequest."""
    if "quantity" not in given:
        raise InvalidRequest(
            f"Missing required param: {param}[quantity].",
            code="parameter_missing",
            param=f"{param}[quantity]",
        )
    if given["quantity"] < 1:
        raise InvalidRequest(
            "Invalid positive integer", code="parameter_invalid_integer", param=f"{param}[quantity]"
        )
    return given["quantity"]


def check_total(session: Document) -> None:
    """Raises InvalidRequest for a purchase that is too little to charge, though not free."""
    total, currency = session["amount_total"], session["currency"]
    if session["mode"] == "payment" and total and not is_chargeable(total, currency):
        raise InvalidRequest(
            f"The Checkout Session's total amount due must add up to at least {minimum_charge(currency)}",
            code="amount_too_small",
        )


def payment_method_types(params: Document, *, currency: str | None) -> list[str]:
    """Cards, and bank debits for dollars that are due now, unless the session says otherwise.

    Raises InvalidRequest for types that the sandbox does not act on.
    """
    asked = params.get("payment_method_types")
    if asked is None:
        return ["card", bank_accounts.TYPE] if params["mode"] != "setup" and currency == "usd" else ["card"]
    for place, one in enumerate(asked):
        if one not in {"card", bank_accounts.TYPE} or (params["mode"] == "setup" and one != "card"):
            raise InvalidRequest(
                f"The sandbox does not know payments by `{one}` yet; Stripe does.",
                param=f"payment_method_types[{place}]",
            )
    return asked


def check_lines(mode: str, lines: Sequence[Document]) -> None:
    """Prices that fit the mode, and one currency. Raises InvalidRequest."""
    recurring = [line["price"]["recurring"] is not None for line in lines]
    if mode == "payment" and any(recurring):
        raise InvalidRequest(
            "You specified `payment` mode but passed a recurring price. Either switch to "
            "`subscription` mode or use "
            "only one-time prices.",
            param="mode",
        )
    if mode == "subscription" and not any(recurring):
        raise InvalidRequest(
            "You must provide at least one recurring price in `subscription` mode when using prices.",
            param="line_items",
        )
    if len({line["price"]["currency"] for line in lines}) > 1:
        raise InvalidRequest("All line items must have the same currency.", param="line_items")


def check_currency(mode: str, currency: str | None, customer: Document | None) -> None:
    """A customer's subscriptions are all in one currency. Raises InvalidRequest."""
    held = customer["currency"] if customer else None
    if mode == "subscription" and held not in (None, currency):
        raise InvalidRequest(
            "You cannot combine currencies on a single customer. This customer has an active subscription, "
            f"subscription schedule, discount, quote, or invoice item with currency {held}."
        )


def check_tax_location(params: Document, customer: Document | None) -> None:
    """Stripe wants to know where a customer is: an address, or leave to save the one that is typed."""
    if customer is None or not params.get("automatic_tax", {}).get("enabled"):
        return
    if params.get("customer_update", {}).get("address") != "auto" and country_of(customer) is None:
        raise InvalidRequest(
            "Automatic tax calculation in Checkout requires a valid address on the Customer. Add a "
            "valid address to "
            "the Customer or set either `customer_update[address]` to 'auto' or "
            "`customer_update[shipping]` to "
            "'auto' to save the address entered in Checkout to the Customer.",
            code="customer_tax_location_invalid",
        )
