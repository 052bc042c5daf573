from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentineliq.money import format_money, minor_digits, parse_money


@pytest.mark.parametrize(
    ("amount", "currency", "shown"),
    [
        (999, "usd", "$9.99"),
        (0, "USD", "$0.00"),
        (-1999, "eur", "-€19.99"),
        (12345678901, "usd", "$123,456,789.01"),
        (2000, "jpy", "¥2,000"),
        (5000, "krw", "₩5,000"),
        (1234, "kwd", "KWD\xa01.234"),
        (1000, "bhd", "BHD\xa01.000"),
        (500, "ugx", "UGX\xa05"),
        (500, "isk", "ISK\xa05"),
        (1050, "afn", "AFN\xa010.50"),
    ],
)
def test_an_amount_is_shown_as_people_write_it(amount: int, currency: str, shown: str) -> None:
    assert format_money(amount, currency) == shown


def test_the_locale_decides_the_form() -> None:
    assert format_money(123456, "eur", locale="de_DE") == "1.234,56\xa0€"


@given(
    amount=st.integers(min_value=-(10**14), max_value=10**14),
    currency=st.sampled_from(["usd", "jpy", "kwd", "huf", "twd", "clp", "afn", "irr", "ugx"]),
)
def test_no_amount_is_ever_rounded(amount: int, currency: str) -> None:
    shown = format_money(amount, currency)
    digits = "".join(letter for letter in shown if letter.isdigit() or letter in ".-")
    assert Decimal(digits) == Decimal(amount).scaleb(-minor_digits(currency))


@pytest.mark.parametrize(
    ("typed", "currency", "amount"),
    [
        ("9.99", "usd", 999),
        (" 9,9 ", "EUR", 990),
        ("12", "usd", 1200),
        ("12", "jpy", 12),
        ("1.234", "kwd", 1234),
    ],
)
def test_what_people_type_is_read_exactly(typed: str, currency: str, amount: int) -> None:
    assert parse_money(typed, currency) == amount


@pytest.mark.parametrize("typed", ["", "-1", "1.", "1.999", "1e3", "1 000", "$5", "٣", "1" * 13])
def test_what_is_no_amount_is_refused(typed: str) -> None:
    with pytest.raises(ValueError, match="not an amount"):
        parse_money(typed, "usd")
    with pytest.raises(ValueError, match="not an amount"):
        parse_money("1.5", "jpy")
