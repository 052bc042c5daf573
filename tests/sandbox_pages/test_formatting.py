"""Money, and links inside plain text."""

import pytest

from sentineliq.sandbox.pages.formatting import linkify, minor_units, money


@pytest.mark.parametrize(
    ("amount", "currency", "shown"),
    [
        (999, "usd", "$9.99"),
        (-50, "usd", "-$0.50"),
        (123456789, "eur", "€1,234,567.89"),
        (500, "jpy", "¥500"),
        (1000, "chf", "10.00 CHF"),
    ],
)
def test_money_reads_as_the_currency_has_it(amount: int, currency: str, shown: str) -> None:
    assert money(amount, currency) == shown


def test_typed_amounts_become_minor_units() -> None:
    assert minor_units("9.9", "usd") == 990
    assert minor_units("12", "jpy") == 12


@pytest.mark.parametrize(("typed", "currency"), [("1.5", "jpy"), ("-1", "usd"), ("1e3", "usd"), ("", "usd")])
def test_other_amounts_are_refused(typed: str, currency: str) -> None:
    with pytest.raises(ValueError, match="not an amount"):
        minor_units(typed, currency)


@pytest.mark.parametrize(
    ("text", "links"),
    [
        ("See https://a.example/x?y=1.", ["https://a.example/x?y=1"]),
        ("(https://a.example/b)", ["https://a.example/b"]),
        ("https://a.example/b_(c) there", ["https://a.example/b_(c)"]),
        ("<https://a.example>", ["https://a.example"]),
        ("javascript:alert(1) ftp://a.example http://", []),
    ],
)
def test_only_web_addresses_become_links(text: str, links: list[str]) -> None:
    html = str(linkify(text))
    assert html.count("<a ") == len(links)
    for link in links:
        assert f'<a href="{link}" target="_self">{link}</a>' in html
