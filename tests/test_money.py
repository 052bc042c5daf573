from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentineliq.money import format_money, minor_digits


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
