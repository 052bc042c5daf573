"""Amounts add up to the cent, whatever is sold, discounted and taxed; periods follow the calendar."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from sentineliq.sandbox.engine.money import (
    TAX_PERCENT,
    Position,
    add_interval,
    display,
    make_bill,
    prorated,
)

Coupon = dict[str, float | int | None]

positions = st.lists(
    st.builds(Position, st.integers(-100_000, 1_000_000), st.booleans(), st.booleans()),
    min_size=1,
    max_size=6,
)
coupons = st.lists(
    st.one_of(
        st.builds(lambda percent: {"percent_off": percent, "amount_off": None}, st.floats(0.01, 100)),
        st.builds(lambda amount: {"percent_off": None, "amount_off": amount}, st.integers(1, 2_000_000)),
    ),
    max_size=3,
)


@given(positions, coupons, st.sampled_from([None, "US", *TAX_PERCENT]))
def test_the_lines_of_a_bill_add_up_to_its_totals(
    sold: list[Position], reductions: list[Coupon], country: str | None
) -> None:
    bill = make_bill(sold, reductions, country)
    assert bill.subtotal == sum(one.amount for one in sold)
    assert bill.discount == sum(sum(line.discounts) for line in bill.lines)
    assert bill.tax == sum(line.tax for line in bill.lines)
    added = sum(line.tax for line in bill.lines if not line.tax_inclusive)
    assert bill.total == bill.subtotal - bill.discount + added


@given(positions, coupons)
def test_no_discount_takes_more_than_a_line_is_worth(sold: list[Position], reductions: list[Coupon]) -> None:
    for position, line in zip(sold, make_bill(sold, reductions, None).lines, strict=True):
        assert 0 <= sum(line.discounts) <= max(position.amount if position.discountable else 0, 0)


@given(st.integers(0, 10**7), st.integers(1, 10**8), st.integers(0, 10**8))
def test_a_proration_is_a_share_of_the_whole(amount: int, length: int, at: int) -> None:
    assert 0 <= prorated(amount, start=0, end=length, at=at) <= amount


def test_months_keep_the_day_of_their_anchor_where_they_have_it() -> None:
    anchor = int(datetime(2026, 1, 31, 12, tzinfo=UTC).timestamp())
    february = add_interval(anchor, "month", anchor=anchor)
    march = add_interval(february, "month", anchor=anchor)
    days = [datetime.fromtimestamp(one, UTC).strftime("%m-%d") for one in (february, march)]
    assert days == ["02-28", "03-31"]
    leap = int(datetime(2028, 2, 29, tzinfo=UTC).timestamp())
    assert datetime.fromtimestamp(add_interval(leap, "year"), UTC).strftime("%Y-%m-%d") == "2029-02-28"


def test_amounts_are_shown_as_customers_read_them() -> None:
    assert [display(999, "usd"), display(-310, "eur"), display(500, "jpy"), display(123456, "sek")] == [
        "$9.99",
        "-€3.10",
        "¥500",
        "SEK 1,234.56",
    ]
