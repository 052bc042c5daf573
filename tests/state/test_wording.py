"""Times, money and intervals in words."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from sentineliq.billing.views import PriceView
from sentineliq.state import wording


def test_days_are_those_of_utc() -> None:
    late = datetime(2026, 1, 1, 1, 30, tzinfo=timezone(timedelta(hours=2)))
    assert wording.day(late) == "31 Dec 2025"
    assert wording.day_and_time(late) == "31 Dec 2025, 23:30 UTC"
    assert wording.day(datetime(2026, 3, 9, tzinfo=UTC)) == "9 Mar 2026"
    assert wording.day(None) == ""


@pytest.mark.parametrize(
    ("interval", "count", "words"),
    [
        (None, 1, "one-time"),
        ("month", 1, "per month"),
        ("year", 1, "per year"),
        ("month", 3, "every 3 months"),
    ],
)
def test_an_interval_reads_well(interval: str | None, count: int, words: str) -> None:
    assert wording.billing_interval(PriceView(100, "usd", interval, count)) == words


def test_money_is_written_in_its_own_currency() -> None:
    assert wording.money(amount=999, currency="usd") == "$9.99"
    assert wording.money(amount=500, currency="jpy") == "¥500"
