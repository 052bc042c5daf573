"""Numbers and times in the language that is spoken. Times are shown in UTC."""

from datetime import UTC, datetime

from babel.dates import format_date
from babel.numbers import format_decimal

from .languages import Language
from .speaking import spoken

_DAYS = {Language.ENGLISH: "d MMM y", Language.PORTUGUESE: "d 'de' MMMM 'de' y"}
_SHORT_DAYS = {Language.ENGLISH: "d MMM y", Language.PORTUGUESE: "dd/MM/y"}


def number(value: float) -> str:
    """`1,234` or `1.234`."""
    return format_decimal(value, locale=spoken())


def day(moment: datetime | None) -> str:
    """`22 Nov 2026`, `22 de novembro de 2026`; empty for None."""
    return _day(moment, _DAYS[spoken()]) if moment else ""


def short_day(moment: datetime) -> str:
    """For a column of days: `22 Nov 2026`, `22/11/2026`."""
    return _day(moment, _SHORT_DAYS[spoken()])


def day_and_time(moment: datetime) -> str:
    """`22 Nov 2026, 14:05 UTC`."""
    return f"{short_day(moment)}, {moment.astimezone(UTC):%H:%M} UTC"


def _day(moment: datetime, pattern: str) -> str:
    return format_date(moment.astimezone(UTC), pattern, locale=spoken())
