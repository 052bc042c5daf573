"""Money and calendar: pure arithmetic on integer minor units and Unix seconds."""

import calendar
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from sentineliq.sandbox.engine.errors import InvalidRequest

ZERO_DECIMAL = frozenset(
    {
        "bif", "clp", "djf", "gnf", "jpy", "kmf", "krw", "mga", "pyg", "rwf", "ugx", "vnd", "vuv",
        "xaf", "xof",
        "xpf",
    }
)  # fmt: skip
"""Currencies without a minor unit (https://docs.stripe.com/currencies)."""
_MINIMUM_CHARGE = {
    "czk": 1500, "dkk": 250, "gbp": 30, "hkd": 400, "huf": 17500, "mxn": 1000, "myr": 200, "nok": 300,
    "pln": 200, "ron": 200, "sek": 300, "thb": 1000,
}  # fmt: skip
"""Minor units (https://docs.stripe.com/currencies#minimum-and-maximum-charge-amounts); elsewhere it is 50."""
SYMBOLS = {"usd": "$", "eur": "€", "gbp": "£", "jpy": "¥", "cad": "CA$", "aud": "A$"}

TAX_PERCENT = {
    "AT": "20", "AU": "10", "BE": "21", "CH": "8.1", "CZ": "21", "DE": "19", "DK": "25",
    "ES": "21", "FI": "25.5",
    "FR": "20", "GB": "20", "GR": "24", "HU": "27", "IE": "23", "IT": "22", "JP": "10", "LU": "17",
    "NL": "21",
    "NO": "25", "NZ": "15", "PL": "23", "PT": "23", "RO": "21", "SE": "25", "SG": "9",
}  # fmt: skip
"""Automatic tax by the customer's country, in percent; elsewhere (the US too) nothing is collected."""


def rounded(amount: Decimal) -> int:
    """Half away from zero, as on invoices."""
    return int(amount.quantize(Decimal(1), rounding=ROUND_HALF_UP))


def display(amount: int, currency: str) -> str:
    """`$9.99`, `¥500`, `-€3.10`."""
    sign, amount = ("-", -amount) if amount < 0 else ("", amount)
    symbol = SYMBOLS.get(currency, f"{currency.upper()} ")
    if currency in ZERO_DECIMAL:
        return f"{sign}{symbol}{amount:,}"
    return f"{sign}{symbol}{amount // 100:,}.{amount % 100:02d}"


def is_chargeable(amount: int, currency: str) -> bool:
    """Whether it is not too little to charge."""
    return amount >= _MINIMUM_CHARGE.get(currency, 50)


def minimum_charge(currency: str) -> str:
    """`$0.50 usd`."""
    return f"{display(_MINIMUM_CHARGE.get(currency, 50), currency)} {currency}"


def check_chargeable(amount: int, currency: str, *, param: str) -> None:
    """Raises InvalidRequest for what is too little to charge."""
    if amount < 1:
        raise InvalidRequest("Invalid positive integer", code="parameter_invalid_integer", param=param)
    if not is_chargeable(amount, currency):
        raise InvalidRequest(
            f"Amount must be at least {minimum_charge(currency)}", code="amount_too_small", param=param
        )


@dataclass(frozen=True)
class Position:
    """One thing to be billed, before discounts and tax."""

    amount: int
    discountable: bool = True
    tax_inclusive: bool = False


@dataclass(frozen=True)
class PositionBill:
    """What discounts and tax make of a position; `discounts` has one amount for each discount given."""

    discounts: tuple[int, ...]
    tax: int
    taxable: int
    tax_inclusive: bool


@dataclass(frozen=True)
class Bill:
    """The sum over all positions. `total` includes `tax`, whether it was added or contained."""

    lines: tuple[PositionBill, ...]
    subtotal: int
    discount: int
    tax: int
    total: int


def make_bill(positions: Sequence[Position], coupons: Sequence[dict[str, Any]], country: str | None) -> Bill:
    """Discounts first, one after the other, then tax; `country` None: no automatic tax."""
    percent = Decimal(TAX_PERCENT.get(country or "", "0"))
    given = _discounts(positions, coupons)
    lines = []
    for position, discounts in zip(positions, given, strict=True):
        net = position.amount - sum(discounts)
        if position.tax_inclusive:
            tax = net - rounded(Decimal(net) * 100 / (100 + percent))
            lines.append(PositionBill(discounts, tax, net - tax, True))
        else:
            lines.append(PositionBill(discounts, rounded(Decimal(net) * percent / 100), net, False))
    subtotal = sum(position.amount for position in positions)
    discount = sum(sum(line.discounts) for line in lines)
    added = sum(line.tax for line in lines if not line.tax_inclusive)
    tax = sum(line.tax for line in lines)
    return Bill(tuple(lines), subtotal, discount, tax, subtotal - discount + added)


def _discounts(positions: Sequence[Position], coupons: Sequence[dict[str, Any]]) -> list[tuple[int, ...]]:
    left = [max(position.amount, 0) if position.discountable else 0 for position in positions]
    columns: list[list[int]] = []
    for coupon in coupons:
        if coupon["percent_off"] is not None:
            share = Decimal(str(coupon["percent_off"])) / 100
            column = [rounded(amount * share) for amount in left]
        else:
            column = _spread(min(coupon["amount_off"] or 0, sum(left)), left)
        left = [amount - off for amount, off in zip(left, column, strict=True)]
        columns.append(column)
    return [tuple(column[index] for column in columns) for index in range(len(positions))]


def _spread(amount: int, over: Sequence[int]) -> list[int]:
    """Split an amount in proportion; the rounding's remainder falls on the last position that can bear it."""
    whole, shares, given = sum(over), [], 0
    seen = 0
    for part in over:
        seen += part
        upto = amount * seen // whole if whole else 0
        shares.append(upto - given)
        given = upto
    return shares


def add_interval(start: int, interval: str, count: int = 1, *, anchor: int | None = None) -> int:
    """The end of a period. Months keep the anchor's day where the month has it (31st, 28th, 31st)."""
    moment = datetime.fromtimestamp(start, UTC)
    if interval in {"day", "week"}:
        return int((moment + timedelta(days=count * (7 if interval == "week" else 1))).timestamp())
    months = moment.year * 12 + moment.month - 1 + count * (12 if interval == "year" else 1)
    year, month = divmod(months, 12)
    wanted = datetime.fromtimestamp(anchor, UTC).day if anchor is not None else moment.day
    day = min(wanted, calendar.monthrange(year, month + 1)[1])
    return int(moment.replace(year=year, month=month + 1, day=day).timestamp())


def prorated(amount: int, *, start: int, end: int, at: int) -> int:
    """The share of a period's amount that is left at a time in it."""
    return rounded(Decimal(amount) * max(end - at, 0) / max(end - start, 1))
