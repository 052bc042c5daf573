"""Amounts of money as people read them."""

import copy
import re
from decimal import Decimal
from functools import lru_cache

from babel import Locale
from babel.numbers import get_currency_precision

# https://docs.stripe.com/currencies#zero-decimal
# UGX has no decimals either, but is sent as if it had two (#special-cases)
_ZERO_DECIMAL = frozenset(
    ("BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA", "PYG", "RWF", "VND", "VUV", "XAF", "XOF", "XPF")
)
_THREE_DECIMAL = frozenset(("BHD", "JOD", "KWD", "OMR", "TND"))

# CLDR's currencySpacing, which Babel leaves out: `KWD 1.234`, but `$9.99`
_LETTER_BEFORE_DIGIT = re.compile(r"(?<=[^\W\d_])(?=\d)")


def minor_digits(currency: str) -> int:
    """How many decimal digits Stripe's integer amounts of this currency carry."""
    code = currency.upper()
    if code in _ZERO_DECIMAL:
        return 0
    return 3 if code in _THREE_DECIMAL else 2


def plain_amount(amount: int, currency: str) -> str:
    """`999, "usd"` as `9.99`: what `parse_money` reads back."""
    return f"{Decimal(amount).scaleb(-minor_digits(currency)):f}"


def parse_money(text: str, currency: str) -> int:
    """`9.99` or `9,99` of dollars as 999, in Stripe's minor units. Raises `ValueError` for anything else,
    and for more decimals than the currency has."""
    digits = minor_digits(currency)
    typed = re.fullmatch(r"(\d{1,12})(?:[.,](\d+))?", text.strip(), re.ASCII)
    decimals = (typed[2] or "") if typed else ""
    if typed is None or len(decimals) > digits:
        raise ValueError(f"not an amount of {currency}")
    return int(typed[1] + decimals.ljust(digits, "0"))


@lru_cache(4096)  # bills of a day are of few amounts, and a format takes longer than an event's other text
def format_money(amount: int, currency: str, locale: str = "en_US") -> str:
    """`999, "usd"` as `$9.99`: exact, `amount` in Stripe's minor units of `currency` (any case)."""
    digits = minor_digits(currency)
    value = Decimal(amount).scaleb(-digits)
    if value == value.to_integral_value():
        digits = min(digits, get_currency_precision(currency.upper()))
    pattern = copy.copy(Locale.parse(locale).currency_formats["standard"])
    pattern.frac_prec = (digits, digits)
    shown = pattern.apply(value, locale, currency=currency.upper(), currency_digits=False)
    return _LETTER_BEFORE_DIGIT.sub("\xa0", shown)
