"""How values read on the hosted pages: money, times, and links inside plain text."""

import re
from datetime import UTC, datetime
from urllib.parse import urlsplit

from markupsafe import Markup, escape

ZERO_DECIMAL_CURRENCIES = frozenset(
    re.findall(r"\w+", "bif clp djf gnf jpy kmf krw mga pyg rwf ugx vnd vuv xaf xof xpf")
)
"""Currencies without minor units: https://docs.stripe.com/currencies#zero-decimal."""

CURRENCY_SIGNS = {"usd": "$", "eur": "€", "gbp": "£", "jpy": "¥", "inr": "₹", "aud": "A$", "cad": "CA$"}

_URL_IN_TEXT = re.compile(r"https?://[^\s<>\"']+")
_AMOUNT = re.compile(r"(?P<whole>\d{1,9})(\.(?P<part>\d{1,2}))?")
_TRAILING_PUNCTUATION = ".,;:!?)]}»”’"


def money(amount: int, currency: str) -> str:
    """An amount in the currency's minor unit as people read it: `money(-999, "usd")` is `-$9.99`."""
    code = currency.lower()
    sign = "-" if amount < 0 else ""
    digits = f"{abs(amount):,}" if code in ZERO_DECIMAL_CURRENCIES else f"{abs(amount) / 100:,.2f}"
    if code in CURRENCY_SIGNS:
        return f"{sign}{CURRENCY_SIGNS[code]}{digits}"
    return f"{sign}{digits} {code.upper()}"


def moment(timestamp: int) -> str:
    """A Unix time as date and minute, in UTC."""
    return f"{datetime.fromtimestamp(timestamp, UTC):%-d %b %Y, %H:%M} UTC"


def second(timestamp: int) -> str:
    """A Unix time as date and second, in UTC."""
    return f"{datetime.fromtimestamp(timestamp, UTC):%-d %b %Y, %H:%M:%S} UTC"


def day(timestamp: int) -> str:
    """A Unix time as a date, in UTC."""
    return f"{datetime.fromtimestamp(timestamp, UTC):%-d %B %Y}"


def iso(timestamp: int) -> str:
    """A Unix time for a `datetime` attribute."""
    return f"{datetime.fromtimestamp(timestamp, UTC):%Y-%m-%dT%H:%M:%SZ}"


def words(code: str) -> str:
    """A code of ours or Stripe's as words: `past_due` is `Past due`."""
    return code.replace("_", " ").replace(".", " ").capitalize()


def linkify(text: str) -> Markup:
    """Plain text as safe HTML in which http(s) addresses are links; everything else is escaped."""
    pieces: list[Markup] = []
    position = 0
    for match in _URL_IN_TEXT.finditer(text):
        address = _without_trailing_punctuation(match.group())
        if not urlsplit(address).netloc:
            continue
        pieces.append(escape(text[position : match.start()]))
        pieces.append(Markup('<a href="{0}" target="_self">{0}</a>').format(address))
        position = match.start() + len(address)
    pieces.append(escape(text[position:]))
    return Markup("").join(pieces)


def _without_trailing_punctuation(address: str) -> str:
    """A full stop or a closing bracket after an address ends the sentence, not the address."""
    while address and address[-1] in _TRAILING_PUNCTUATION:
        closes_own_bracket = address[-1] == ")" and address.count("(") >= address.count(")")
        if closes_own_bracket:
            break
        address = address[:-1]
    return address


def every(interval: str, count: int = 1) -> str:
    """How often: `monthly`, `every 3 months`."""
    single = {"day": "daily", "week": "weekly", "month": "monthly", "year": "yearly"}
    return single.get(interval, f"every {interval}") if count == 1 else f"every {count} {interval}s"


def per(interval: str, count: int = 1) -> str:
    """What a price is for: `per month`, `per 3 months`."""
    return f"per {interval}" if count == 1 else f"per {count} {interval}s"


def minor_units(typed: str, currency: str) -> int:
    """A typed amount in the currency's minor unit: `9.99` dollars are 999. Raises ValueError."""
    shift = 0 if currency.lower() in ZERO_DECIMAL_CURRENCIES else 2
    match = _AMOUNT.fullmatch(typed.replace(",", "."))
    if match is None or len(match["part"] or "") > shift:
        raise ValueError(f"not an amount of {currency}: {typed!r}")
    return int(match["whole"] + (match["part"] or "").ljust(shift, "0"))
