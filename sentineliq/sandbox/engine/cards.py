"""Test cards: what each number does (https://docs.stripe.com/testing)."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime

from sentineliq.sandbox.engine.errors import CardDeclined
from sentineliq.sandbox.engine.values import Card


@dataclass(frozen=True)
class Decline:
    """Why an issuer says no, in Stripe's words."""

    message: str
    code: str
    decline_code: str | None = None


GENERIC = Decline("Your card was declined.", "card_declined", "generic_decline")
INSUFFICIENT = Decline("Your card has insufficient funds.", "card_declined", "insufficient_funds")

DECLINES = {
    "4000000000000002": GENERIC,
    "4000000000009995": INSUFFICIENT,
    "4000000000009987": Decline("Your card was declined.", "card_declined", "lost_card"),
    "4000000000009979": Decline("Your card was declined.", "card_declined", "stolen_card"),
    "4000000000000069": Decline("Your card has expired.", "expired_card"),
    "4000000000000127": Decline("Your card's security code is incorrect.", "incorrect_cvc"),
    "4000000000000119": Decline(
        "An error occurred while processing your card. Try again in a little bit.", "processing_error"
    ),
}
FAILS_LATER = "4000000000000341"
"""Attaches, and its first payment at a checkout goes through; every later charge fails."""
REFUND_FAILS = "4000000000005126"
"""Pays; a refund to it succeeds first and fails afterwards (https://docs.stripe.com/testing#refunds)."""
AUTHENTICATES = frozenset({"4000002500003155", "4000002760003184", "4000003800000446"})
ALWAYS_AUTHENTICATES = "4000002760003184"
ACCEPTED = frozenset(
    {
        "4242424242424242", "4000056655665556", "4111111111111111", "4012888888881881", "5555555555554444",
        "2223003122003222", "5200828282828210", "5105105105105100", "378282246310005", "371449635398431",
        "6011111111111117", "6011000990139424", "3056930009020004", "36227206271667", "3566002020360505",
        "6200000000000005", "4000008260000000", "4000002760000016", "4000002500000003", "4000000000000077",
        FAILS_LATER, REFUND_FAILS, *AUTHENTICATES, *DECLINES,
    }
)  # fmt: skip
TEST_MODE_ONLY = Decline(
    "Your card was declined. Your request was in test mode, but used a non test card. "
    "For a list of valid test cards, visit: https://stripe.com/docs/testing.",
    "card_declined",
    "test_mode_live_card",
)
TOKENS = {
    "pm_card_visa": "4242424242424242",
    "pm_card_visa_debit": "4000056655665556",
    "pm_card_mastercard": "5555555555554444",
    "pm_card_amex": "378282246310005",
    "pm_card_us": "4242424242424242",
    "pm_card_gb": "4000008260000000",
    "pm_card_de": "4000002760000016",
    "pm_card_chargeCustomerFail": FAILS_LATER,
    "pm_card_refundFail": REFUND_FAILS,
    "pm_card_chargeDeclined": "4000000000000002",
    "pm_card_visa_chargeDeclined": "4000000000000002",
    "pm_card_chargeDeclinedInsufficientFunds": "4000000000009995",
    "pm_card_visa_chargeDeclinedInsufficientFunds": "4000000000009995",
    "pm_card_authenticationRequired": ALWAYS_AUTHENTICATES,
    "pm_card_authenticationRequiredOnSetup": "4000002500003155",
    "tok_visa": "4242424242424242",
    "tok_mastercard": "5555555555554444",
    "tok_amex": "378282246310005",
    "tok_chargeCustomerFail": FAILS_LATER,
    "tok_refundFail": REFUND_FAILS,
    "tok_chargeDeclined": "4000000000000002",
    "tok_visa_chargeDeclined": "4000000000000002",
}
_BRANDS = (
    ("4", "visa"), ("5", "mastercard"), ("2", "mastercard"), ("34", "amex"), ("37", "amex"),
    ("6011", "discover"),
    ("35", "jcb"), ("36", "diners"), ("30", "diners"), ("62", "unionpay"),
)  # fmt: skip
_COUNTRIES = {"4000008260000000": "GB", "4000002760000016": "DE", "4000002500000003": "FR"}


def digits_of(card: Card) -> str:
    return re.sub(r"[\s-]", "", card.number)


def brand_of(number: str) -> str:
    return max((pair for pair in _BRANDS if number.startswith(pair[0])), key=lambda pair: len(pair[0]))[1]


def country_of(number: str) -> str:
    return _COUNTRIES.get(number, "US")


def check(card: Card, *, now: int) -> str:
    """The number's digits, when the card could be one. Raises CardDeclined."""
    number = digits_of(card)
    if not re.fullmatch(r"\d{12,19}", number) or not _luhn(number):
        raise CardDeclined("Your card number is incorrect.", code="incorrect_number", param="number")
    today = datetime.fromtimestamp(now, UTC)
    if not 1 <= card.exp_month <= 12:
        raise CardDeclined(
            "Your card's expiration month is invalid.", code="invalid_expiry_month", param="exp_month"
        )
    year = card.exp_year + 2000 if card.exp_year < 100 else card.exp_year
    if (year, card.exp_month) < (today.year, today.month) or year > today.year + 50:
        raise CardDeclined(
            "Your card's expiration year is invalid.", code="invalid_expiry_year", param="exp_year"
        )
    if not re.fullmatch(r"\d{4}" if number[:2] in {"34", "37"} else r"\d{3}", card.cvc.strip()):
        raise CardDeclined("Your card's security code is invalid.", code="invalid_cvc", param="cvc")
    return number


def refusal(number: str, *, first_payment: bool) -> Decline | None:
    """What the issuer answers to a charge; `first_payment` with the holder at a checkout."""
    if number in DECLINES:
        return DECLINES[number]
    if number == FAILS_LATER and not first_payment:
        return GENERIC
    return None if number in ACCEPTED else TEST_MODE_ONLY


def needs_authentication(number: str, *, on_session: bool) -> bool:
    """On session these cards ask their holder; off session only the one that always asks does."""
    return number in AUTHENTICATES if on_session else number == ALWAYS_AUTHENTICATES


def _luhn(number: str) -> bool:
    doubled = [int(digit) * (2 if place % 2 else 1) for place, digit in enumerate(reversed(number))]
    return sum(value - 9 if value > 9 else value for value in doubled) % 10 == 0
